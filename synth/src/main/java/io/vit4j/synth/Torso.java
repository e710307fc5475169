package io.vit4j.synth;

import static io.vit4j.synth.Texture.smooth;
import static io.vit4j.synth.Thorax.GRID;

import io.vit4j.base.RandomKey;

/** The trunk's outline and thickness, neck and arms, and how much of it the lungs' air takes away. */
final class Torso {
    private static final float NECK = 0.088f;

    private final Thorax thorax;
    private final Lungs lungs;
    private final float[] field = new float[GRID * GRID];
    /** By column: distance from the midline, upper contour, thickness of the neck, thickness of the shoulder's muscle. */
    private final float[] distance = new float[GRID];

    private final float[] top = new float[GRID];
    private final float[] neck = new float[GRID];
    private final float[] shoulder = new float[GRID];
    /** Of the row at hand, by column. */
    private final float[] thickness = new float[GRID];

    private Torso(Thorax thorax, Lungs lungs) {
        this.thorax = thorax;
        this.lungs = lungs;
    }

    /** The attenuation, {@code [GRID, GRID]}. */
    static float[] paint(Thorax thorax, Lungs lungs, RandomKey.Stream arms) {
        Torso torso = new Torso(thorax, lungs);
        for (int column = 0; column < GRID; column++) {
            torso.column(column, Math.abs(Thorax.position(column) - thorax.midline));
        }
        float sideways = thorax.portable ? Thorax.uniform(arms, 0.06f, 0.20f) : Thorax.uniform(arms, 0.35f, 0.60f);
        for (int row = 0; row < GRID; row++) {
            torso.outside(row, sideways);
            torso.inside(row);
        }
        return torso.field;
    }

    private void column(int column, float d) {
        float throat = 1 - square(d / NECK);
        float muscle = 1 - square((d - thorax.shoulderWidth + 0.05f) / 0.15f);
        distance[column] = d;
        top[column] = shoulderTop(d);
        neck[column] = throat > 0 ? (float) Math.sqrt(throat) : 0;
        shoulder[column] = Math.max(0, muscle);
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

    /** A row's neck, arms and chest wall. Leaves the trunk's thickness, 0 to 1, in {@link #thickness}. */
    private void outside(int row, float sideways) {
        float y = Thorax.position(row);
        float axilla = thorax.shoulderHeight + 0.20f;
        float armpit = smooth((y - axilla) / 0.10f + 0.5f);
        float waist = thorax.halfWidth + thorax.wall + 0.018f + 0.03f * Math.max(0, 1 - (y - axilla) / 0.3f);
        float outer = Thorax.mix(thorax.shoulderWidth + 0.07f, waist, armpit);
        float apart = thorax.portable ? 0.05f : 0.065f;
        float arm = thorax.shoulderWidth + apart + sideways * Math.max(0, y - thorax.shoulderHeight - 0.08f);
        float armRadius = 0.066f + 0.35f * thorax.wall;
        float below = 1.5f * smooth((y - thorax.shoulderHeight) / 0.08f);
        float high = 1.8f * smooth((thorax.apex - y) / 0.14f + 0.3f);
        float muscle = 0.24f * Math.max(0, 1 - square((y - thorax.shoulderHeight - 0.12f) / 0.17f));
        float fuller = 1 + 0.22f * belly(y);
        for (int column = 0; column < GRID; column++) {
            float d = distance[column];
            float rim = Math.min(1, Math.max(0, (y - top[column]) * (1 / 0.055f)));
            float skin = rim * (2 - rim);
            float edge = Math.max(0, 1 - square(d / outer));
            float torso = skin * Math.min(1, 1.7f * (float) Math.sqrt(edge));
            float limb = below * (float) Math.sqrt(Math.max(0, 1 - square((d - arm) / armRadius)));
            thickness[column] = torso;
            field[row * GRID + column] =
                    thorax.wallDensity * Math.max(torso * fuller, Math.max(limb, high * neck[column]))
                            + muscle * shoulder[column] * torso;
        }
    }

    /** What lies inside a row's ribs: solid but for the lungs' air; their side walls, seen edge on, are dense. */
    private void inside(int row) {
        float y = Thorax.position(row);
        float belly = belly(y);
        float core = thorax.coreDensity * Thorax.mix(0.62f, 1, smooth((y - thorax.apex + 0.07f) / 0.12f));
        float reach = 1 / (thorax.halfWidth * (1.05f + 0.10f * belly));
        float ribs = 0.08f * smooth((y - thorax.apex) / 0.06f + 0.5f);
        float behindHeart = 0.20f * clamp((y - thorax.apex) / 0.15f);
        for (int column = 0; column < GRID; column++) {
            float torso = thickness[column];
            if (torso == 0) {
                continue;
            }
            int side = Thorax.position(column) < thorax.midline ? 0 : 1;
            int at = row * GRID + column;
            float d = distance[column];
            float outer = thorax.lateral[side][row];
            float tangent = Math.max(0, 1 - square((d - outer - 0.006f) * (1 / 0.030f)));
            // beyond the ribs the beam runs along the side wall's muscles; the lower chest is the fleshier one
            float wall = ribs * tangent * tangent + 0.17f * smooth((d - 0.97f * outer) * (1 / 0.07f));
            wall += 0.055f * (1 - belly) * clamp((y - thorax.height(side, 0.45f)) * (1 / 0.35f));
            float solid = 0;
            float chord = 1 - square(d * reach);
            if (chord > 0) {
                float left = 1 - lungs.opacity[at];
                float gas = lungs.mask[at] * thorax.air[side] * left;
                if (gas < 0.2f) {
                    // some lung lies behind the heart and the domes
                    float behind = behindHeart * smooth((d - 0.03f) * (1 / 0.08f)) * clamp((outer - d) * (1 / 0.02f));
                    float under = smooth((thorax.diaphragm[column] + 0.05f - y) * (1 / 0.12f));
                    gas = Math.max(gas, behind * under * left);
                }
                solid = core * (float) Math.sqrt(chord) * (1 - gas);
            }
            field[at] += torso * (solid + wall) + lungs.foreign[at];
        }
    }

    private float belly(float y) {
        return smooth((y - thorax.dome[0]) / 0.25f);
    }

    private static float clamp(float share) {
        return share < 0 ? 0 : share > 1 ? 1 : share;
    }

    private static float square(float x) {
        return x * x;
    }
}
