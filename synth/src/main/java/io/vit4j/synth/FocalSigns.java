package io.vit4j.synth;

import static io.vit4j.synth.Texture.smooth;
import static io.vit4j.synth.Thorax.mix;
import static io.vit4j.synth.Thorax.uniform;

import io.vit4j.base.RandomKey;
import io.vit4j.synth.AttenuationMap.Profile;
import io.vit4j.synth.Lungs.Oval;

/** Findings that are one round thing, or a few. */
final class FocalSigns {
    private static final float[] EVERYWHERE = {};

    private FocalSigns() {}

    /** A stomach that has slipped up behind the heart: a round shade with air above a level of liquid. */
    static final class Hernia implements Sign {
        private final float aside;
        private final float radius;
        private final float lift;

        Hernia(RandomKey.Stream place, RandomKey.Stream course) {
            this.aside = uniform(place, 0.000f, 0.065f);
            this.radius = mix(0.072f, 0.105f, Sign.severity(course));
            this.lift = uniform(course, 0.55f, 0.75f);
        }

        @Override
        public void fill(Thorax thorax, Lungs lungs) {
            float cx = thorax.outward(1, aside + thorax.shift);
            float cy = thorax.dome[1] - lift * radius;
            float floor = cy + 0.10f * radius; // the air stands above the liquid
            int row1 = Thorax.index(cy + 1.1f * radius);
            for (int row = Thorax.index(cy - 1.1f * radius); row <= row1; row++) {
                float y = Thorax.position(row);
                int column1 = Thorax.index(cx + 1.1f * radius);
                for (int column = Thorax.index(cx - 1.1f * radius); column <= column1; column++) {
                    float dx = Thorax.position(column) - cx;
                    float rho = (float) Math.sqrt(dx * dx + (y - cy) * (y - cy)) / radius;
                    float within = smooth((1 - rho) / 0.08f + 0.5f);
                    float gas = smooth((0.90f - rho) / 0.14f + 0.5f) * smooth((floor - y) / 0.006f + 0.5f);
                    lungs.foreign[row * Thorax.GRID + column] += 0.11f * within - 0.46f * gas;
                    lungs.fill(row * Thorax.GRID + column, 0.8f * within);
                }
            }
        }
    }

    /** A round, lobed shade of more than three centimetres. */
    static final class Mass implements Sign {
        private final int side;
        private final float across;
        private final float up;
        private final float severity;
        private final RandomKey.Stream course;

        Mass(RandomKey.Stream place, RandomKey.Stream course) {
            this.side = place.nextInt(2);
            this.across = uniform(place, 0.42f, 0.70f);
            this.up = uniform(place, 0.44f, 0.58f);
            this.severity = Sign.severity(course);
            this.course = course;
        }

        @Override
        public void fill(Thorax thorax, Lungs lungs) {
            float y = thorax.height(side, up);
            float x = thorax.across(side, across, y);
            float radius = mix(0.052f, 0.072f, severity);
            float strength = mix(0.80f, 0.98f, severity);
            float cloud = (float) course.nextDouble();
            lungs.patch(new Oval(x, y, radius, radius * uniform(course, 0.88f, 1.12f), cloud), strength, 0.06f, 0.22f);
            float lobeX = x + uniform(course, -0.6f, 0.6f) * radius;
            float lobeY = y + uniform(course, -0.6f, 0.6f) * radius;
            lungs.patch(new Oval(lobeX, lobeY, 0.6f * radius, 0.6f * radius, cloud), strength, 0.06f, 0.25f);
        }
    }

    /** A few small, dense, round shades. */
    static final class Nodule implements Sign {
        private final RandomKey.Stream place;
        private final float severity;

        Nodule(RandomKey.Stream place, RandomKey.Stream course) {
            this.place = place;
            this.severity = Sign.severity(course);
        }

        @Override
        public void draw(Thorax thorax, Lungs lungs, AttenuationMap canvas) {
            int nodules = 7 + place.nextInt(6);
            for (int i = 0; i < nodules; i++) {
                int side = place.nextInt(2);
                float y = thorax.height(side, uniform(place, 0.16f, 0.48f));
                float x = thorax.across(side, uniform(place, 0.30f, 0.85f), y);
                float radius = mix(0.0170f, 0.0230f, severity) * uniform(place, 0.9f, 1.1f);
                float amount = mix(0.36f, 0.48f, severity);
                // the rest of a nodule behind the heart or the dome would not be seen
                float seen = smooth(lungs.mask[Thorax.index(y) * Thorax.GRID + Thorax.index(x)]);
                canvas.ball(x, y, radius, amount * Math.max(0.3f, seen), Profile.SOLID, EVERYWHERE);
            }
        }
    }
}
