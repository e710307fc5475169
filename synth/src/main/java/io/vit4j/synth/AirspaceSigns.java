package io.vit4j.synth;

import static io.vit4j.synth.Thorax.mix;
import static io.vit4j.synth.Thorax.uniform;

import io.vit4j.base.RandomKey;
import io.vit4j.synth.AttenuationMap.Path;
import io.vit4j.synth.AttenuationMap.Profile;
import io.vit4j.synth.Lungs.Oval;

/** Findings in which the air spaces fill or fall together. */
final class AirspaceSigns {
    private AirspaceSigns() {}

    /** Loss of volume: plates above a raised half of the diaphragm, a dense base, the heart drawn to that side. */
    static final class Atelectasis implements Sign {
        private final int side;
        private final float severity;
        private final RandomKey.Stream course;

        Atelectasis(RandomKey.Stream place, RandomKey.Stream course) {
            this.side = place.nextDouble() < 0.5 ? 0 : 1;
            this.severity = Sign.severity(course);
            this.course = course;
        }

        @Override
        public void shape(Thorax thorax) {
            thorax.dome[side] -= mix(0.060f, 0.115f, severity);
            thorax.domeFall[side] += 0.015f;
            thorax.shift += (side == 0 ? -1 : 1) * mix(0.012f, 0.040f, severity);
        }

        @Override
        public void fill(Thorax thorax, Lungs lungs) {
            float y = thorax.height(side, uniform(course, 0.90f, 0.98f));
            float x = thorax.across(side, uniform(course, 0.30f, 0.55f), y);
            lungs.patch(new Oval(x, y, 0.13f, 0.050f, 0.3f), mix(0.35f, 0.60f, severity), 0.10f, 0.9f);
        }

        @Override
        public void draw(Thorax thorax, Lungs lungs, AttenuationMap canvas) {
            int plates = 2 + course.nextInt(2);
            float slope = uniform(course, -0.022f, 0.022f);
            for (int i = 0; i < plates; i++) {
                float y = thorax.height(side, 0.60f + 0.30f * (i + uniform(course, 0.1f, 0.9f)) / plates);
                float from = thorax.across(side, uniform(course, 0.10f, 0.35f), y);
                float to = thorax.across(side, uniform(course, 0.65f, 0.95f), y);
                float tilt = slope + uniform(course, -0.006f, 0.006f);
                float thick = mix(0.0070f, 0.0125f, severity) * uniform(course, 0.8f, 1.2f);
                float amount = mix(0.11f, 0.18f, severity);
                Path plate = new Path(3);
                plate.add(from, y + tilt, 0.6f * thick, 0.7f * amount);
                plate.add((from + to) / 2, y - 0.006f, thick, amount);
                plate.add(to, y - tilt, 0.5f * thick, 0.6f * amount);
                canvas.tube(plate, Profile.SOLID, lungs.mask);
            }
        }
    }

    /** A lobe's air replaced: dense, sharply ended by the fissure below, the bronchi in it still dark. */
    static final class Consolidation implements Sign {
        private final int side;
        private final float across;
        private final float up;
        private final float severity;
        private final RandomKey.Stream course;

        Consolidation(RandomKey.Stream place, RandomKey.Stream course) {
            this.side = place.nextDouble() < 0.6 ? 0 : 1;
            this.across = uniform(place, 0.40f, 0.68f);
            this.up = uniform(place, 0.20f, 0.36f);
            this.severity = Sign.severity(course);
            this.course = course;
        }

        @Override
        public void fill(Thorax thorax, Lungs lungs) {
            float y = thorax.height(side, up);
            float x = thorax.across(side, across, y);
            float rx = mix(0.095f, 0.130f, severity) * uniform(course, 0.92f, 1.08f);
            float ry = mix(0.080f, 0.120f, severity) * uniform(course, 0.92f, 1.08f);
            float fissure = y + 0.72f * ry;
            float strength = mix(0.60f, 0.88f, severity);
            float cloud = (float) course.nextDouble();
            int row1 = Thorax.index(fissure + 0.01f);
            for (int row = Thorax.index(y - 1.6f * ry); row <= row1; row++) {
                float py = Thorax.position(row);
                float lower = Texture.smooth((fissure - py) / 0.012f + 0.5f);
                int column1 = Thorax.index(x + 1.6f * rx);
                for (int column = Thorax.index(x - 1.6f * rx); column <= column1; column++) {
                    float px = Thorax.position(column);
                    float dx = (px - x) / rx;
                    float dy = (py - y) / ry;
                    float rho = (float) Math.sqrt(dx * dx + dy * dy) + 0.16f * Texture.cloud(px + cloud, py);
                    float within = Texture.smooth((1 - rho) / 0.45f + 0.5f) * lower;
                    lungs.fill(row * Thorax.GRID + column, strength * within);
                }
            }
        }

        @Override
        public void draw(Thorax thorax, Lungs lungs, AttenuationMap canvas) {
            float hilumY = thorax.height(side, 0.46f);
            float hilumX = thorax.across(side, 0.05f, hilumY);
            float y = thorax.height(side, up);
            float x = thorax.across(side, across, y);
            float[] solid = new float[lungs.opacity.length]; // bronchi show only where the air around them has gone
            for (int i = 0; i < solid.length; i++) {
                solid[i] = Math.max(0, lungs.opacity[i]);
            }
            for (int i = 0; i < 4; i++) {
                Path bronchus = new Path(3);
                float endX = x + uniform(course, -0.07f, 0.07f);
                float endY = y + uniform(course, -0.07f, 0.04f);
                bronchus.add(mix(hilumX, x, 0.5f), mix(hilumY, y, 0.6f), 0.0055, -0.06);
                bronchus.add(mix(x, endX, 0.5f), mix(y, endY, 0.5f), 0.0045, -0.085);
                bronchus.add(endX, endY, 0.0026, -0.06);
                canvas.tube(bronchus, Profile.SOLID, solid);
            }
        }
    }

    /** Water in both lungs around the hila like a bat's wings, swollen vessels, thin lines at the edge (Kerley's B). */
    static final class Edema implements Sign {
        private final float severity;
        private final RandomKey.Stream course;

        Edema(RandomKey.Stream course) {
            this.severity = Sign.severity(course);
            this.course = course;
        }

        @Override
        public void shape(Thorax thorax) {
            thorax.congestion = mix(1.35f, 1.8f, severity);
            thorax.pedicle *= mix(1.12f, 1.28f, severity);
        }

        @Override
        public void fill(Thorax thorax, Lungs lungs) {
            for (int side = 0; side < Thorax.SIDES; side++) {
                float y = thorax.height(side, uniform(course, 0.46f, 0.56f));
                float x = thorax.across(side, uniform(course, 0.22f, 0.36f), y);
                float cloud = (float) course.nextDouble();
                float strength = mix(0.42f, 0.68f, severity) * uniform(course, 0.9f, 1.1f);
                lungs.patch(
                        new Oval(x, y, uniform(course, 0.10f, 0.13f), uniform(course, 0.16f, 0.21f), cloud),
                        strength,
                        0.18f,
                        1.1f);
            }
        }

        @Override
        public void draw(Thorax thorax, Lungs lungs, AttenuationMap canvas) {
            for (int side = 0; side < Thorax.SIDES; side++) {
                for (int i = 0; i < 9; i++) {
                    float y = thorax.height(side, uniform(course, 0.72f, 1.10f));
                    Path line = new Path(2);
                    line.add(thorax.across(side, 1, y), y, 0.0016, 0.07);
                    line.add(thorax.across(side, uniform(course, 0.84f, 0.91f), y), y - 0.003, 0.0014, 0.05);
                    canvas.tube(line, Profile.SOLID, lungs.mask);
                }
            }
        }
    }

    /** Many faint clouds without borders, in both lungs. */
    static final class Infiltration implements Sign {
        private final int fuller;
        private final float severity;
        private final RandomKey.Stream course;

        Infiltration(RandomKey.Stream place, RandomKey.Stream course) {
            this.fuller = place.nextInt(2);
            this.severity = Sign.severity(course);
            this.course = course;
        }

        @Override
        public void fill(Thorax thorax, Lungs lungs) {
            int clouds = 9 + course.nextInt(5);
            for (int i = 0; i < clouds; i++) {
                int side = course.nextDouble() < 0.62 ? fuller : 1 - fuller;
                float y = thorax.height(side, uniform(course, 0.30f, 0.92f));
                float x = thorax.across(side, uniform(course, 0.35f, 0.95f), y);
                float rx = uniform(course, 0.030f, 0.055f);
                float ry = uniform(course, 0.030f, 0.055f);
                float strength = mix(0.28f, 0.46f, severity) * uniform(course, 0.8f, 1.2f);
                lungs.patch(new Oval(x, y, rx, ry, (float) course.nextDouble()), strength, 0.30f, 1.0f);
            }
        }
    }

    /** One segment of a lower lobe, blurred, hiding the border of the heart or the dome it touches. */
    static final class Pneumonia implements Sign {
        private final int side;
        private final float across;
        private final float severity;
        private final RandomKey.Stream course;

        Pneumonia(RandomKey.Stream place, RandomKey.Stream course) {
            this.side = place.nextDouble() < 0.65 ? 0 : 1;
            this.across = uniform(place, 0.22f, 0.55f);
            this.severity = Sign.severity(course);
            this.course = course;
        }

        @Override
        public void fill(Thorax thorax, Lungs lungs) {
            float y = thorax.height(side, uniform(course, 0.72f, 0.84f));
            float x = thorax.across(side, across, y);
            float rx = mix(0.090f, 0.120f, severity);
            float ry = mix(0.085f, 0.115f, severity);
            float cloud = (float) course.nextDouble();
            lungs.patch(new Oval(x, y, rx, ry, cloud), mix(0.55f, 0.80f, severity), 0.22f, 0.7f);
            if (course.nextDouble() < 0.4) {
                PleuralSigns.liquid(thorax, lungs, side, 0.035f, 0.02f);
            }
        }
    }
}
