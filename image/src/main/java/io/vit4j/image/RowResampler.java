package io.vit4j.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Brings a picture's rows to another width, a band of rows at a time. Each row of the band is a lane: what is done to one
 * is done to all in a plain loop over arrays, of which Java's compiler makes vectors. A lane holds four neighbouring
 * pixels as one word, so that rows become columns a word at a time, and vectors take the words apart.
 */
final class RowResampler {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int MOST_LANES = 128;
    private static final int FEWEST_LANES = 8; // of very wide results, whose rows are large
    private static final int MOST_VALUES = 1 << 20; // of a band

    private static final int LOADED_AT_ONCE = 8;
    private static final int ADDED_AT_ONCE = 4;

    private final Picture picture;
    private final ResamplingWeights weights;
    private final int[][]
            words; // [word modulo their number][lane]: those that a target pixel takes, and those loaded ahead
    private final int[] taps; // weights of one target pixel, zeros where it takes no part of a word
    private final int[] sums; // [lane]
    private final int[][] rows; // [lane][value]

    RowResampler(Picture picture, ResamplingWeights weights) {
        int values = weights.first().length * picture.channels();
        int lanes = Math.min(picture.height(), Math.min(MOST_LANES, Math.max(FEWEST_LANES, MOST_VALUES / values)));
        int longest = Math.min(weights.stride(), picture.width());
        this.picture = picture;
        this.weights = weights;
        this.words = new int[longest / 4 + 2 + LOADED_AT_ONCE + ADDED_AT_ONCE][lanes];
        this.taps = new int[longest + 4 + 4 * ADDED_AT_ONCE];
        this.sums = new int[lanes];
        this.rows = new int[lanes][values];
    }

    /** How many rows {@link #band} brings to the width, but at the picture's end. */
    int lanes() {
        return rows.length;
    }

    /** The rows from y on, resized, as values of 0 to 255; valid until the next call. */
    int[][] band(int y) {
        int count = Math.min(rows.length, picture.height() - y);
        for (int channel = 0; channel < picture.channels(); channel++) {
            int loaded = 0;
            for (int x = 0; x < weights.first().length; x++) {
                int first = weights.first()[x];
                int taken = weights.count()[x];
                for (; loaded <= first + taken - 1 >> 2; loaded += LOADED_AT_ONCE) {
                    load(y, count, channel, loaded);
                }
                Arrays.fill(taps, 0);
                System.arraycopy(weights.weights(), x * weights.stride(), taps, first & 3, taken);
                weigh(first >> 2, (first & 3) + taken);
                int at = x * picture.channels() + channel;
                for (int lane = 0; lane < count; lane++) {
                    rows[lane][at] = sums[lane];
                }
            }
        }
        return rows;
    }

    private void load(int y, int count, int channel, int word) {
        int step = picture.channels();
        int stride = picture.width() * step;
        int at = y * stride + 4 * word * step + channel;
        int pixels = picture.width() - 4 * word;
        if (step == 1 && pixels >= 4 * LOADED_AT_ONCE) {
            loadGrey(picture.pixels(), at, stride, count, words, word);
            return;
        }
        for (int i = 0; i < LOADED_AT_ONCE; i++) {
            int here = Math.max(0, Math.min(4, pixels - 4 * i));
            loadWord(picture.pixels(), at + 4 * i * step, step, here, stride, count, words[(word + i) % words.length]);
        }
    }

    private static void loadWord(byte[] pixels, int at, int step, int here, int stride, int count, int[] word) {
        for (int lane = 0; lane < count; lane++, at += stride) {
            int four = 0;
            for (int i = here - 1; i >= 0; i--) {
                four = four << 8 | pixels[at + i * step] & 0xFF;
            }
            word[lane] = four;
        }
    }

    /** Eight words of each row, from one line of the cache or two. */
    private static void loadGrey(byte[] pixels, int at, int stride, int count, int[][] words, int word) {
        int[] w0 = words[word % words.length];
        int[] w1 = words[(word + 1) % words.length];
        int[] w2 = words[(word + 2) % words.length];
        int[] w3 = words[(word + 3) % words.length];
        int[] w4 = words[(word + 4) % words.length];
        int[] w5 = words[(word + 5) % words.length];
        int[] w6 = words[(word + 6) % words.length];
        int[] w7 = words[(word + 7) % words.length];
        for (int lane = 0; lane < count; lane++, at += stride) {
            long a = (long) LONG.get(pixels, at);
            long b = (long) LONG.get(pixels, at + 8);
            long c = (long) LONG.get(pixels, at + 16);
            long d = (long) LONG.get(pixels, at + 24);
            w0[lane] = (int) a;
            w1[lane] = (int) (a >>> 32);
            w2[lane] = (int) b;
            w3[lane] = (int) (b >>> 32);
            w4[lane] = (int) c;
            w5[lane] = (int) (c >>> 32);
            w6[lane] = (int) d;
            w7[lane] = (int) (d >>> 32);
        }
    }

    /** Makes {@code sums} the values of one target pixel, which takes {@code taps} pixels from the first of a word on. */
    private void weigh(int word, int taken) {
        Arrays.fill(sums, Resampler.HALF);
        int count = words.length;
        for (int k = 0; k < taken; k += 4 * ADDED_AT_ONCE, word += ADDED_AT_ONCE) {
            add(
                    words[word % count],
                    words[(word + 1) % count],
                    words[(word + 2) % count],
                    words[(word + 3) % count],
                    taps,
                    k,
                    sums);
        }
        toLevels(sums);
    }

    /** Four loops of four products each: with more in one, Java 17 makes no vectors of it; nor where it is inlined. */
    private static void add(int[] word0, int[] word1, int[] word2, int[] word3, int[] taps, int at, int[] sums) {
        int a = taps[at];
        int b = taps[at + 1];
        int c = taps[at + 2];
        int d = taps[at + 3];
        int e = taps[at + 4];
        int f = taps[at + 5];
        int g = taps[at + 6];
        int h = taps[at + 7];
        int i = taps[at + 8];
        int j = taps[at + 9];
        int k = taps[at + 10];
        int l = taps[at + 11];
        int m = taps[at + 12];
        int n = taps[at + 13];
        int o = taps[at + 14];
        int p = taps[at + 15];
        for (int lane = 0; lane < sums.length; lane++) {
            int four = word0[lane];
            sums[lane] += (four & 0xFF) * a + (four >>> 8 & 0xFF) * b + (four >>> 16 & 0xFF) * c + (four >>> 24) * d;
        }
        for (int lane = 0; lane < sums.length; lane++) {
            int four = word1[lane];
            sums[lane] += (four & 0xFF) * e + (four >>> 8 & 0xFF) * f + (four >>> 16 & 0xFF) * g + (four >>> 24) * h;
        }
        for (int lane = 0; lane < sums.length; lane++) {
            int four = word2[lane];
            sums[lane] += (four & 0xFF) * i + (four >>> 8 & 0xFF) * j + (four >>> 16 & 0xFF) * k + (four >>> 24) * l;
        }
        for (int lane = 0; lane < sums.length; lane++) {
            int four = word3[lane];
            sums[lane] += (four & 0xFF) * m + (four >>> 8 & 0xFF) * n + (four >>> 16 & 0xFF) * o + (four >>> 24) * p;
        }
    }

    /** As {@link Resampler#level}, without the minimum and maximum of which Java 17 makes no vectors. */
    private static void toLevels(int[] sums) {
        for (int lane = 0; lane < sums.length; lane++) {
            int level = sums[lane] >> ResamplingWeights.PRECISION_BITS;
            level &= ~(level >> 31);
            sums[lane] = (level | 255 - level >> 31) & 0xFF;
        }
    }
}
