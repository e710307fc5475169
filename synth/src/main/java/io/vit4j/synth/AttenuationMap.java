package io.vit4j.synth;

import java.util.Arrays;

/**
 * A square field of attenuation on which curved tubes and discs are added. Coordinates are fractions of the finished
 * picture's side, 0 to 1 from its top left corner; the canvas reaches {@link #MARGIN} beyond it on every side so that
 * turning and shifting the picture uncovers nothing empty.
 */
final class AttenuationMap {
    static final int SIZE = 640;
    static final float MARGIN = 0.12f;
    /** Map pixels per picture side. */
    static final float SCALE = SIZE / (1 + 2 * MARGIN);

    private static final float FAR = 1;

    final float[] attenuation = new float[SIZE * SIZE];
    private final float[] nearest = new float[SIZE * SIZE]; // squared distance from the tube's axis, in its radii
    private final float[] strength = new float[SIZE * SIZE];

    AttenuationMap() {
        Arrays.fill(nearest, FAR);
    }

    /** Begins a new picture with soft parts of half the resolution, {@code [SIZE / 2, SIZE / 2]}. */
    void widen(float[] half) {
        int grid = SIZE / 2;
        for (int y = 0; y < SIZE; y++) {
            // a fine row's centre lies a quarter of a coarse one above or below a coarse row's
            int near = y / 2 * grid;
            int far = Math.min(grid - 1, Math.max(0, y / 2 + (y % 2 == 0 ? -1 : 1))) * grid;
            int to = y * SIZE;
            float before = 0.75f * half[near] + 0.25f * half[far];
            float here = before;
            for (int x = 0; x < grid; x++) {
                int next = Math.min(grid - 1, x + 1);
                float after = 0.75f * half[near + next] + 0.25f * half[far + next];
                attenuation[to + 2 * x] = 0.75f * here + 0.25f * before;
                attenuation[to + 2 * x + 1] = 0.75f * here + 0.25f * after;
                before = here;
                here = after;
            }
        }
    }

    /** How thick a tube is across its width; of the squared distance from its axis, in radii, 0 to 1. */
    enum Profile {
        /** A solid cylinder: vessels, wires, bars of tissue. */
        SOLID {
            @Override
            float at(float squared) {
                return (float) Math.sqrt(1 - squared);
            }
        },
        /** A bone: marrow between two bright rims of cortex. */
        BONE {
            @Override
            float at(float squared) {
                float rim = squared * squared;
                return (0.62f + 0.5f * rim) * Math.min(1, (1 - squared) * 4.5f);
            }
        },
        /** Fades out without an edge. */
        SOFT {
            @Override
            float at(float squared) {
                return (1 - squared) * (1 - squared);
            }
        };

        abstract float at(float squared);

        private final float[] table = new float[257];

        static {
            for (Profile profile : values()) {
                for (int i = 0; i <= 256; i++) {
                    profile.table[i] = profile.at(i / 256f);
                }
            }
        }
    }

    /**
     * Adds a tube along the path, each point with its own radius and attenuation (negative for air).
     *
     * @param mask of {@code SIZE / 2} squared values that the tube is multiplied by, or an empty array for none
     */
    void tube(Path path, Profile profile, float[] mask) {
        int left = SIZE;
        int right = -1;
        int top = SIZE;
        int bottom = -1;
        for (int i = 0; i + 1 < path.points; i++) {
            float ax = (path.x[i] + MARGIN) * SCALE;
            float ay = (path.y[i] + MARGIN) * SCALE;
            float bx = (path.x[i + 1] + MARGIN) * SCALE - ax;
            float by = (path.y[i + 1] + MARGIN) * SCALE - ay;
            float radius = Math.max(path.radius[i], path.radius[i + 1]) * SCALE;
            int x0 = Math.max(0, (int) (Math.min(ax, ax + bx) - radius));
            int x1 = Math.min(SIZE - 1, (int) (Math.max(ax, ax + bx) + radius) + 1);
            int y0 = Math.max(0, (int) (Math.min(ay, ay + by) - radius));
            int y1 = Math.min(SIZE - 1, (int) (Math.max(ay, ay + by) + radius) + 1);
            if (x0 > x1 || y0 > y1) {
                continue;
            }
            segment(path, i, ax, ay, bx, by, x0, x1, y0, y1);
            left = Math.min(left, x0);
            right = Math.max(right, x1);
            top = Math.min(top, y0);
            bottom = Math.max(bottom, y1);
        }
        lay(profile, mask, left, right, top, bottom);
    }

    private void segment(Path path, int i, float ax, float ay, float bx, float by, int x0, int x1, int y0, int y1) {
        float perLength = 1 / Math.max(1e-6f, bx * bx + by * by);
        float radius = path.radius[i] * SCALE;
        float inverse = 1 / (radius * radius);
        float other = path.radius[i + 1] * SCALE;
        float growth = 1 / (other * other) - inverse;
        float strengthGrowth = path.strength[i + 1] - path.strength[i];
        for (int y = y0; y <= y1; y++) {
            float py = y + 0.5f - ay;
            for (int x = x0; x <= x1; x++) {
                float px = x + 0.5f - ax;
                float foot = (px * bx + py * by) * perLength;
                float along = foot < 0 ? 0 : foot > 1 ? 1 : foot;
                float dx = px - along * bx;
                float dy = py - along * by;
                float squared = (dx * dx + dy * dy) * (inverse + along * growth);
                int at = y * SIZE + x;
                if (squared < nearest[at]) {
                    nearest[at] = squared;
                    strength[at] = path.strength[i] + along * strengthGrowth;
                }
            }
        }
    }

    private void lay(Profile profile, float[] mask, int left, int right, int top, int bottom) {
        for (int y = top; y <= bottom; y++) {
            int row = y * SIZE;
            int maskRow = y / 2 * (SIZE / 2);
            for (int x = left; x <= right; x++) {
                float squared = nearest[row + x];
                if (squared < 1) {
                    float add = strength[row + x] * profile.table[(int) (squared * 256)];
                    attenuation[row + x] += mask.length == 0 ? add : add * mask[maskRow + x / 2];
                }
            }
            if (right >= left) {
                Arrays.fill(nearest, row + left, row + right + 1, FAR);
            }
        }
    }

    /** Adds a round body whose edge is as sharp as the profile's. */
    void ball(float x, float y, float radius, float amount, Profile profile, float[] mask) {
        Path path = new Path(2);
        path.add(x, y, radius, amount);
        path.add(x + 1e-4f, y, radius, amount);
        tube(path, profile, mask);
    }

    /** Points of a tube's axis. */
    static final class Path {
        private final float[] x;
        private final float[] y;
        private final float[] radius;
        private final float[] strength;
        private int points;

        Path(int capacity) {
            x = new float[capacity];
            y = new float[capacity];
            radius = new float[capacity];
            strength = new float[capacity];
        }

        /** Adds a point; radius in picture sides, strength in attenuation. */
        Path add(double px, double py, double r, double amount) {
            x[points] = (float) px;
            y[points] = (float) py;
            radius[points] = (float) r;
            strength[points] = (float) amount;
            points++;
            return this;
        }
    }
}
