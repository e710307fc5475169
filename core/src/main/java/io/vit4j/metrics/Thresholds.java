package io.vit4j.metrics;

import io.vit4j.base.InputException;

/**
 * Chooses the threshold of one label. Choose on validation data; measure on test data with {@link #at}.
 *
 * <p>A choice that calls nothing positive has the least threshold above all scores.
 */
public final class Thresholds {
    private final Ranking ranking;
    private final Steps steps;
    private final double level;

    /**
     * Throws InputException if one class is missing.
     *
     * @param scores scores or probabilities
     * @param truth 0, 1 or NaN for unknown
     * @param level confidence level of the intervals, such as 0.95
     */
    public Thresholds(float[] scores, float[] truth, double level) {
        LabelColumns column = LabelColumns.of(scores, truth);
        ranking = Ranking.of(column.scores[0], column.truth[0]);
        if (!ranking.hasBothClasses()) {
            throw new InputException("A threshold needs positive and negative samples, but there are "
                    + ranking.positives + " and " + ranking.negatives);
        }
        steps = Steps.of(ranking);
        this.level = Estimate.checkLevel(level);
    }

    /** The largest sensitivity + specificity - 1 (Youden, Cancer 1950); of equal ones, the highest threshold. */
    public OperatingPoint youden() {
        int best = -1;
        for (int step = 0; step < steps.size; step++) {
            if (youdenTimesPairs(step) > youdenTimesPairs(best)) {
                best = step;
            }
        }
        return point("Youden", best);
    }

    /** The best specificity with at least this sensitivity: the highest threshold that reaches it. */
    public OperatingPoint atSensitivity(double least) {
        checkShare(least, "sensitivity");
        int step = -1;
        while (truePositives(step) / (double) ranking.positives < least) {
            step++;
        }
        return point("sensitivity at least " + least, step);
    }

    /** The best sensitivity with at least this specificity: the lowest threshold that keeps it. */
    public OperatingPoint atSpecificity(double least) {
        checkShare(least, "specificity");
        int step = steps.size - 1;
        while ((ranking.negatives - falsePositives(step)) / (double) ranking.negatives < least) {
            step--;
        }
        return point("specificity at least " + least, step);
    }

    /** The largest F1; of equal ones, the highest threshold. */
    public OperatingPoint largestF1() {
        int best = -1;
        for (int step = 0; step < steps.size; step++) {
            if (f1(step) > f1(best)) {
                best = step;
            }
        }
        return point("largest F1", best);
    }

    /** A threshold chosen elsewhere, measured here. */
    public OperatingPoint at(String rule, double threshold) {
        int step = -1;
        while (step + 1 < steps.size && steps.thresholds[step + 1] >= threshold) {
            step++;
        }
        return OperatingPoint.of(rule, threshold, truePositives(step), falsePositives(step), ranking, level);
    }

    /** Step -1 calls nothing positive. */
    private OperatingPoint point(String rule, int step) {
        double threshold = step < 0 ? Math.nextUp(steps.thresholds[0]) : steps.thresholds[step];
        return OperatingPoint.of(rule, threshold, truePositives(step), falsePositives(step), ranking, level);
    }

    private long youdenTimesPairs(int step) {
        return truePositives(step) * ranking.negatives - falsePositives(step) * ranking.positives;
    }

    private double f1(int step) {
        return 2.0 * truePositives(step) / (truePositives(step) + falsePositives(step) + ranking.positives);
    }

    private long truePositives(int step) {
        return step < 0 ? 0 : steps.truePositives[step];
    }

    private long falsePositives(int step) {
        return step < 0 ? 0 : steps.falsePositives[step];
    }

    private static void checkShare(double share, String of) {
        if (!(share >= 0 && share <= 1)) {
            throw new InputException("The " + of + " asked for is " + share + ", not from 0 to 1");
        }
    }
}
