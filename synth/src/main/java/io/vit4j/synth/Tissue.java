package io.vit4j.synth;

import static io.vit4j.synth.Texture.smooth;
import static io.vit4j.synth.Thorax.GRID;

import io.vit4j.base.RandomKey;

/** What is soft, and the spine: the torso with its lungs, windpipe, breasts, stomach, and the unevenness of it all. */
final class Tissue {
    /** Broad clouds are looked up for every eighth column only. */
    private static final int BROAD = 8;

    private final Thorax thorax;
    private final Lungs lungs;
    private final float[] field;

    private Tissue(Thorax thorax, Lungs lungs, float[] field) {
        this.thorax = thorax;
        this.lungs = lungs;
        this.field = field;
    }

    /** The attenuation of all soft parts, {@code [GRID, GRID]}. */
    static float[] paint(Thorax thorax, Lungs lungs, RandomKey patient, RandomKey picture) {
        float[] torso = Torso.paint(thorax, lungs, picture.with("arms").stream());
        Tissue tissue = new Tissue(thorax, lungs, torso);
        tissue.spine(patient.with("spine").stream());
        tissue.windpipe();
        tissue.breasts(patient.with("breasts").stream());
        tissue.stomach(picture.with("stomach").stream());
        tissue.unevenness(patient.with("unevenness").stream());
        return tissue.field;
    }

    private void spine(RandomKey.Stream random) {
        float width = 0.047f + 0.003f * (float) random.nextGaussian();
        float first = Thorax.uniform(random, 0, 0.05f);
        float bend = 0.006f * (float) random.nextGaussian();
        for (int row = 0; row < GRID; row++) {
            float y = Thorax.position(row);
            float height = 0.052f + 0.012f * Math.max(0, y);
            float phase = (y - first) / height;
            phase -= (float) Math.floor(phase);
            float disc = smooth(1 - Math.min(phase, 1 - phase) / 0.16f);
            float pedicle = 1 - square((phase - 0.4f) / 0.2f);
            float centre = thorax.midline + bend * (float) Math.sin(5 * y);
            int to = Thorax.index(centre + 0.06f);
            for (int column = Thorax.index(centre - 0.06f); column <= to; column++) {
                float u = Math.abs(Thorax.position(column) - centre) / (width - 0.004f * disc);
                if (u >= 1.1f) {
                    continue;
                }
                float body = smooth((1.06f - u) / 0.14f)
                        * (0.044f + 0.020f * smooth((u - 0.7f) / 0.25f))
                        * (1 - 0.42f * disc);
                float eye = 1 - square((u - 0.62f) / 0.22f);
                float spike = 1 - square(u / 0.13f);
                body += pedicle > 0 && eye > 0 ? 0.030f * pedicle * eye : 0;
                body += spike > 0 && phase > 0.55f ? 0.022f * spike : 0;
                field[row * GRID + column] += body;
            }
        }
    }

    private void windpipe() {
        float end = thorax.height(0, 0.36f);
        for (int row = 0; row < Thorax.index(end); row++) {
            float y = Thorax.position(row);
            float bow = 0.010f * smooth((y - thorax.apex) / 0.2f);
            float centre = thorax.midline + 0.6f * thorax.shift * clamp((y - 0.05f) / 0.3f) - bow;
            float strength = 0.135f * smooth((end - y) / 0.04f);
            int to = Thorax.index(centre + 0.022f);
            for (int column = Thorax.index(centre - 0.022f); column <= to; column++) {
                float inside = 1 - square((Thorax.position(column) - centre) / 0.021f);
                if (inside > 0) {
                    field[row * GRID + column] -= strength * (float) Math.sqrt(inside);
                }
            }
        }
    }

    private void breasts(RandomKey.Stream random) {
        if (thorax.breast == 0) {
            return;
        }
        float low = thorax.dome[0] + Thorax.uniform(random, -0.05f, 0.06f);
        float rx = thorax.halfWidth * Thorax.uniform(random, 0.46f, 0.56f);
        float ry = Thorax.uniform(random, 0.15f, 0.21f);
        for (int side = 0; side < Thorax.SIDES; side++) {
            float cx = thorax.outward(side, thorax.halfWidth * 0.60f);
            float cy = low - 0.9f * ry + Thorax.normal(random, 0, 0.008f);
            oval(cx, cy, rx, ry, thorax.breast);
        }
    }

    private void oval(float cx, float cy, float rx, float ry, float amount) {
        int row1 = Thorax.index(cy + ry);
        int column1 = Thorax.index(cx + rx);
        for (int row = Thorax.index(cy - ry); row <= row1; row++) {
            float dy = (Thorax.position(row) - cy) / ry;
            for (int column = Thorax.index(cx - rx); column <= column1; column++) {
                float dx = (Thorax.position(column) - cx) / rx;
                float inside = 1 - dx * dx - dy * dy;
                if (inside > 0) {
                    // a breast hangs: thin above, full and sharply bounded below
                    field[row * GRID + column] += amount * (float) Math.sqrt(inside) * (0.55f + 0.45f * dy);
                }
            }
        }
    }

    private void stomach(RandomKey.Stream random) {
        boolean seen = random.nextDouble() < 0.55;
        float rx = Thorax.uniform(random, 0.035f, 0.085f);
        float ry = Thorax.uniform(random, 0.025f, 0.050f);
        float cx = thorax.outward(1, thorax.halfWidth * Thorax.uniform(random, 0.36f, 0.58f));
        float cloud = (float) random.nextDouble();
        if (!seen) {
            return;
        }
        float cy = thorax.dome[1] + 0.022f + ry;
        float level = thorax.portable ? cy + ry : cy + 0.35f * ry;
        int row1 = Thorax.index(cy + 1.3f * ry);
        int column1 = Thorax.index(cx + 1.3f * rx);
        for (int row = Thorax.index(cy - 1.3f * ry); row <= row1; row++) {
            float y = Thorax.position(row);
            for (int column = Thorax.index(cx - 1.3f * rx); column <= column1; column++) {
                float x = Thorax.position(column);
                float rho = (float) Math.sqrt(square((x - cx) / rx) + square((y - cy) / ry))
                        + 0.10f * Texture.cloud(x + cloud, y);
                float gas = smooth((1 - rho) / 0.25f + 0.5f) * smooth((level - y) / 0.01f + 0.5f);
                field[row * GRID + column] -= 0.24f * gas;
            }
        }
    }

    /** No two bodies are smooth in the same way; folds of skin and fat do not follow the organs. */
    private void unevenness(RandomKey.Stream random) {
        float cloudX = (float) random.nextDouble();
        float cloudY = (float) random.nextDouble();
        for (int row = 0; row < GRID; row++) {
            float y = Thorax.position(row);
            float next = Texture.cloud(0.21f * Thorax.position(0) + cloudX, 0.21f * y + cloudY);
            for (int first = 0; first < GRID; first += BROAD) {
                float broad = next;
                next = Texture.cloud(0.21f * Thorax.position(first + BROAD) + cloudX, 0.21f * y + cloudY);
                float step = (next - broad) / BROAD;
                for (int column = first; column < first + BROAD; column++) {
                    int at = row * GRID + column;
                    float lung = lungs.vessels[at];
                    float x = Thorax.position(column);
                    float fine = lung == 0 ? 0 : Texture.cloud(2.9f * x + cloudY, 2.9f * y + cloudX);
                    field[at] *= 1 + 0.022f * broad + 0.035f * fine * lung;
                    broad += step;
                }
            }
        }
    }

    private static float clamp(float share) {
        return Math.min(1, Math.max(0, share));
    }

    private static float square(float x) {
        return x * x;
    }
}
