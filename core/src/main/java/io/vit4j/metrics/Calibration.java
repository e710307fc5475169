package io.vit4j.metrics;

import io.vit4j.base.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Whether probabilities are calibrated: do 30% of the samples given 0.3 have the label?
 *
 * @param bins the reliability diagram: the non-empty bins, by rising probability
 * @param expectedError expected calibration error: the mean gap between probability and frequency, bins weighted by
 *     their samples (Naeini, Cooper and Hauskrecht, AAAI 2015)
 * @param maximumError the largest gap of any bin
 * @param brier mean squared distance of probability and truth (Brier 1950)
 * @param samples samples counted
 */
public record Calibration(List<Bin> bins, double expectedError, double maximumError, double brier, long samples) {

    /**
     * Samples of similar probability.
     *
     * @param from lower edge (exclusive, except in the first bin)
     * @param to upper edge
     * @param meanProbability of its samples
     * @param frequency share of its samples that are positive
     * @param samples how many
     */
    public record Bin(double from, double to, double meanProbability, double frequency, long samples) {
        /**
         * The frequency with its interval.
         *
         * @param level confidence level, such as 0.95
         */
        public Proportion share(double level) {
            return Proportion.of(Math.round(frequency * samples), samples, level);
        }
    }

    /** Where bins begin and end. */
    public enum Edges {
        /** Bins of equal width. */
        UNIFORM,
        /** Bins of about equally many samples. */
        QUANTILE
    }

    /**
     * Calibration of one label, its bins those of scikit-learn's {@code calibration_curve}.
     *
     * @param probabilities from 0 to 1
     * @param truth 0, 1 or NaN for unknown
     * @param bins how many; 10 or 15 is usual
     */
    public static Calibration of(float[] probabilities, float[] truth, int bins, Edges edges) {
        LabelColumns column = LabelColumns.of(probabilities, truth);
        double[] known = new double[probabilities.length];
        byte[] positive = new byte[probabilities.length];
        int samples = 0;
        for (int i = 0; i < known.length; i++) {
            if (column.truth[0][i] != LabelColumns.UNKNOWN) {
                known[samples] = probability(probabilities[i], i);
                positive[samples++] = column.truth[0][i];
            }
        }
        return of(Arrays.copyOf(known, samples), positive, bins, edges);
    }

    /**
     * Calibration of the class that the model considers most probable: is it right as often as it claims
     * (Guo et al., ICML 2017)? The Brier score is then that of this one probability.
     *
     * @param prediction single-label, its scores logits
     */
    public static Calibration ofTopLabel(EvalPrediction prediction, int bins, Edges edges) {
        if (!prediction.singleLabel()) {
            throw new InputException("Calibration of the top label needs one class per sample, not several labels");
        }
        float[] probabilities = prediction.softmax().predictions();
        int labels = prediction.labels();
        double[] confidence = new double[prediction.samples()];
        byte[] right = new byte[prediction.samples()];
        int known = 0;
        for (int i = 0; i < prediction.samples(); i++) {
            int truth = LabelColumns.classNumber(prediction.labelIds()[i], labels, i);
            int top = 0;
            for (int j = 1; j < labels; j++) {
                top = probabilities[i * labels + j] > probabilities[i * labels + top] ? j : top;
            }
            if (truth >= 0) {
                confidence[known] = probability(probabilities[i * labels + top], i);
                right[known++] = (byte) (top == truth ? 1 : 0);
            }
        }
        return of(Arrays.copyOf(confidence, known), right, bins, edges);
    }

    private static Calibration of(double[] probabilities, byte[] positive, int binCount, Edges placing) {
        int samples = probabilities.length;
        if (samples == 0) {
            throw new InputException("There is nothing to calibrate: no sample whose truth is known");
        }
        double[] edges = edges(probabilities, binCount, placing);
        double[] sums = new double[binCount];
        long[] positives = new long[binCount];
        long[] counts = new long[binCount];
        double squares = 0;
        for (int i = 0; i < samples; i++) {
            int bin = bin(edges, probabilities[i]);
            sums[bin] += probabilities[i];
            positives[bin] += positive[i];
            counts[bin]++;
            squares += (probabilities[i] - positive[i]) * (probabilities[i] - positive[i]);
        }
        List<Bin> bins = new ArrayList<>();
        double gaps = 0;
        double largestGap = 0;
        for (int b = 0; b < binCount; b++) {
            if (counts[b] > 0) {
                double mean = sums[b] / counts[b];
                double frequency = positives[b] / (double) counts[b];
                bins.add(new Bin(edges[b], edges[b + 1], mean, frequency, counts[b]));
                gaps += Math.abs(mean - frequency) * counts[b];
                largestGap = Math.max(largestGap, Math.abs(mean - frequency));
            }
        }
        return new Calibration(bins, gaps / samples, largestGap, squares / samples, samples);
    }

    private static double[] edges(double[] probabilities, int bins, Edges placing) {
        if (bins < 1 || bins > 10_000) {
            throw new InputException(bins + " calibration bins: use 1 to 10000; 10 is usual");
        }
        double[] sorted = placing == Edges.QUANTILE ? probabilities.clone() : new double[0];
        Arrays.sort(sorted);
        double[] edges = new double[bins + 1];
        for (int b = 0; b <= bins; b++) {
            double share = b / (double) bins;
            edges[b] = placing == Edges.UNIFORM ? share : Quantile.ofSorted(sorted, share);
        }
        return edges;
    }

    /** The bin whose upper edge is the first that is not below the probability. */
    private static int bin(double[] edges, double probability) {
        int low = 0;
        int high = edges.length - 2;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (edges[middle + 1] < probability) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static double probability(float value, int sample) {
        if (value >= 0 && value <= 1) {
            return value;
        }
        throw new InputException("The probability of sample " + sample + " is " + value
                + ", not from 0 to 1; calibration needs probabilities, not raw scores");
    }
}
