package io.vit4j.synth;

import io.vit4j.base.RandomKey;
import io.vit4j.synth.AttenuationMap.Path;
import io.vit4j.synth.AttenuationMap.Profile;

/** The hila, the vessels that branch from them through the lungs, and the two main bronchi. */
final class Vessels {
    private static final int STEPS = 5;
    private static final float THINNEST = 0.0011f;

    private final Thorax thorax;
    private final AttenuationMap canvas;
    private final float[] mask;
    private final RandomKey.Stream random;

    private Vessels(Thorax thorax, Lungs lungs, AttenuationMap canvas, RandomKey.Stream random) {
        this.thorax = thorax;
        this.canvas = canvas;
        this.mask = lungs.vessels;
        this.random = random;
    }

    static void paint(Thorax thorax, Lungs lungs, AttenuationMap canvas, RandomKey patient) {
        for (int side = 0; side < Thorax.SIDES; side++) {
            RandomKey.Stream random = patient.with("vessels").with(side).stream();
            new Vessels(thorax, lungs, canvas, random).tree(side);
        }
    }

    private void tree(int side) {
        float hilumY = thorax.height(side, side == 0 ? 0.50f : 0.46f);
        float hilumX = thorax.across(side, 0, hilumY);
        float out = side == 0 ? -1 : 1;
        bronchus(side, hilumX, hilumY);
        float swollen = 0.6f + 0.4f * thorax.congestion;
        for (int i = 0; i < 4; i++) {
            float y = hilumY + Thorax.normal(random, 0.012f * i, 0.018f);
            float x = hilumX + out * (0.006f + 0.010f * (float) random.nextDouble());
            float amount = 0.055f * thorax.congestion;
            canvas.ball(x, y, swollen * Thorax.uniform(random, 0.018f, 0.032f), amount, Profile.SOFT, mask);
        }
        int trunks = 15;
        for (int i = 0; i < trunks; i++) {
            // fanned from straight up to straight down; the lower lobes get the thicker vessels
            float share = (i + 0.5f) / trunks;
            float angle = (float) Math.toRadians(-80 + 172 * share) + Thorax.normal(random, 0, 0.16f);
            float low = share > 0.5f ? 1.12f : 0.9f;
            float radius = low * Thorax.uniform(random, 0.0042f, 0.0060f);
            float length = Thorax.uniform(random, 0.058f, 0.088f) * (share > 0.45f && share < 0.75f ? 0.85f : 1.1f);
            boolean kept = random.nextDouble() < thorax.vessels;
            float startX = hilumX + out * Thorax.uniform(random, -0.004f, 0.022f);
            float startY = hilumY + 0.11f * (share - 0.45f) + Thorax.normal(random, 0, 0.008f);
            branch(startX, startY, angle, out, length, radius, kept);
        }
    }

    /** A vessel and all that leave it; drawn only if kept, but the same numbers are taken either way. */
    private void branch(float x, float y, float angle, float out, float length, float radius, boolean kept) {
        float bend = Thorax.normal(random, 0, 0.45f) / STEPS;
        float amount = (0.012f + 9.5f * radius) * (0.6f + 0.4f * thorax.congestion);
        Path path = new Path(STEPS + 1);
        float px = x;
        float py = y;
        float direction = angle;
        float wide = radius * (0.75f + 0.25f * thorax.congestion);
        path.add(px, py, wide, 0.6f * amount);
        for (int i = 1; i <= STEPS; i++) {
            direction += bend;
            px += out * length / STEPS * (float) Math.cos(direction);
            py += length / STEPS * (float) Math.sin(direction);
            path.add(px, py, wide * (1 - 0.22f * i / STEPS), amount * (1 - 0.15f * i / STEPS));
        }
        if (kept) {
            canvas.tube(path, Profile.SOLID, mask);
        }
        if (radius * 0.72f < THINNEST) {
            return;
        }
        float fork = Thorax.uniform(random, 0.22f, 0.62f);
        float share = Thorax.uniform(random, 0.35f, 0.65f);
        boolean keepA = random.nextDouble() < 0.4 + 0.6 * thorax.vessels;
        boolean keepB = random.nextDouble() < 0.4 + 0.6 * thorax.vessels;
        float next = length * Thorax.uniform(random, 0.66f, 0.86f);
        branch(px, py, direction - fork * share, out, next, radius * 0.72f, kept && keepA);
        branch(px, py, direction + fork * (1 - share), out, next * 0.92f, radius * 0.66f, kept && keepB);
    }

    private void bronchus(int side, float hilumX, float hilumY) {
        float carina = thorax.height(0, 0.35f);
        Path path = new Path(3);
        path.add(thorax.midline + 0.6f * thorax.shift, carina, 0.014, -0.075);
        path.add(Thorax.mix(thorax.midline, hilumX, 0.6f), Thorax.mix(carina, hilumY, 0.5f), 0.012, -0.06);
        path.add(hilumX, hilumY - 0.012, 0.009, -0.03);
        canvas.tube(path, Profile.SOLID, new float[0]);
    }
}
