package io.vit4j.synth;

import static io.vit4j.synth.Texture.smooth;
import static io.vit4j.synth.Thorax.GRID;
import static io.vit4j.synth.Thorax.mix;
import static io.vit4j.synth.Thorax.uniform;

import io.vit4j.base.RandomKey;
import io.vit4j.synth.AttenuationMap.Path;
import io.vit4j.synth.AttenuationMap.Profile;

/** Findings between the lung and the chest wall. */
final class PleuralSigns {
    private PleuralSigns() {}

    /** Liquid fills the angle at the base and climbs the side wall. */
    static void liquid(Thorax thorax, Lungs lungs, int side, float height, float climb) {
        float angle = thorax.dome[side] + thorax.domeFall[side];
        float level = angle - height;
        for (int row = 0; row < GRID; row++) {
            float y = Thorax.position(row);
            float outer = thorax.lateral[side][row];
            float inner = thorax.medial[side][row];
            if (outer <= inner || y < level - climb - 0.05f) {
                continue;
            }
            int a = Thorax.index(thorax.outward(side, outer + 0.01f));
            int b = Thorax.index(thorax.outward(side, inner - 0.01f));
            for (int column = Math.min(a, b); column <= Math.max(a, b); column++) {
                float d = Math.abs(Thorax.position(column) - thorax.midline);
                float q = Math.max(0, (d - inner) / (outer - inner));
                float surface = level - climb * q * q * q + 0.02f * (1 - q);
                lungs.fill(row * GRID + column, 0.97f * smooth((y - surface) / 0.022f + 0.5f));
            }
        }
    }

    /** A blunted angle with a curved surface, on one side or both. */
    static final class Effusion implements Sign {
        private final boolean[] sides;
        private final float severity;
        private final RandomKey.Stream course;

        Effusion(RandomKey.Stream place, RandomKey.Stream course) {
            double where = place.nextDouble();
            this.sides = new boolean[] {where < 0.65, where > 0.35};
            this.severity = Sign.severity(course);
            this.course = course;
        }

        @Override
        public void fill(Thorax thorax, Lungs lungs) {
            for (int side = 0; side < Thorax.SIDES; side++) {
                float height = mix(0.130f, 0.26f, severity) * uniform(course, 0.9f, 1.1f);
                float climb = uniform(course, 0.08f, 0.14f);
                if (sides[side]) {
                    liquid(thorax, lungs, side, height, climb);
                }
            }
        }
    }

    /** A band of scar along the side wall and a cap over the apex. */
    static final class Thickening implements Sign {
        private final boolean[] sides;
        private final float severity;
        private final RandomKey.Stream course;

        Thickening(RandomKey.Stream place, RandomKey.Stream course) {
            double where = place.nextDouble();
            this.sides = new boolean[] {where < 0.75, where > 0.25};
            this.severity = Sign.severity(course);
            this.course = course;
        }

        @Override
        public void fill(Thorax thorax, Lungs lungs) {
            for (int side = 0; side < Thorax.SIDES; side++) {
                float width = mix(0.034f, 0.060f, severity);
                float cap = mix(0.045f, 0.080f, severity) * uniform(course, 0.8f, 1.2f);
                float end = thorax.height(side, uniform(course, 0.85f, 1.05f));
                float cloud = (float) course.nextDouble();
                if (sides[side]) {
                    band(thorax, lungs, side, width, cap, end, cloud);
                }
            }
        }

        private void band(Thorax thorax, Lungs lungs, int side, float width, float cap, float end, float cloud) {
            for (int row = Thorax.index(thorax.apex); row <= Thorax.index(end); row++) {
                float y = Thorax.position(row);
                float outer = thorax.lateral[side][row];
                float thick = width * (1 + 0.22f * Texture.cloud(cloud, 0.22f * y)) * smooth((end - y) / 0.08f);
                int a = Thorax.index(thorax.outward(side, outer + 0.01f));
                int b = Thorax.index(thorax.outward(side, thorax.medial[side][row]));
                for (int column = Math.min(a, b); column <= Math.max(a, b); column++) {
                    float d = Math.abs(Thorax.position(column) - thorax.midline);
                    float along = smooth((d - (outer - thick)) / 0.010f + 0.5f);
                    float bow = 0.65f + 5 * (d / outer - 0.6f) * (d / outer - 0.6f);
                    float over = smooth((thorax.apex + cap * bow - y) / 0.026f + 0.5f);
                    lungs.fill(row * GRID + column, 0.90f * Math.max(along, over));
                }
            }
        }
    }

    /** Air around a lung that has drawn back: no vessels outside its thin white edge, and more shade inside. */
    static final class Pneumothorax implements Sign {
        private static final int POINTS = 40;

        private final int side;
        private final float severity;
        private final float ripple;

        Pneumothorax(RandomKey.Stream place, RandomKey.Stream course) {
            this.side = place.nextInt(2);
            this.severity = Sign.severity(course);
            this.ripple = (float) course.nextDouble();
        }

        @Override
        public void shape(Thorax thorax) {
            thorax.shift += (side == 0 ? 1 : -1) * 0.02f * severity;
            thorax.dome[side] += 0.012f * severity;
        }

        @Override
        public void fill(Thorax thorax, Lungs lungs) {
            for (int row = Thorax.index(thorax.apex); row < GRID; row++) {
                float y = Thorax.position(row);
                float edge = edge(thorax, y);
                int a = Thorax.index(thorax.outward(side, thorax.lateral[side][row] + 0.01f));
                int b = Thorax.index(thorax.outward(side, 0));
                for (int column = Math.min(a, b); column <= Math.max(a, b); column++) {
                    int at = row * GRID + column;
                    float d = Math.abs(Thorax.position(column) - thorax.midline);
                    float free = smooth((d - edge) / 0.006f + 0.5f);
                    lungs.vessels[at] *= 1 - free;
                    float squeezed = mix(0.16f, 0.30f, severity);
                    float gone = 1 - (1 - lungs.opacity[at]) * (1 - squeezed);
                    lungs.opacity[at] = mix(gone, -0.17f, free);
                }
            }
        }

        @Override
        public void draw(Thorax thorax, Lungs lungs, AttenuationMap canvas) {
            Path line = new Path(POINTS);
            float top = top(thorax);
            float bottom = thorax.dome[side] + 0.7f * thorax.domeFall[side];
            for (int i = 0; i < POINTS; i++) {
                float y = top + 0.002f + (bottom - top) * i / (POINTS - 1f);
                line.add(thorax.outward(side, edge(thorax, y)), y, 0.0023, 0.085);
            }
            canvas.tube(line, Profile.SOLID, lungs.mask);
        }

        /** Where the lung now begins. */
        private float top(Thorax thorax) {
            return thorax.apex + mix(0.050f, 0.125f, severity);
        }

        /** How far the lung now reaches from the midline. */
        private float edge(Thorax thorax, float y) {
            float top = top(thorax);
            if (y < top) {
                return 0;
            }
            int row = Thorax.index(y);
            float outer = thorax.lateral[side][row];
            float inner = thorax.medial[side][row];
            float rim = mix(0.045f, 0.105f, severity) * (1 + 0.06f * Texture.cloud(ripple, 0.5f * y));
            float low = smooth((y - thorax.height(side, 0.75f)) / 0.25f);
            float dome = (float) Math.sqrt(Math.sin(Math.PI / 2 * Math.min(1, (y - top) / 0.14f)));
            return mix(inner, outer - rim * (1 - 0.6f * low), Math.max(0.1f, dome));
        }
    }
}
