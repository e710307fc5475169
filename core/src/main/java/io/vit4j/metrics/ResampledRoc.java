package io.vit4j.metrics;

import java.util.Arrays;

/**
 * One label's order, laid out so that the AUROC of a bootstrap resample, in which every cluster of samples has a whole
 * number as its weight, is a few sums of weights in the order of the scores: no sorting, no rounding.
 *
 * <p>From the lowest score up, samples fall into segments of three runs: negatives below, then positives, then negatives
 * that tie with these positives. {@value #LANES} resamples are counted at once, in the four 16-bit lanes of a long.
 */
final class ResampledRoc implements Resampled {
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
     * @param clusterOf the cluster of each sample; a ranking of several labels starts again in it for each label
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

    /** The area; NaN if a resample lacks a class. */
    @Override
    public void count(long[] weights, int largestWeight, double[] areas, double[] positives) {
        int longest = LANE_MAX / Math.max(1, largestWeight); // so many weights fit a lane for sure
        // The lanes are written out, so that they stay in registers: negatives below, ties, positives, pairs doubled.
        long below0 = 0, below1 = 0, below2 = 0, below3 = 0;
        long positives0 = 0, positives1 = 0, positives2 = 0, positives3 = 0;
        long pairs0 = 0, pairs1 = 0, pairs2 = 0, pairs3 = 0;
        int at = 0;
        for (int segment = 0; segment < runEnds.length; segment += 3) {
            for (int end = runEnds[segment]; at < end; ) {
                int to = Math.min(end - at, longest) + at;
                long sum = sum(weights, at, to);
                below0 += sum & LANE_MAX;
                below1 += sum >>> LANE_BITS & LANE_MAX;
                below2 += sum >>> 2 * LANE_BITS & LANE_MAX;
                below3 += sum >>> 3 * LANE_BITS;
                at = to;
            }
            int positivesEnd = runEnds[segment + 1];
            int segmentEnd = runEnds[segment + 2];
            long ties0 = 0, ties1 = 0, ties2 = 0, ties3 = 0;
            for (int tie = positivesEnd; tie < segmentEnd; ) {
                int to = Math.min(segmentEnd - tie, longest) + tie;
                long sum = sum(weights, tie, to);
                ties0 += sum & LANE_MAX;
                ties1 += sum >>> LANE_BITS & LANE_MAX;
                ties2 += sum >>> 2 * LANE_BITS & LANE_MAX;
                ties3 += sum >>> 3 * LANE_BITS;
                tie = to;
            }
            while (at < positivesEnd) {
                int to = Math.min(positivesEnd - at, longest) + at;
                long sum = sum(weights, at, to);
                long weight0 = sum & LANE_MAX;
                long weight1 = sum >>> LANE_BITS & LANE_MAX;
                long weight2 = sum >>> 2 * LANE_BITS & LANE_MAX;
                long weight3 = sum >>> 3 * LANE_BITS;
                pairs0 += weight0 * (2 * below0 + ties0);
                pairs1 += weight1 * (2 * below1 + ties1);
                pairs2 += weight2 * (2 * below2 + ties2);
                pairs3 += weight3 * (2 * below3 + ties3);
                positives0 += weight0;
                positives1 += weight1;
                positives2 += weight2;
                positives3 += weight3;
                at = to;
            }
            below0 += ties0;
            below1 += ties1;
            below2 += ties2;
            below3 += ties3;
            at = segmentEnd;
        }
        areas[0] = area(pairs0, positives0, below0);
        areas[1] = area(pairs1, positives1, below1);
        areas[2] = area(pairs2, positives2, below2);
        areas[3] = area(pairs3, positives3, below3);
        positives[0] = positives0;
        positives[1] = positives1;
        positives[2] = positives2;
        positives[3] = positives3;
    }

    private static double area(long doubledPairs, long positives, long negatives) {
        double pairs = (double) positives * negatives;
        return pairs == 0 ? Double.NaN : doubledPairs / (2 * pairs);
    }

    private long sum(long[] weights, int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += weights[clusters[i]];
        }
        return sum;
    }
}
