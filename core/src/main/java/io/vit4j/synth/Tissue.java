package io.vit4j.synth;

import static io.vit4j.synth.Texture.smooth;
import static io.vit4j.synth.Thorax.GRID;

import io.vit4j.base.RandomKey;

/** Everything soft: skin, muscle, breasts, mediastinum, abdomen, and the air in lungs, windpipe and stomach. */
final class Tissue {
    private static final float NECK = 0.088f;

    private final Thorax thorax;
    private final Lungs lungs;
    private final float[] field = new float[GRID * GRID];

    private Tissue(Thorax thorax, Lungs lungs) {
        this.thorax = thorax;
        this.lungs = lungs;
    }

    /** The attenuation of all soft parts, {@code [GRID, GRID]}. */
    static float[] paint(Thorax thorax, Lungs lungs, RandomKey patient, RandomKey picture) {
        Tissue tissue = new Tissue(thorax, lungs);
        tissue.body(picture.with("arms").stream());
        tissue.spine(patient.with("spine").stream());
        tissue.windpipe();
        tissue.breasts(patient.with("breasts").stream());
        tissue.stomach(picture.with("stomach").stream());
        tissue.unevenness(patient.with("unevenness").stream());
        return tissue.field;
    }

    private void body(RandomKey.Stream random) {
        float[] top = new float[GRID];
        float sideways = thorax.portable
                ? 0.06f + 0.14f * (float) random.nextDouble()
                : 0.35f + 0.25f * (float) random.nextDouble();
        float apart = thorax.portable ? 0.05f : 0.065f;
        for (int column = 0; column < GRID; column++) {
            top[column] = shoulderTop(Math.abs(Thorax.position(column) - thorax.midline));
        }
        float axilla = thorax.shoulderHeight + 0.20f;
        for (int row = 0; row < GRID; row++) {
            float y = Thorax.position(row);
            float armpit = smooth((y - axilla) / 0.10f + 0.5f);
            float outer = Thorax.mix(
                    thorax.shoulderWidth + 0.07f,
                    thorax.halfWidth + thorax.wall + 0.018f + 0.03f * Math.max(0, 1 - (y - axilla) / 0.3f),
                    armpit);
            float arm = thorax.shoulderWidth + apart + sideways * Math.max(0, y - thorax.shoulderHeight - 0.08f);
            float armRadius = 0.066f + 0.35f * thorax.wall;
            float below = smooth((y - thorax.shoulderHeight) / 0.08f);
            float core = Thorax.mix(0.62f, 1, smooth((y - thorax.apex + 0.07f) / 0.12f));
            float high = smooth((thorax.apex - y) / 0.14f + 0.3f);
            float belly = smooth((y - thorax.dome[0]) / 0.25f);
            for (int column = 0; column < GRID; column++) {
                int side = Thorax.position(column) < thorax.midline ? 0 : 1;
                float d = Math.abs(Thorax.position(column) - thorax.midline);
                float skin = 1 - square(1 - clamp((y - top[column]) / 0.055f));
                float edge = 1 - square(d / outer);
                float torso = edge > 0 ? skin * Math.min(1, 1.7f * (float) Math.sqrt(edge)) : 0;
                float cylinder = 1 - square((d - arm) / armRadius);
                float limb = cylinder > 0 ? below * skin(cylinder) : 0;
                float throat = 1 - square(d / NECK);
                float neck = throat > 0 ? (float) Math.sqrt(throat) * high : 0;
                if (torso == 0 && limb == 0 && neck == 0) {
                    continue;
                }
                float wall =
                        thorax.wallDensity * Math.max(torso * (1 + 0.22f * belly), 1.5f * Math.max(limb, 1.2f * neck));
                float shoulder = 1 - square((d - thorax.shoulderWidth + 0.05f) / 0.15f);
                float muscle = 1 - square((y - thorax.shoulderHeight - 0.12f) / 0.17f);
                if (shoulder > 0 && muscle > 0) {
                    wall += 0.24f * shoulder * muscle * torso;
                }
                int at = row * GRID + column;
                field[at] = wall + chest(side, row, column, d, core, torso, belly) + lungs.foreign[at];
            }
        }
    }

    /** What lies inside the ribs: solid but for the lungs' air; their side walls, seen edge on, are dense. */
    private float chest(int side, int row, int column, float d, float core, float torso, float belly) {

        float reach = thorax.halfWidth * (1.05f + 0.10f * belly);
        float inside = 1 - square(d / reach);
        float depth = inside > 0 ? thorax.coreDensity * core * torso * skin(inside) : 0;
        float outer = thorax.lateral[side][row];
        float tangent = 1 - square((d - outer - 0.006f) / 0.030f);
        float y = Thorax.position(row);
        float ribs = smooth((y - thorax.apex) / 0.06f + 0.5f);
        float wall = tangent > 0 ? 0.08f * ribs * tangent * tangent * torso : 0;
        // beyond the ribs the beam runs along the side wall's muscles
        wall += 0.17f * torso * smooth((d - 0.97f * outer) / 0.07f);
        float low = clamp((y - thorax.height(side, 0.45f)) / 0.35f);
        wall += 0.055f * low * torso * (1 - belly);
        int at = row * GRID + column;
        float gas = lungs.mask[at] * thorax.air[side] * (1 - lungs.opacity[at]);
        // some lung lies behind the heart and the domes
        float behind = 0.20f * smooth((d - 0.03f) / 0.08f) * clamp((y - thorax.apex) / 0.15f);
        float under = smooth((thorax.diaphragm[column] + 0.05f - y) / 0.12f);
        gas = Math.max(gas, behind * under * clamp((outer - d) / 0.02f) * (1 - lungs.opacity[at]));
        return depth * (1 - gas) + wall;
    }

    private static float skin(float inside) {
        return (float) Math.sqrt(inside);
    }

    private float shoulderTop(float d) {
        float end = thorax.shoulderWidth + 0.04f;
        if (d <= NECK) {
            return -1;
        }
        if (d <= end) {
            float share = (d - NECK) / (end - NECK);
            return thorax.shoulderHeight - 0.30f * (float) Math.pow(1 - share, 4) - 0.05f * (1 - share);
        }
        return thorax.shoulderHeight + 0.06f * square((d - end) / 0.06f);
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
            for (int column = 0; column < GRID; column++) {
                int at = row * GRID + column;
                float x = Thorax.position(column);
                if (field[at] == 0) {
                    continue;
                }
                float broad = Texture.cloud(0.21f * x + cloudX, 0.21f * y + cloudY);
                float lung = lungs.vessels[at];
                float fine = lung == 0 ? 0 : Texture.cloud(2.9f * x + cloudY, 2.9f * y + cloudX);
                field[at] *= 1 + 0.022f * broad + 0.035f * fine * lung;
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
