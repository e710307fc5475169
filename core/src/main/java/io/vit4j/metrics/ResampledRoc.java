package io.vit4j.metrics;

import java.util.Arrays;

/**
 * One label's order, laid out so that the AUROC of a bootstrap resample, in which every cluster of samples has a whole
 * number as its weight, is a few sums of weights in the order of the scores: no sorting, no rounding.
 *
 * <p>From the lowest score up, samples fall into segments of three runs: negatives below, then positives, then negatives
 * that tie with these positives. {@value #LANES} resamples are counted at once, in the four 16-bit lanes of a long.
 */
final class ResampledRoc {
    /** Resamples counted at once. */
    static final int LANES = 4;

    /** The largest weight, or sum of weights, that a lane holds. */
    static final int LANE_MAX = 0xFFFF;

    private static final int LANE_BITS = 16;

    /** The cluster of each known sample, segment by segment. */
    private final int[] clusters;

    /** Ends, in {@link #clusters}, of the three runs of every segment. */
    private final int[] runEnds;

    private ResampledRoc(int[] clusters, int[] runEnds) {
        this.clusters = clusters;
        this.runEnds = runEnds;
    }

    /**
     * Lays one ranking out.
     *
     * @param clusterOf the cluster of each sample; a ranking of several labels starts anew in it for each label
     */
    static ResampledRoc of(Ranking ranking, int[] clusterOf) {
        int[] clusters = new int[ranking.size()];
        int[] runEnds = new int[3 * 16];
        int segment = 0; // times 3: where its run ends stand
        int at = 0;
        for (int tieEnd = ranking.size(); tieEnd > 0; ) { // the ranking falls, so its end comes first
            int tieStart = ranking.tieStart(tieEnd - 1);
            int start = at;
            at = copy(ranking, tieStart, tieEnd, true, clusterOf, clusters, at);
            boolean positives = at > start;
            int positivesEnd = at;
            at = copy(ranking, tieStart, tieEnd, false, clusterOf, clusters, at);
            boolean negatives = at > positivesEnd;

            boolean hasPositives = runEnds[segment + 1] > runEnds[segment];
            boolean hasTies = runEnds[segment + 2] > runEnds[segment + 1];
            if (hasPositives && (negatives || hasTies)) {
                segment += 3;
                if (segment == runEnds.length) {
                    runEnds = Arrays.copyOf(runEnds, 2 * runEnds.length);
                }
                runEnds[segment] = start;
            }
            if (!positives) {
                runEnds[segment] = at;
            }
            runEnds[segment + 1] = positives ? positivesEnd : at;
            runEnds[segment + 2] = at;
            tieEnd = tieStart;
        }
        return new ResampledRoc(clusters, Arrays.copyOf(runEnds, segment + 3));
    }

    private static int copy(
            Ranking ranking, int from, int to, boolean positive, int[] clusterOf, int[] clusters, int at) {
        for (int rank = from; rank < to; rank++) {
            if (ranking.positive(rank) == positive) {
                clusters[at++] = clusterOf[ranking.sample(rank) % clusterOf.length];
            }
        }
        return at;
    }

    /** Puts a resample's weight of a cluster in its lane. */
    static long lane(int lane, int weight) {
        return (long) weight << lane * LANE_BITS;
    }

    /** Reads a resample's weight of a cluster from its lane. */
    static int weight(long weights, int lane) {
        return (int) (weights >>> lane * LANE_BITS) & LANE_MAX;
    }

    /**
     * Counts {@value #LANES} resamples.
     *
     * @param weights per cluster, the weights in their lanes
     * @param largestWeight in any lane
     * @param areas gets each resample's area, or NaN where it lacks a class
     * @param positives gets each resample's weight of positives
     */
    void count(long[] weights, int largestWeight, double[] areas, double[] positives) {
        int longestSum = LANE_MAX / Math.max(1, largestWeight); // samples whose sum fits a lane for sure
        long[] negativeSums = new long[LANES];
        long[] positiveSums = new long[LANES];
        long[] doubledPairs = new long[LANES];
        long[] run = new long[LANES];
        long[] ties = new long[LANES];
        int start = 0;
        for (int segment = 0; segment < runEnds.length; segment += 3) {
            sum(weights, start, runEnds[segment], longestSum, run);
            for (int lane = 0; lane < LANES; lane++) {
                negativeSums[lane] += run[lane];
            }
            sum(weights, runEnds[segment], runEnds[segment + 1], longestSum, run);
            sum(weights, runEnds[segment + 1], runEnds[segment + 2], longestSum, ties);
            for (int lane = 0; lane < LANES; lane++) {
                doubledPairs[lane] += run[lane] * (2 * negativeSums[lane] + ties[lane]);
                positiveSums[lane] += run[lane];
                negativeSums[lane] += ties[lane];
            }
            start = runEnds[segment + 2];
        }
        for (int lane = 0; lane < LANES; lane++) {
            double pairs = (double) positiveSums[lane] * negativeSums[lane];
            areas[lane] = pairs == 0 ? Double.NaN : doubledPairs[lane] / (2 * pairs);
            positives[lane] = positiveSums[lane];
        }
    }

    private void sum(long[] weights, int from, int to, int longestSum, long[] lanes) {
        long lane0 = 0;
        long lane1 = 0;
        long lane2 = 0;
        long lane3 = 0;
        for (int start = from; start < to; start += longestSum) {
            int end = Math.min(to - start, longestSum) + start;
            long packed = 0;
            for (int i = start; i < end; i++) {
                packed += weights[clusters[i]];
            }
            lane0 += packed & LANE_MAX;
            lane1 += packed >>> LANE_BITS & LANE_MAX;
            lane2 += packed >>> 2 * LANE_BITS & LANE_MAX;
            lane3 += packed >>> 3 * LANE_BITS;
        }
        lanes[0] = lane0;
        lanes[1] = lane1;
        lanes[2] = lane2;
        lanes[3] = lane3;
    }
}
