package io.vit4j.metrics;

import io.vit4j.base.InputException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * One output of a regression: its predictions and targets as far as these are known, laid out so that a bootstrap resample
 * is scored without sorting.
 */
final class NumberColumn {
    private static final int METRICS = RegressionMetric.values().length;

    private final double[] predicted;
    private final double[] target;
    private final int[] clusters;
    private final int[] predictedOrder;
    private final int[] targetOrder;

    /** @param clusterOf the cluster of each sample, numbered from 0 */
    NumberColumn(EvalPrediction prediction, int output, int[] clusterOf) {
        int labels = prediction.labels();
        int[] known = IntStream.range(0, prediction.samples())
                .filter(i -> !Float.isNaN(prediction.labelIds()[i * labels + output]))
                .toArray();
        predicted = new double[known.length];
        target = new double[known.length];
        clusters = new int[known.length];
        for (int i = 0; i < known.length; i++) {
            int at = known[i] * labels + output;
            predicted[i] = LabelColumns.finite(prediction.predictions()[at], known[i], "");
            target[i] = finite(prediction.labelIds()[at], known[i]);
            clusters[i] = clusterOf[known[i]];
        }
        predictedOrder = order(predicted);
        targetOrder = order(target);
    }

    private static double finite(float target, int sample) {
        if (Float.isFinite(target)) {
            return target;
        }
        throw new InputException(
                "The number of sample " + sample + " is " + target + "; correct the label file, or leave it blank");
    }

    private static int[] order(double[] values) {
        return IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> values[i]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    int known() {
        return target.length;
    }

    /**
     * The metrics in their order, each sample counting as often as its cluster was drawn; NaN for what is undefined: all
     * without samples, and all but the errors if targets (or, for correlations, predictions) are all the same.
     *
     * @param drawn how often each cluster was drawn
     */
    double[] score(int[] drawn) {
        double[] weights = new double[target.length];
        Arrays.setAll(weights, i -> drawn[clusters[i]]);
        double total = Arrays.stream(weights).sum();
        double squares = 0;
        double distances = 0;
        for (int i = 0; i < target.length; i++) {
            double error = predicted[i] - target[i];
            squares += weights[i] * error * error;
            distances += weights[i] * Math.abs(error);
        }
        Moments moments = new Moments(predicted, target, weights, total);
        double[] scores = new double[METRICS];
        scores[RegressionMetric.MSE.ordinal()] = squares / total;
        scores[RegressionMetric.MAE.ordinal()] = distances / total;
        scores[RegressionMetric.R2.ordinal()] = moments.ofTarget == 0 ? Double.NaN : 1 - squares / moments.ofTarget;
        scores[RegressionMetric.PEARSON.ordinal()] = moments.correlation();
        scores[RegressionMetric.SPEARMAN.ordinal()] = new Moments(
                        ranks(predicted, predictedOrder, weights), ranks(target, targetOrder, weights), weights, total)
                .correlation();
        return scores;
    }

    /** Mean ranks of equal values, a sample of weight w standing there w times. */
    private static double[] ranks(double[] values, int[] order, double[] weights) {
        double[] ranks = new double[values.length];
        double below = 0;
        for (int start = 0; start < order.length; ) {
            double tied = 0;
            int end = start;
            while (end < order.length && values[order[end]] == values[order[start]]) {
                tied += weights[order[end++]];
            }
            for (int i = start; i < end; i++) {
                ranks[order[i]] = below + (tied + 1) / 2;
            }
            below += tied;
            start = end;
        }
        return ranks;
    }

    /** Weighted sums of squares and products around the means. */
    private static final class Moments {
        private double ofFirst;
        private double ofTarget;
        private double together;

        Moments(double[] first, double[] second, double[] weights, double total) {
            double firstMean = 0;
            double secondMean = 0;
            for (int i = 0; i < first.length; i++) {
                firstMean += weights[i] * first[i] / total;
                secondMean += weights[i] * second[i] / total;
            }
            boolean firstVaries = false;
            boolean secondVaries = false;
            int seen = -1;
            for (int i = 0; i < first.length; i++) {
                if (weights[i] > 0) {
                    seen = seen < 0 ? i : seen;
                    firstVaries |= first[i] != first[seen];
                    secondVaries |= second[i] != second[seen];
                }
                double a = first[i] - firstMean;
                double b = second[i] - secondMean;
                ofFirst += weights[i] * a * a;
                ofTarget += weights[i] * b * b;
                together += weights[i] * a * b;
            }
            ofFirst = firstVaries ? ofFirst : 0; // without what rounding of the mean leaves
            ofTarget = secondVaries ? ofTarget : 0;
        }

        double correlation() {
            return ofFirst == 0 || ofTarget == 0
                    ? Double.NaN
                    : Math.max(-1, Math.min(1, together / Math.sqrt(ofFirst) / Math.sqrt(ofTarget)));
        }
    }
}
