package io.vit4j.metrics;

import java.util.Arrays;

/** One label's samples, laid out so that a statistic of a bootstrap resample is counted without sorting. */
interface Resampled {
    /** A statistic that no resample has. */
    Resampled UNDEFINED = (weights, largestWeight, values, positives) -> Arrays.fill(values, Double.NaN);

    /**
     * Counts {@value ResampledRoc#LANES} resamples.
     *
     * @param weights per cluster, the weights in their lanes
     * @param largestWeight in any lane
     * @param values gets each resample's statistic, or NaN if it has none
     * @param positives gets each resample's weight of positives
     */
    void count(long[] weights, int largestWeight, double[] values, double[] positives);
}
