package io.vit4j.metrics;

import java.util.Arrays;

/**
 * One label's order, laid out so that the average precision of a bootstrap resample is a walk over it, as
 * {@link ResampledRoc} lays it out for the area.
 *
 * <p>From the highest score down, samples fall into segments of two runs: the negatives down to a score that positives have,
 * and those positives. What stands below the last positive changes nothing.
 */
final class ResampledPrecision implements Resampled {
    private static final int LANES = ResampledRoc.LANES;

    /** The cluster of each sample, segment by segment. */
    private final int[] clusters;

    /** Ends, in {@link #clusters}, of the two runs of every segment. */
    private final int[] runEnds;

    private ResampledPrecision(int[] clusters, int[] runEnds) {
        this.clusters = clusters;
        this.runEnds = runEnds;
    }

    /** @param clusterOf the cluster of each sample; a ranking of several labels starts anew in it for each label */
    static ResampledPrecision of(Ranking ranking, int[] clusterOf) {
        int[] clusters = new int[ranking.size()];
        int[] runEnds = new int[2 * ranking.positives];
        int runs = 0;
        int at = 0;
        for (int rank = 0; rank < ranking.size(); ) {
            int end = ranking.tieEnd(rank);
            int before = at;
            for (int i = rank; i < end; i++) {
                if (!ranking.positive(i)) {
                    clusters[at++] = clusterOf[ranking.sample(i) % clusterOf.length];
                }
            }
            int tied = end - rank - (at - before);
            if (tied > 0) {
                runEnds[runs++] = at;
                for (int i = rank; i < end; i++) {
                    if (ranking.positive(i)) {
                        clusters[at++] = clusterOf[ranking.sample(i) % clusterOf.length];
                    }
                }
                runEnds[runs++] = at;
            }
            rank = end;
        }
        int used = runs == 0 ? 0 : runEnds[runs - 1];
        return new ResampledPrecision(Arrays.copyOf(clusters, used), Arrays.copyOf(runEnds, runs));
    }

    /** The average precision; NaN where a resample has no positives. */
    @Override
    public void count(long[] weights, int largestWeight, double[] values, double[] positives) {
        int longest = ResampledRoc.LANE_MAX / Math.max(1, largestWeight); // so many weights fit a lane for sure
        long[] truePositives = new long[LANES];
        long[] calls = new long[LANES];
        double[] sums = new double[LANES];
        long[] found = new long[LANES];
        int at = 0;
        for (int run = 0; run < runEnds.length; run += 2) {
            add(weights, at, runEnds[run], longest, calls);
            Arrays.fill(found, 0);
            add(weights, runEnds[run], runEnds[run + 1], longest, found);
            for (int lane = 0; lane < LANES; lane++) {
                if (found[lane] > 0) {
                    truePositives[lane] += found[lane];
                    calls[lane] += found[lane];
                    sums[lane] += found[lane] * (truePositives[lane] / (double) calls[lane]);
                }
            }
            at = runEnds[run + 1];
        }
        for (int lane = 0; lane < LANES; lane++) {
            values[lane] = truePositives[lane] == 0 ? Double.NaN : sums[lane] / truePositives[lane];
            positives[lane] = truePositives[lane];
        }
    }

    private void add(long[] weights, int from, int end, int longest, long[] sums) {
        for (int at = from; at < end; ) {
            int to = Math.min(end - at, longest) + at;
            long sum = 0;
            for (; at < to; at++) {
                sum += weights[clusters[at]];
            }
            for (int lane = 0; lane < LANES; lane++) {
                sums[lane] += ResampledRoc.weight(sum, lane);
            }
        }
    }
}
