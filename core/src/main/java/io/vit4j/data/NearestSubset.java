package io.vit4j.data;

import java.util.BitSet;

/** Chooses groups, whole, whose sizes add up as nearly as possible to a target (the subset-sum problem). */
final class NearestSubset {
    /** 64-bit operations after which the nearest sum found so far is taken; about 0.2 s. */
    private static final long MOST_WORK = 1L << 28;

    private NearestSubset() {}

    /**
     * The chosen groups: never none, never all. Where several choices are equally near, one of the earliest groups is taken,
     * so that a random order of the groups gives a random choice. The time is bounded; within the bound, which only
     * millions of equal groups pass, no sum is nearer.
     *
     * @param sizes at least two, each at least 1
     * @param target at least 1
     */
    static BitSet choose(int[] sizes, int target) {
        long total = 0;
        int smallest = 0;
        for (int i = 0; i < sizes.length; i++) {
            total += sizes[i];
            smallest = sizes[i] < sizes[smallest] ? i : smallest;
        }
        int limit = (int) Math.min(Math.min(2L * target, total - 1), Integer.MAX_VALUE - 64);
        int[] lastGroup = new int[limit + 1]; // of a sum: the group that reached it first
        long[] reached = new long[limit / 64 + 1];
        reached[0] = 1;
        int highest = 0;
        int best = 0;
        long work = 0;
        for (int i = 0; i < sizes.length && best != target && work < MOST_WORK; i++) {
            if (sizes[i] > limit) {
                continue;
            }
            int newHighest = (int) Math.min(limit, (long) highest + sizes[i]);
            int words = sizes[i] / 64;
            int bits = sizes[i] % 64;
            // From the top, so that a group is not added twice to one sum.
            for (int w = newHighest / 64; w >= words; w--) {
                long shifted = reached[w - words] << bits;
                if (bits > 0 && w > words) {
                    shifted |= reached[w - words - 1] >>> (64 - bits);
                }
                long added = shifted & ~reached[w];
                reached[w] |= added;
                while (added != 0) {
                    int sum = w * 64 + Long.numberOfTrailingZeros(added);
                    added &= added - 1;
                    if (sum <= limit) {
                        lastGroup[sum] = i;
                        if (best == 0 || nearer(sum, best, target)) {
                            best = sum;
                        }
                    }
                }
            }
            work += newHighest / 64 - words + 1;
            highest = newHighest;
        }
        BitSet chosen = new BitSet(sizes.length);
        if (best == 0) {
            chosen.set(smallest);
        }
        for (int sum = best; sum > 0; sum -= sizes[lastGroup[sum]]) {
            chosen.set(lastGroup[sum]);
        }
        return chosen;
    }

    private static boolean nearer(int sum, int best, int target) {
        return Math.abs(sum - target) < Math.abs(best - target);
    }
}
