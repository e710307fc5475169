package io.vit4j.report;

import io.vit4j.metrics.PrecisionRecallCurve;
import io.vit4j.metrics.RocCurve;
import java.util.Arrays;

/** Curves of many points on a common grid of few, so that all labels can be read off under one cursor. */
final class CurveGrid {
    private static final int POINTS = 240;

    private CurveGrid() {}

    /** From 0 to 1, denser near 0, where a ROC curve is steep and of interest. */
    static double[] falsePositiveRates() {
        double[] grid = new double[POINTS + 1];
        Arrays.setAll(grid, i -> (double) i * i / ((double) POINTS * POINTS));
        return grid;
    }

    /** From 0 to 1, evenly. */
    static double[] recalls() {
        double[] grid = new double[POINTS + 1];
        Arrays.setAll(grid, i -> i / (double) POINTS);
        return grid;
    }

    /** The sensitivity at each false positive rate: between two points of the curve, on the line between them. */
    static double[] sensitivities(RocCurve curve, double[] rates) {
        double[] fpr = curve.fpr();
        double[] tpr = curve.tpr();
        double[] at = new double[rates.length];
        int i = 0;
        for (int k = 0; k < rates.length; k++) {
            while (i + 1 < fpr.length && fpr[i + 1] <= rates[k]) {
                i++;
            }
            boolean last = i + 1 == fpr.length;
            double share = last ? 0 : (rates[k] - fpr[i]) / (fpr[i + 1] - fpr[i]);
            at[k] = last ? tpr[i] : tpr[i] + share * (tpr[i + 1] - tpr[i]);
        }
        return at;
    }

    /** The precision at the highest threshold that reaches each recall: what one gets who asks for that recall. */
    static double[] precisions(PrecisionRecallCurve curve, double[] recalls) {
        double[] recall = curve.recall(); // falling; its last point, of recall 0, has no threshold
        double[] at = new double[recalls.length];
        int reaching = 0;
        for (int k = recalls.length - 1; k >= 0; k--) {
            while (reaching < curve.thresholds().length && recall[reaching] >= recalls[k] - 1e-12) {
                reaching++;
            }
            at[k] = reaching == 0 ? Double.NaN : curve.precision()[reaching - 1];
        }
        return at;
    }
}
