package io.vit4j.metrics;

import io.vit4j.base.InputException;

/**
 * The ROC curve of one label, as scikit-learn's {@code roc_curve} gives it: point i is reached by calling positive
 * every sample whose score is at least {@code thresholds[i]}.
 *
 * @param fpr false positive rate, rising from 0 to 1
 * @param tpr true positive rate (sensitivity), rising from 0 to 1
 * @param thresholds falling; the first is infinite, so that nothing is called positive
 */
public record RocCurve(double[] fpr, double[] tpr, double[] thresholds) {

    /**
     * Throws InputException if {@code truth} (0, 1 or NaN for unknown) has only one class.
     *
     * @param dropIntermediate leave out points on a straight line, as scikit-learn does
     */
    public static RocCurve of(float[] scores, float[] truth, boolean dropIntermediate) {
        LabelColumns column = LabelColumns.of(scores, truth);
        Ranking ranking = Ranking.of(column.scores[0], column.truth[0]);
        if (!ranking.hasBothClasses()) {
            throw new InputException("A ROC curve needs positive and negative samples, but there are "
                    + ranking.positives + " and " + ranking.negatives);
        }
        Steps steps = dropIntermediate ? Steps.of(ranking).corners() : Steps.of(ranking);
        double[] fpr = new double[steps.size + 1];
        double[] tpr = new double[steps.size + 1];
        double[] thresholds = new double[steps.size + 1];
        thresholds[0] = Double.POSITIVE_INFINITY;
        for (int i = 0; i < steps.size; i++) {
            fpr[i + 1] = steps.falsePositives[i] / (double) ranking.negatives;
            tpr[i + 1] = steps.truePositives[i] / (double) ranking.positives;
            thresholds[i + 1] = steps.thresholds[i];
        }
        return new RocCurve(fpr, tpr, thresholds);
    }

    /** At most this many points (2 or more), evenly along the curve: for drawing, not for computing. */
    public RocCurve thinned(int points) {
        int[] kept = Thinning.alongCurve(fpr, tpr, points);
        return new RocCurve(Thinning.pick(fpr, kept), Thinning.pick(tpr, kept), Thinning.pick(thresholds, kept));
    }
}
