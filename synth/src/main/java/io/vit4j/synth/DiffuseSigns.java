package io.vit4j.synth;

import static io.vit4j.synth.Texture.smooth;
import static io.vit4j.synth.Thorax.GRID;
import static io.vit4j.synth.Thorax.mix;
import static io.vit4j.synth.Thorax.uniform;

import io.vit4j.base.RandomKey;
import io.vit4j.synth.AttenuationMap.Path;
import io.vit4j.synth.AttenuationMap.Profile;

/** Findings that change the heart or both lungs as a whole. */
final class DiffuseSigns {
    private DiffuseSigns() {}

    /** A heart wider than half of the chest. */
    static final class Cardiomegaly implements Sign {
        private final float severity;

        Cardiomegaly(RandomKey.Stream course) {
            this.severity = Sign.severity(course);
        }

        @Override
        public void shape(Thorax thorax) {
            thorax.heart[0] *= mix(1.15f, 1.45f, severity);
            thorax.heart[1] = Math.min(0.93f, thorax.heart[1] * mix(1.22f, 1.50f, severity));
        }
    }

    /** Too much air: dark lungs with few vessels, low flat diaphragm, a narrow heart, here and there a thin-walled bulla. */
    static final class Emphysema implements Sign {
        private final RandomKey.Stream place;
        private final float severity;

        Emphysema(RandomKey.Stream place, RandomKey.Stream course) {
            this.place = place;
            this.severity = Sign.severity(course);
        }

        @Override
        public void shape(Thorax thorax) {
            for (int side = 0; side < Thorax.SIDES; side++) {
                thorax.air[side] = Math.min(1, thorax.air[side] + mix(0.06f, 0.12f, severity));
                thorax.dome[side] += mix(0.050f, 0.085f, severity);
                thorax.domeFall[side] *= mix(0.45f, 0.20f, severity);
                thorax.heart[side] *= mix(0.88f, 0.74f, severity);
            }
            thorax.vessels = mix(0.65f, 0.40f, severity);
            thorax.halfWidth *= 1.02f;
        }

        @Override
        public void draw(Thorax thorax, Lungs lungs, AttenuationMap canvas) {
            int bullae = place.nextInt(4);
            for (int i = 0; i < bullae; i++) {
                int side = place.nextInt(2);
                float y = thorax.height(side, uniform(place, 0.12f, 0.45f));
                float x = thorax.across(side, uniform(place, 0.4f, 0.85f), y);
                float radius = uniform(place, 0.025f, 0.055f);
                Path ring = new Path(25);
                for (int k = 0; k < 25; k++) {
                    double angle = k * Math.PI / 12;
                    ring.add(x + radius * Math.cos(angle), y + radius * Math.sin(angle), 0.0016, 0.045);
                }
                canvas.tube(ring, Profile.SOLID, lungs.mask);
            }
        }
    }

    /** Scarred, shrunken lungs: a net of fine lines at the bases and edges, over a haze. */
    static final class Fibrosis implements Sign {
        private static final int LINES = 150;

        private final float up;
        private final float severity;
        private final RandomKey.Stream course;

        Fibrosis(RandomKey.Stream place, RandomKey.Stream course) {
            this.up = uniform(place, 0.50f, 0.62f);
            this.severity = Sign.severity(course);
            this.course = course;
        }

        @Override
        public void shape(Thorax thorax) {
            for (int side = 0; side < Thorax.SIDES; side++) {
                thorax.dome[side] -= mix(0.010f, 0.030f, severity);
            }
        }

        @Override
        public void fill(Thorax thorax, Lungs lungs) {
            float haze = mix(0.16f, 0.28f, severity);
            for (int side = 0; side < Thorax.SIDES; side++) {
                float top = thorax.height(side, up);
                for (int row = Thorax.index(top - 0.05f); row < GRID; row++) {
                    float y = Thorax.position(row);
                    float low = smooth((y - top) / 0.10f + 0.5f);
                    float inner = thorax.across(side, 0.25f, y);
                    int a = Thorax.index(inner);
                    int b = Thorax.index(thorax.across(side, 1.03f, y));
                    for (int column = Math.min(a, b); column <= Math.max(a, b); column++) {
                        float x = Thorax.position(column);
                        float share = Math.abs(x - inner) / (0.25f * thorax.halfWidth);
                        float mottled = 1 + 0.35f * Texture.cloud(1.3f * x, 1.3f * y);
                        lungs.fill(row * GRID + column, Math.max(0, haze * low * smooth(share) * mottled));
                    }
                }
            }
        }

        @Override
        public void draw(Thorax thorax, Lungs lungs, AttenuationMap canvas) {
            for (int i = 0; i < LINES; i++) {
                int side = i % 2;
                float y = thorax.height(side, uniform(course, up, 1.12f));
                float r = 1 - 0.72f * (float) Math.pow(course.nextDouble(), 1.3);
                float x = thorax.across(side, r, y);
                double angle = Math.PI * course.nextDouble();
                float length = uniform(course, 0.012f, 0.030f);
                float amount = mix(0.06f, 0.12f, severity) * uniform(course, 0.7f, 1.3f);
                Path line = new Path(3);
                line.add(x - length * Math.cos(angle), y - length * Math.sin(angle), 0.0015, 0.6f * amount);
                line.add(x + 0.3f * length * Math.sin(angle), y, 0.0024, amount);
                line.add(x + length * Math.cos(angle), y + length * Math.sin(angle), 0.0015, 0.6f * amount);
                canvas.tube(line, Profile.SOLID, lungs.vessels);
            }
        }
    }
}
