package io.vit4j.synth;

import static io.vit4j.synth.AttenuationMap.MARGIN;

import io.vit4j.base.RandomKey;

/**
 * The measures of one chest in one picture, in picture sides, and the outlines that follow from them. A measure may be
 * changed (by a finding) until {@link #trace()} draws the outlines.
 *
 * <p>Side 0 is the patient's right, on the picture's left; side 1 the patient's left. Lateral distances count from the
 * midline outwards.
 */
final class Thorax {
    static final int SIDES = 2;
    /** Rows and columns of the outlines: half the canvas. */
    static final int GRID = AttenuationMap.SIZE / 2;

    final boolean portable;
    final int age;

    float midline = 0.5f;
    /** Half the inner width of the rib cage at its widest. */
    float halfWidth;
    /** Where the lungs begin. */
    float apex;
    /** The highest point of each half of the diaphragm. */
    final float[] dome = new float[SIDES];
    /** How far the diaphragm falls from its dome to the chest wall. */
    final float[] domeFall = new float[SIDES];
    /** Heart's reach to either side, as a share of halfWidth. */
    final float[] heart = new float[SIDES];
    /** The upper mediastinum's reach to either side, as a share of halfWidth. */
    float pedicle;
    /** The aortic arch's reach to the left, as a share of halfWidth. */
    float knob;
    /** How far heart and vessels stand left (positive) or right of the midline. */
    float shift;
    /** Share of the lungs' depth that is air. */
    final float[] air = new float[SIDES];
    /** How many vessels are seen, 1 for the usual. */
    float vessels = 1;
    /** How thick vessels are, 1 for the usual. */
    float congestion = 1;
    /** Soft tissue between ribs and skin. */
    float wall;
    /** Attenuation of the chest wall, front and back. */
    float wallDensity;
    /** Attenuation of what fills the chest where no air is. */
    float coreDensity;
    /** The breasts' attenuation; 0 for none. */
    float breast;

    float shoulderWidth;
    float shoulderHeight;

    /** Outer and inner border of each lung, by row. */
    final float[][] lateral = new float[SIDES][GRID];

    final float[][] medial = new float[SIDES][GRID];
    /** The diaphragm's height, by column. */
    final float[] diaphragm = new float[GRID];

    private Thorax(Study study) {
        portable = study.portable();
        age = study.age();
    }

    /** The patient as this picture finds him or her: the same bones, another breath. */
    static Thorax of(Study study, long seed) {
        Thorax thorax = new Thorax(study);
        RandomKey.Stream body = study.patientKey(seed).with("body").stream();
        RandomKey.Stream breath = study.pictureKey(seed).with("breath").stream();
        float fat = (float) body.nextDouble();
        boolean child = study.age() < 14;
        thorax.halfWidth = normal(body, study.female() ? 0.355f : 0.372f, 0.016f);
        thorax.apex = normal(body, 0.150f, 0.014f);
        thorax.wall = 0.035f + 0.055f * fat * fat + (child ? -0.01f : 0);
        thorax.wallDensity = 0.20f + 0.10f * fat + normal(body, 0, 0.015f);
        thorax.coreDensity = normal(body, 0.64f, 0.025f);
        thorax.knob = normal(body, 0.21f + 0.0011f * Math.min(80, study.age()), 0.02f);
        thorax.pedicle = normal(body, 0.155f, 0.012f);
        float heartSize = normal(body, 1, 0.045f);
        float domeHeight = normal(body, 0.715f, 0.018f);
        float domeStep = normal(body, 0.026f, 0.007f);
        float domeFall = normal(body, 0.105f, 0.012f);
        boolean showsBreasts = study.female() && study.age() >= 15 && body.nextDouble() < 0.75;
        thorax.breast = showsBreasts ? 0.05f + 0.13f * (float) body.nextDouble() : 0;
        thorax.shoulderWidth = thorax.halfWidth + 0.075f + 0.02f * fat;
        thorax.shoulderHeight = normal(body, 0.125f, 0.012f);

        float inspiration = normal(breath, study.portable() ? -0.035f : 0, 0.016f);
        thorax.apex += study.portable() ? 0.02f : 0;
        thorax.dome[0] = domeHeight + inspiration;
        thorax.dome[1] = domeHeight + inspiration + domeStep;
        for (int side = 0; side < SIDES; side++) {
            thorax.domeFall[side] = domeFall + normal(breath, 0, 0.006f);
            thorax.air[side] = normal(breath, 0.84f, 0.02f);
        }
        float magnified = heartSize * (study.portable() ? 1.07f : 1) * normal(breath, 1, 0.02f);
        thorax.heart[0] = 0.315f * magnified;
        thorax.heart[1] = 0.560f * magnified;
        thorax.pedicle *= study.portable() ? 1.12f : 1;
        return thorax;
    }

    /** Draws the outlines from the measures. */
    void trace() {
        float depth = dome[0] - apex;
        float[] right = {
            0.19f,
            0.185f,
            pedicle,
            pedicle + 0.02f,
            mix(pedicle, heart[0], 0.45f),
            heart[0] * 0.93f,
            heart[0],
            heart[0] * 0.86f,
            heart[0] * 0.6f
        };
        float[] left = {
            0.20f,
            0.19f,
            knob,
            knob * 0.97f,
            mix(knob, heart[1], 0.22f),
            heart[1] * 0.72f,
            heart[1] * 0.93f,
            heart[1],
            heart[1] * 0.8f
        };
        float[] at = {-0.05f, 0.12f, 0.27f, 0.36f, 0.48f, 0.64f, 0.80f, 0.97f, 1.2f};
        for (int row = 0; row < GRID; row++) {
            float t = (position(row) - apex) / depth;
            float cage = halfWidth * cage(t);
            float tip = 0.27f * halfWidth * (float) Math.exp(-Math.max(0, t) / 0.045f);
            for (int side = 0; side < SIDES; side++) {
                lateral[side][row] = cage;
                float border = halfWidth * spline(at, side == 0 ? right : left, t);
                medial[side][row] = border + tip + (side == 0 ? -shift : shift) * Math.min(1, Math.max(0, t));
            }
        }
        for (int column = 0; column < GRID; column++) {
            float x = position(column) - midline;
            int side = x < 0 ? 0 : 1;
            float q = (Math.abs(x) - 0.46f * halfWidth) / (0.54f * halfWidth);
            float fall = q > 0 ? (float) Math.pow(q, 2.3) : 0.42f * q * q;
            diaphragm[column] = dome[side] + domeFall[side] * fall;
        }
    }

    /** The rib cage's inner half width at a height of 0 (apex) to 1 (dome), as a share of its widest. */
    static float cage(float t) {
        float up = Math.min(1, Math.max(0, t));
        return 0.42f + 0.56f * (float) Math.pow(1 - Math.pow(1 - up, 3.4), 0.62) + 0.02f * Math.max(0, t);
    }

    /** The height of a share t of the way from the apex to the side's dome. */
    float height(int side, float t) {
        return apex + t * (dome[side] - apex);
    }

    /** The place that lies a share r of the way from the lung's inner to its outer border, at height y. */
    float across(int side, float r, float y) {
        int row = index(y);
        float inner = Math.min(medial[side][row], lateral[side][row]);
        return outward(side, inner + r * (lateral[side][row] - inner));
    }

    /** The place at that distance from the midline on that side. */
    float outward(int side, float distance) {
        return midline + (side == 0 ? -distance : distance);
    }

    /** The diaphragm's height at a place. */
    float diaphragmAt(float x) {
        return diaphragm[index(x)];
    }

    /** Where a row or column of the outlines lies. */
    static float position(int index) {
        return (index + 0.5f) / GRID * (1 + 2 * MARGIN) - MARGIN;
    }

    /** The row or column of the outlines at a place. */
    static int index(float position) {
        return Math.min(GRID - 1, Math.max(0, (int) ((position + MARGIN) * (AttenuationMap.SCALE / 2))));
    }

    static float normal(RandomKey.Stream random, float mean, float deviation) {
        double g = Math.max(-2.2, Math.min(2.2, random.nextGaussian()));
        return mean + deviation * (float) g;
    }

    static float uniform(RandomKey.Stream random, float from, float to) {
        return from + (to - from) * (float) random.nextDouble();
    }

    static float mix(float a, float b, float share) {
        return a + share * (b - a);
    }

    /** A smooth curve through the knots (Catmull and Rom, 1974), constant beyond its ends. */
    static float spline(float[] at, float[] value, float x) {
        int last = at.length - 1;
        if (x <= at[0]) {
            return value[0];
        }
        if (x >= at[last]) {
            return value[last];
        }
        int i = 0;
        while (x > at[i + 1]) {
            i++;
        }
        float width = at[i + 1] - at[i];
        float s = (x - at[i]) / width;
        float slopeA = i == 0 ? 0 : (value[i + 1] - value[i - 1]) / (at[i + 1] - at[i - 1]) * width;
        float slopeB = i + 1 == last ? 0 : (value[i + 2] - value[i]) / (at[i + 2] - at[i]) * width;
        float s2 = s * s;
        float s3 = s2 * s;
        return (2 * s3 - 3 * s2 + 1) * value[i]
                + (s3 - 2 * s2 + s) * slopeA
                + (3 * s2 - 2 * s3) * value[i + 1]
                + (s3 - s2) * slopeB;
    }
}
