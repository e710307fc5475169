package io.vit4j.synth;

import io.vit4j.base.RandomKey;
import io.vit4j.synth.AttenuationMap.Path;
import io.vit4j.synth.AttenuationMap.Profile;

/** What is seen of care in bed: wires of the electrocardiogram, a tube in the windpipe or stomach, a line in a vein. */
final class Devices {
    private static final float[] EVERYWHERE = {};

    private Devices() {}

    static void paint(Thorax thorax, AttenuationMap canvas, RandomKey picture) {
        RandomKey.Stream random = picture.with("devices").stream();
        if (!thorax.portable || random.nextDouble() < 0.35) {
            return;
        }
        if (random.nextDouble() < 0.6) {
            electrodes(thorax, canvas, random);
        }
        if (random.nextDouble() < 0.35) {
            vein(thorax, canvas, random);
        }
        if (random.nextDouble() < 0.30) {
            float end = thorax.height(0, Thorax.uniform(random, 0.20f, 0.30f));
            Path tube = new Path(3);
            tube.add(thorax.midline - 0.004f, -0.2, 0.0065, 0.07);
            tube.add(thorax.midline - 0.008f, 0.5f * (end - 0.1f), 0.0065, 0.07);
            tube.add(thorax.midline - 0.010f, end, 0.0060, 0.07);
            canvas.tube(tube, Profile.BONE, EVERYWHERE);
        }
        if (random.nextDouble() < 0.25) {
            stomach(thorax, canvas, random);
        }
    }

    private static void electrodes(Thorax thorax, AttenuationMap canvas, RandomKey.Stream random) {
        int wires = 2 + random.nextInt(3);
        for (int i = 0; i < wires; i++) {
            int side = random.nextInt(2);
            float x = thorax.outward(side, Thorax.uniform(random, 0.35f, 1.0f) * thorax.halfWidth);
            float y = Thorax.uniform(random, 0.12f, 0.85f);
            canvas.ball(x, y, 0.0095f, 0.16f, Profile.BONE, EVERYWHERE);
            float endX = thorax.outward(side, Thorax.uniform(random, 0.2f, 1.3f) * thorax.halfWidth);
            float endY = random.nextDouble() < 0.5 ? -0.15f : 1.15f;
            float sagX = Thorax.normal(random, 0, 0.10f);
            float sagY = Thorax.normal(random, 0, 0.06f);
            curve(canvas, x, y, (x + endX) / 2 + sagX, (y + endY) / 2 + sagY, endX, endY, 0.0021f, 0.10f);
        }
    }

    private static void vein(Thorax thorax, AttenuationMap canvas, RandomKey.Stream random) {
        float tip = thorax.height(0, Thorax.uniform(random, 0.40f, 0.60f));
        float x = thorax.midline - 0.36f * 0.15f - 0.015f;
        float from = Thorax.normal(random, 0.10f, 0.02f);
        curve(canvas, x, tip, x - 0.005f, thorax.apex + 0.04f, x - from, -0.15f, 0.0026f, 0.11f);
    }

    private static void stomach(Thorax thorax, AttenuationMap canvas, RandomKey.Stream random) {
        float end = thorax.dome[1] + Thorax.uniform(random, 0.05f, 0.12f);
        float x = thorax.outward(1, 0.3f * thorax.halfWidth);
        curve(
                canvas,
                thorax.midline,
                -0.15f,
                thorax.midline + 0.012f,
                0.35f,
                thorax.midline + 0.01f,
                0.62f,
                0.0028f,
                0.09f);
        curve(canvas, thorax.midline + 0.01f, 0.62f, thorax.midline + 0.01f, end - 0.03f, x, end, 0.0028f, 0.09f);
    }

    /** A wire along a quadratic Bezier curve. */
    private static void curve(
            AttenuationMap canvas,
            float ax,
            float ay,
            float bx,
            float by,
            float cx,
            float cy,
            float radius,
            float amount) {
        int points = 24;
        Path path = new Path(points);
        for (int i = 0; i < points; i++) {
            float t = i / (points - 1f);
            float u = 1 - t;
            path.add(
                    u * u * ax + 2 * u * t * bx + t * t * cx, u * u * ay + 2 * u * t * by + t * t * cy, radius, amount);
        }
        canvas.tube(path, Profile.SOLID, EVERYWHERE);
    }
}
