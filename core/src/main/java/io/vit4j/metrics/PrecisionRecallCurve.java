package io.vit4j.metrics;

import io.vit4j.base.InputException;
import java.util.OptionalDouble;

/**
 * The precision-recall curve of one label, as scikit-learn's {@code precision_recall_curve} gives it: thresholds rise,
 * recall falls, and a last point (recall 0, precision 1) has no threshold.
 *
 * @param precision share of true ones among those called positive, one value more than thresholds
 * @param recall share of the positives that were called so, one value more than thresholds
 * @param thresholds every different score, rising
 */
public record PrecisionRecallCurve(double[] precision, double[] recall, double[] thresholds) {

    /** Throws InputException if {@code truth} (0, 1 or NaN for unknown) has no positive. */
    public static PrecisionRecallCurve of(float[] scores, float[] truth) {
        LabelColumns column = LabelColumns.of(scores, truth);
        Ranking ranking = Ranking.of(column.scores[0], column.truth[0]);
        if (ranking.positives == 0) {
            throw new InputException(
                    "A precision-recall curve needs positive samples, but there is none among " + ranking.negatives);
        }
        Steps steps = Steps.of(ranking);
        double[] precision = new double[steps.size + 1];
        double[] recall = new double[steps.size + 1];
        double[] thresholds = new double[steps.size];
        precision[steps.size] = 1;
        for (int i = 0; i < steps.size; i++) {
            int called = steps.truePositives[i] + steps.falsePositives[i];
            precision[steps.size - 1 - i] = steps.truePositives[i] / (double) called;
            recall[steps.size - 1 - i] = steps.truePositives[i] / (double) ranking.positives;
            thresholds[steps.size - 1 - i] = steps.thresholds[i];
        }
        return new PrecisionRecallCurve(precision, recall, thresholds);
    }

    /**
     * Average precision, scikit-learn's {@code average_precision_score}: precision at every threshold, weighted by the
     * recall it adds, without interpolation; empty if there is no positive.
     */
    public static OptionalDouble averagePrecision(float[] scores, float[] truth) {
        LabelColumns column = LabelColumns.of(scores, truth);
        double value = Ranking.of(column.scores[0], column.truth[0]).averagePrecision();
        return Double.isNaN(value) ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /** At most this many points (2 or more), evenly along the curve: for drawing, not for computing. */
    public PrecisionRecallCurve thinned(int points) {
        int[] kept = Thinning.alongCurve(recall, precision, points);
        double[] keptThresholds = new double[kept.length - 1]; // the last point, always kept, has none
        for (int i = 0; i < keptThresholds.length; i++) {
            keptThresholds[i] = thresholds[kept[i]];
        }
        return new PrecisionRecallCurve(Thinning.pick(precision, kept), Thinning.pick(recall, kept), keptThresholds);
    }
}
