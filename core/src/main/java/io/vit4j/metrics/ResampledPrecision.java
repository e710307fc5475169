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
    /** The cluster of each sample, segment by segment. */
    private final int[] clusters;

    /** Ends, in {@link #clusters}, of the two runs of every segment. */
    private final int[] runEnds;

    private ResampledPrecision(int[] clusters, int[] runEnds) {
        this.clusters = clusters;
        this.runEnds = runEnds;
    }

    /** @param clusterOf the cluster of each sample; a ranking of several labels starts again in it for each label */
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

    /** The average precision; NaN if a resample has no positives. */
    @Override
    public void count(long[] weights, int largestWeight, double[] values, double[] positives) {
        int longest = ResampledRoc.LANE_MAX / Math.max(1, largestWeight); // so many weights fit a lane for sure
        // The lanes are written out, so that they stay in registers: true positives, calls, precisions summed.
        long true0 = 0, true1 = 0, true2 = 0, true3 = 0;
        long calls0 = 0, calls1 = 0, calls2 = 0, calls3 = 0;
        double sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
        int at = 0;
        for (int run = 0; run < runEnds.length; run += 2) {
            for (int end = runEnds[run]; at < end; ) {
                int to = Math.min(end - at, longest) + at;
                long sum = sum(weights, at, to);
                calls0 += ResampledRoc.weight(sum, 0);
                calls1 += ResampledRoc.weight(sum, 1);
                calls2 += ResampledRoc.weight(sum, 2);
                calls3 += ResampledRoc.weight(sum, 3);
                at = to;
            }
            long found0 = 0, found1 = 0, found2 = 0, found3 = 0;
            for (int end = runEnds[run + 1]; at < end; ) {
                int to = Math.min(end - at, longest) + at;
                long sum = sum(weights, at, to);
                found0 += ResampledRoc.weight(sum, 0);
                found1 += ResampledRoc.weight(sum, 1);
                found2 += ResampledRoc.weight(sum, 2);
                found3 += ResampledRoc.weight(sum, 3);
                at = to;
            }
            if (found0 > 0) {
                true0 += found0;
                calls0 += found0;
                sum0 += found0 * (true0 / (double) calls0);
            }
            if (found1 > 0) {
                true1 += found1;
                calls1 += found1;
                sum1 += found1 * (true1 / (double) calls1);
            }
            if (found2 > 0) {
                true2 += found2;
                calls2 += found2;
                sum2 += found2 * (true2 / (double) calls2);
            }
            if (found3 > 0) {
                true3 += found3;
                calls3 += found3;
                sum3 += found3 * (true3 / (double) calls3);
            }
        }
        values[0] = mean(sum0, true0);
        values[1] = mean(sum1, true1);
        values[2] = mean(sum2, true2);
        values[3] = mean(sum3, true3);
        positives[0] = true0;
        positives[1] = true1;
        positives[2] = true2;
        positives[3] = true3;
    }

    private static double mean(double sum, long positives) {
        return positives == 0 ? Double.NaN : sum / positives;
    }

    private long sum(long[] weights, int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += weights[clusters[i]];
        }
        return sum;
    }
}
