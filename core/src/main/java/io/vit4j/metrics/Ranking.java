package io.vit4j.metrics;

import java.util.Arrays;

/**
 * The known samples of one label from the highest score to the lowest: every metric that depends on the order alone is
 * one pass over it. Samples of equal score form a tie, and stand in the order of their numbers.
 *
 * <p>A sample is one long: its score's bits, turned so that they sort as an integer, then its number, then its truth.
 */
final class Ranking {
    private static final int DIGIT_BITS = 11;
    private static final int DIGITS = 1 << DIGIT_BITS;
    /** Below this many, the JDK's sort is faster than counting 2,048 digits three times. */
    private static final int SMALL = 1500;

    private final long[] ranked;
    private final int size;
    final int positives;
    final int negatives;

    private Ranking(long[] ranked, int size, int positives) {
        this.ranked = ranked;
        this.size = size;
        this.positives = positives;
        this.negatives = size - positives;
    }

    /** Ranks one label. */
    static Ranking of(float[] scores, byte[] truth) {
        return of(new float[][] {scores}, new byte[][] {truth});
    }

    /** Ranks the values of all labels together, as micro averages want them; sample i of label j is j * samples + i. */
    static Ranking of(float[][] scores, byte[][] truth) {
        long capacity = 0;
        for (float[] column : scores) {
            capacity += column.length;
        }
        long[] keys = new long[Math.toIntExact(capacity)];
        int size = 0;
        int positives = 0;
        int first = 0;
        for (int j = 0; j < scores.length; j++) {
            float[] column = scores[j];
            byte[] known = truth[j];
            for (int i = 0; i < column.length; i++) {
                if (known[i] != LabelColumns.UNKNOWN) {
                    keys[size++] = pack(column[i], first + i, known[i]);
                    positives += known[i];
                }
            }
            first += column.length;
        }
        return new Ranking(sort(keys, size), size, positives);
    }

    int size() {
        return size;
    }

    boolean positive(int rank) {
        return (ranked[rank] & 1) != 0;
    }

    int sample(int rank) {
        return (int) ranked[rank] >>> 1;
    }

    float score(int rank) {
        int ascending = ~(int) (ranked[rank] >> 32);
        return Float.intBitsToFloat(ascending ^ ((ascending >> 31) & 0x7FFFFFFF));
    }

    /** The rank after the last sample that ties with this one. */
    int tieEnd(int rank) {
        long key = ranked[rank] >> 32;
        int end = rank + 1;
        while (end < size && ranked[end] >> 32 == key) {
            end++;
        }
        return end;
    }

    /** The first rank that ties with this one. */
    int tieStart(int rank) {
        long key = ranked[rank] >> 32;
        int start = rank;
        while (start > 0 && ranked[start - 1] >> 32 == key) {
            start--;
        }
        return start;
    }

    /** Whether both classes occur, without which there is no ROC curve. */
    boolean hasBothClasses() {
        return positives > 0 && negatives > 0;
    }

    /**
     * The area under the ROC curve: the chance that a positive scores above a negative, ties counting half (Mann and
     * Whitney 1947), counted in whole numbers. NaN if one of the classes is missing.
     */
    double rocAuc() {
        long above = 0; // positives above the current tie
        long doubled = 0; // twice the number of pairs in the right order
        for (int i = 0; i < size; ) {
            long key = ranked[i] >> 32;
            int start = i;
            int tied = 0;
            do {
                tied += (int) ranked[i] & 1;
                i++;
            } while (i < size && ranked[i] >> 32 == key);
            doubled += (i - start - tied) * (2 * above + tied);
            above += tied;
        }
        return hasBothClasses() ? doubled / (2.0 * positives * negatives) : Double.NaN;
    }

    /** The mean of the precision over the positives, as scikit-learn's average precision; NaN without positives. */
    double averagePrecision() {
        long above = 0;
        double sum = 0;
        for (int i = 0; i < size; ) {
            long key = ranked[i] >> 32;
            int tied = 0;
            do {
                tied += (int) ranked[i] & 1;
                i++;
            } while (i < size && ranked[i] >> 32 == key);
            above += tied;
            sum += tied * (double) above / i;
        }
        return positives > 0 ? sum / positives : Double.NaN;
    }

    private static long pack(float score, int sample, int truth) {
        int bits = Float.floatToRawIntBits(score + 0f); // -0 + 0 is 0: the two zeros tie
        int ascending = bits ^ ((bits >> 31) & 0x7FFFFFFF);
        return ((long) ~ascending << 32) | (sample << 1 | truth) & 0xFFFFFFFFL;
    }

    /** Sorts by the score's 32 bits alone, keeping the order of ties: a radix sort in three digits. */
    private static long[] sort(long[] keys, int size) {
        if (size < SMALL) {
            Arrays.sort(keys, 0, size);
            return keys;
        }
        int[] low = new int[DIGITS];
        int[] middle = new int[DIGITS];
        int[] high = new int[DIGITS];
        for (int i = 0; i < size; i++) {
            int key = (int) (keys[i] >> 32) ^ Integer.MIN_VALUE;
            low[key & DIGITS - 1]++;
            middle[key >>> DIGIT_BITS & DIGITS - 1]++;
            high[key >>> 2 * DIGIT_BITS]++;
        }
        long[] other = new long[size];
        scatter(keys, other, size, 0, low);
        scatter(other, keys, size, DIGIT_BITS, middle);
        scatter(keys, other, size, 2 * DIGIT_BITS, high);
        return other;
    }

    private static void scatter(long[] from, long[] to, int size, int shift, int[] counts) {
        int sum = 0;
        for (int digit = 0; digit < counts.length; digit++) {
            int count = counts[digit];
            counts[digit] = sum;
            sum += count;
        }
        for (int i = 0; i < size; i++) {
            int key = (int) (from[i] >> 32) ^ Integer.MIN_VALUE;
            to[counts[key >>> shift & DIGITS - 1]++] = from[i];
        }
    }
}
