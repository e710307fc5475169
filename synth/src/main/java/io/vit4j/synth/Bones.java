package io.vit4j.synth;

import io.vit4j.base.RandomKey;
import io.vit4j.synth.AttenuationMap.Path;
import io.vit4j.synth.AttenuationMap.Profile;

/** Ribs, collarbones, shoulder blades and upper arms. */
final class Bones {
    private static final float[] EVERYWHERE = {};
    private static final int RIBS = 12;

    private final Thorax thorax;
    private final AttenuationMap canvas;
    /** Bones lose lime with age. */
    private final float density;

    private Bones(Thorax thorax, AttenuationMap canvas) {
        this.thorax = thorax;
        this.canvas = canvas;
        this.density = 1.05f - 0.004f * Math.max(0, thorax.age - 40);
    }

    static void paint(Thorax thorax, AttenuationMap canvas, RandomKey patient, RandomKey picture) {
        Bones bones = new Bones(thorax, canvas);
        bones.ribs(patient.with("ribs").stream());
        bones.shoulders(patient.with("shoulders").stream(), picture.with("shoulders").stream());
    }

    private void ribs(RandomKey.Stream random) {
        float width = Thorax.normal(random, 0.0102f, 0.0008f);
        float spacing = Thorax.normal(random, 0.0575f, 0.0022f);
        float slope = Thorax.normal(random, 1.22f, 0.15f) * (thorax.portable ? 0.85f : 1);
        float start = thorax.apex - 0.030f;
        for (int side = 0; side < Thorax.SIDES; side++) {
            float offset = Thorax.normal(random, 0, 0.003f);
            for (int rib = 0; rib < RIBS; rib++) {
                float y = start + offset + spacing * rib * (1 + 0.012f * rib) + Thorax.normal(random, 0, 0.0015f);
                rib(side, rib, y, width * (rib == 0 ? 0.9f : 1), slope);
            }
        }
    }

    /** From the spine up and out, down the side wall, and, fainter, forward and down to the cartilage. */
    private void rib(int side, int rib, float spineY, float radius, float slope) {
        float drop = slope * (0.045f + 0.0125f * rib);
        float rise = 0.026f - 0.0016f * rib;
        float turnY = spineY + drop;
        float wall = Math.max(0.42f * thorax.halfWidth, wallAt(turnY)) + 0.35f * radius;
        Path path = new Path(26);
        for (int i = 0; i < 15; i++) {
            float q = i / 14f;
            float x = 0.035f + (wall - 0.035f) * (float) Math.sin(q * Math.PI / 2);
            float y = spineY - rise * (float) Math.sin(Math.PI * Math.min(1, q * 1.2)) + drop * fall(q);
            float edge = Math.min(1, 0.15f + 2.4f * q) * (rib > 8 ? 0.7f : 1);
            path.add(thorax.outward(side, x), y, radius * (0.88f + 0.12f * q), 0.078f * density * edge);
        }
        float forward = slope * (0.050f + 0.021f * rib);
        float end = thorax.halfWidth * (0.30f + 0.055f * rib);
        for (int i = 1; i < 12 && rib < 9; i++) {
            float q = i / 11f;
            float x = wall - (wall - end) * (float) Math.pow(q, 1.7);
            float y = turnY + forward * (float) Math.pow(q, 0.92);
            float fade = Math.min(1, (1 - q) * 3.5f) * (1 - 0.38f * Math.min(1, 6 * q));
            path.add(thorax.outward(side, x), y, radius * (0.97f + 0.28f * q), 0.078f * density * fade);
        }
        canvas.tube(path, Profile.BONE, EVERYWHERE);
    }

    /** A rib falls little at first, then steeply down the side. */
    private static float fall(float q) {
        float square = q * q;
        return 0.3f * square + 0.7f * square * square;
    }

    private float wallAt(float y) {
        float t = (y - thorax.apex) / (thorax.dome[0] - thorax.apex);
        return thorax.halfWidth * Thorax.cage(t);
    }

    private void shoulders(RandomKey.Stream body, RandomKey.Stream pose) {
        float lift = Thorax.normal(body, 0, 0.010f);
        float radius = Thorax.normal(body, 0.0125f, 0.001f);
        float tilt = thorax.portable ? Thorax.normal(pose, -0.01f, 0.015f) : Thorax.normal(pose, 0.015f, 0.012f);
        for (int side = 0; side < Thorax.SIDES; side++) {
            float width = thorax.shoulderWidth;
            float inner = thorax.apex + 0.075f + Thorax.normal(pose, 0, 0.005f);
            float outerY = thorax.shoulderHeight + 0.022f + lift;
            Path collar = new Path(22);
            for (int i = 0; i < 22; i++) {
                float q = i / 21f;
                float x = 0.030f + (width - 0.045f) * q;
                float y = Thorax.mix(inner, outerY + tilt, q) - 0.014f * (float) Math.sin(2 * Math.PI * q);
                float thick = radius * (1.15f - 0.6f * q * (1 - q) + 0.15f * q);
                collar.add(thorax.outward(side, x), y, thick, 0.115f * density);
            }
            canvas.tube(collar, Profile.BONE, EVERYWHERE);
            blade(side, pose);
            arm(side, pose);
        }
    }

    private void blade(int side, RandomKey.Stream pose) {
        float swing = thorax.portable ? Thorax.normal(pose, -0.02f, 0.02f) : Thorax.normal(pose, 0.03f, 0.015f);
        float x = thorax.shoulderWidth - 0.035f;
        float y = thorax.shoulderHeight + 0.035f;
        float tipX = thorax.halfWidth * 0.86f + swing;
        float tipY = y + 0.30f;
        float innerX = thorax.halfWidth * 0.68f + swing;
        Path border = new Path(3);
        border.add(thorax.outward(side, x), y + 0.02, 0.012, 0.06 * density);
        border.add(thorax.outward(side, Thorax.mix(x, tipX, 0.55f) + 0.012f), y + 0.15, 0.0095, 0.055 * density);
        border.add(thorax.outward(side, tipX), tipY, 0.010, 0.03 * density);
        canvas.tube(border, Profile.BONE, EVERYWHERE);
        Path plate = new Path(4);
        plate.add(thorax.outward(side, Thorax.mix(x, innerX, 0.5f)), y + 0.03, 0.050, 0.022);
        plate.add(thorax.outward(side, Thorax.mix(tipX, innerX, 0.5f) + 0.01f), y + 0.14, 0.050, 0.024);
        plate.add(thorax.outward(side, Thorax.mix(tipX, innerX, 0.3f)), y + 0.23, 0.030, 0.022);
        plate.add(thorax.outward(side, tipX), tipY, 0.010, 0.015);
        canvas.tube(plate, Profile.SOLID, EVERYWHERE);
        Path spine = new Path(3);
        spine.add(thorax.outward(side, innerX), y + 0.055, 0.007, 0.02 * density);
        spine.add(thorax.outward(side, Thorax.mix(innerX, x, 0.5f)), y + 0.022, 0.010, 0.05 * density);
        spine.add(thorax.outward(side, x + 0.025f), y - 0.012, 0.014, 0.075 * density);
        canvas.tube(spine, Profile.BONE, EVERYWHERE);
    }

    private void arm(int side, RandomKey.Stream pose) {
        float sideways = thorax.portable ? Thorax.normal(pose, 0.05f, 0.03f) : Thorax.normal(pose, 0.22f, 0.05f);
        float x = thorax.shoulderWidth + 0.022f;
        float y = thorax.shoulderHeight + 0.052f;
        canvas.ball(thorax.outward(side, x), y, 0.038f, 0.12f * density, Profile.SOLID, EVERYWHERE);
        Path shaft = new Path(4);
        shaft.add(thorax.outward(side, x + 0.012f), y + 0.015, 0.026, 0.07 * density);
        shaft.add(thorax.outward(side, x + 0.020f + 0.07f * sideways), y + 0.07, 0.020, 0.13 * density);
        shaft.add(thorax.outward(side, x + 0.020f + 0.3f * sideways), y + 0.30, 0.018, 0.14 * density);
        shaft.add(thorax.outward(side, x + 0.020f + 1.1f * sideways), y + 1.10, 0.018, 0.14 * density);
        canvas.tube(shaft, Profile.BONE, EVERYWHERE);
    }
}
