package io.vit4j.base;

import java.nio.charset.StandardCharsets;

/**
 * Names one random choice: a 64-bit key folded from a seed and whatever distinguishes this choice from all others (its
 * purpose, epoch, step, sample, block). The same name always gives the same numbers, regardless of what ran before, and on
 * every rank.
 *
 * <p>{@code RandomKey.of(seed).with("shuffle").with(epoch).stream()}
 */
public record RandomKey(long key) {
    /** The odd constant of SplitMix64: 2^64 divided by the golden ratio (Steele, Lea and Flood, OOPSLA 2014). */
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    /**
     * The key that begins with a seed.
     * @param seed any number
     * @return the same key for the same seed
     */
    public static RandomKey of(long seed) {
        return new RandomKey(mix(seed + GOLDEN_GAMMA));
    }

    /** This key with one more number in its name. */
    public RandomKey with(long number) {
        return new RandomKey(mix(key * 31 + mix(number + GOLDEN_GAMMA)));
    }

    /** This key with one more word in its name. */
    public RandomKey with(String word) {
        long folded = 0xCBF29CE484222325L; // FNV-1a, 64 bit
        for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
            folded = (folded ^ (b & 0xFF)) * 0x100000001B3L;
        }
        return with(folded);
    }

    /** The numbers that belong to this key, from the first. */
    public Stream stream() {
        return new Stream(key);
    }

    /** The finaliser of SplitMix64: every input bit moves every output bit. */
    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** SplitMix64, written out so that its numbers never depend on the JDK. Not for several threads. */
    public static final class Stream {
        private long state;

        private Stream(long state) {
            this.state = state;
        }

        /** {@return uniform over all 64 bits} */
        public long nextLong() {
            state += GOLDEN_GAMMA;
            return mix(state);
        }

        /** Uniform in [0, 1), 53 bits. */
        public double nextDouble() {
            return (nextLong() >>> 11) * 0x1.0p-53;
        }

        /** Uniform in [0, bound), without bias (Lemire, TOMACS 2019). */
        public int nextInt(int bound) {
            if (bound <= 0) {
                throw new IllegalArgumentException("bound " + bound + " is not positive");
            }
            long product = (nextLong() >>> 32) * bound;
            while ((product & 0xFFFFFFFFL) < Integer.remainderUnsigned(-bound, bound)) {
                product = (nextLong() >>> 32) * bound;
            }
            return (int) (product >>> 32);
        }

        /** Normal with mean 0 and deviation 1 (Marsaglia's polar method). */
        public double nextGaussian() {
            double u;
            double square;
            do {
                u = 2 * nextDouble() - 1;
                double v = 2 * nextDouble() - 1;
                square = u * u + v * v;
            } while (square >= 1 || square == 0);
            return u * Math.sqrt(-2 * Math.log(square) / square);
        }

        /** Puts the items in a random order in place (Fisher and Yates). */
        public void shuffle(int[] items) {
            for (int i = items.length - 1; i > 0; i--) {
                int j = nextInt(i + 1);
                int held = items[i];
                items[i] = items[j];
                items[j] = held;
            }
        }
    }
}
