package io.vit4j.synth;

import io.vit4j.base.RandomKey;

/** Two tiles of noise that wrap around at their edges, made once: clouds for tissue, grain for quantum noise. */
final class Texture {
    private static final int CLOUD = 256;
    /** Keeps places positive, so that truncating rounds down. */
    private static final int AHEAD = 8;

    static final int GRAIN = 512;

    private static final float[] CLOUDS = clouds();
    private static final float[] GRAINS = grains();

    private Texture() {}

    /** Fractal noise of mean 0 and deviation 1; the tile repeats after 1 in both directions; from -8 upwards. */
    static float cloud(float x, float y) {
        float px = (x + AHEAD) * CLOUD;
        float py = (y + AHEAD) * CLOUD;
        int ix = (int) px;
        int iy = (int) py;
        float fx = px - ix;
        float fy = py - iy;
        int x0 = ix & (CLOUD - 1);
        int x1 = (ix + 1) & (CLOUD - 1);
        int y0 = (iy & (CLOUD - 1)) * CLOUD;
        int y1 = ((iy + 1) & (CLOUD - 1)) * CLOUD;
        float top = CLOUDS[y0 + x0] + fx * (CLOUDS[y0 + x1] - CLOUDS[y0 + x0]);
        float low = CLOUDS[y1 + x0] + fx * (CLOUDS[y1 + x1] - CLOUDS[y1 + x0]);
        return top + fy * (low - top);
    }

    /** A row of normal noise of deviation 1, a little blurred as a detector does, beginning at that place of the tile. */
    static void grain(int y, int x, float[] into) {
        int row = (y & GRAIN - 1) * GRAIN;
        int from = x & GRAIN - 1;
        for (int done = 0; done < into.length; ) {
            int length = Math.min(GRAIN - from, into.length - done);
            System.arraycopy(GRAINS, row + from, into, done, length);
            done += length;
            from = 0;
        }
    }

    private static float[] clouds() {
        RandomKey.Stream random = RandomKey.of(0).with("clouds").stream();
        float[] sum = new float[CLOUD * CLOUD];
        float amplitude = 1;
        for (int cells = 8; cells <= CLOUD; cells *= 2) {
            float[] lattice = new float[cells * cells];
            for (int i = 0; i < lattice.length; i++) {
                lattice[i] = (float) random.nextGaussian() * amplitude;
            }
            for (int y = 0; y < CLOUD; y++) {
                for (int x = 0; x < CLOUD; x++) {
                    sum[y * CLOUD + x] += between(lattice, cells, x, y);
                }
            }
            amplitude *= 0.62f;
        }
        return standard(sum);
    }

    private static float between(float[] lattice, int cells, int x, int y) {
        float px = (float) x * cells / CLOUD;
        float py = (float) y * cells / CLOUD;
        int ix = (int) px;
        int iy = (int) py;
        float fx = smooth(px - ix);
        float fy = smooth(py - iy);
        int jx = (ix + 1) % cells;
        int jy = (iy + 1) % cells;
        float top = lattice[iy * cells + ix] * (1 - fx) + lattice[iy * cells + jx] * fx;
        float low = lattice[jy * cells + ix] * (1 - fx) + lattice[jy * cells + jx] * fx;
        return top * (1 - fy) + low * fy;
    }

    private static float[] grains() {
        RandomKey.Stream random = RandomKey.of(0).with("grains").stream();
        float[] white = new float[GRAIN * GRAIN];
        for (int i = 0; i < white.length; i++) {
            white[i] = (float) random.nextGaussian();
        }
        float[] blurred = new float[white.length];
        for (int y = 0; y < GRAIN; y++) {
            for (int x = 0; x < GRAIN; x++) {
                int right = y * GRAIN + (x + 1) % GRAIN;
                int below = (y + 1) % GRAIN * GRAIN + x;
                blurred[y * GRAIN + x] = white[y * GRAIN + x] + 0.6f * white[right] + 0.6f * white[below];
            }
        }
        return standard(blurred);
    }

    private static float[] standard(float[] values) {
        double mean = 0;
        double square = 0;
        for (float value : values) {
            mean += value;
            square += value * value;
        }
        mean /= values.length;
        float deviation = (float) Math.sqrt(square / values.length - mean * mean);
        for (int i = 0; i < values.length; i++) {
            values[i] = (values[i] - (float) mean) / deviation;
        }
        return values;
    }

    /** From 0 to 1 with level ends, for a share of 0 to 1. */
    static float smooth(float share) {
        float s = share < 0 ? 0 : share > 1 ? 1 : share;
        return s * s * (3 - 2 * s);
    }
}
