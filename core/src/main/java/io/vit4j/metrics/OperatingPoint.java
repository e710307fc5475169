package io.vit4j.metrics;

/**
 * The result of calling every sample positive whose score is at least a threshold, for one label.
 *
 * @param rule how the threshold was chosen, in words: "Youden", "sensitivity at least 0.9"
 * @param threshold on the scores as given
 * @param sensitivity share of the positives that are called so (recall)
 * @param specificity share of the negatives that are called so
 * @param ppv positive predictive value: share of true ones among the positive calls (precision)
 * @param npv negative predictive value
 * @param accuracy share of right calls
 * @param f1 harmonic mean of sensitivity and ppv; 0 if nothing is positive and nothing is called positive
 */
public record OperatingPoint(
        String rule,
        double threshold,
        Proportion sensitivity,
        Proportion specificity,
        Proportion ppv,
        Proportion npv,
        Proportion accuracy,
        double f1) {

    static OperatingPoint of(
            String rule, double threshold, long truePositives, long falsePositives, Ranking ranking, double level) {
        long trueNegatives = ranking.negatives - falsePositives;
        long called = truePositives + falsePositives;
        long notCalled = ranking.size() - called;
        long either = called + ranking.positives;
        return new OperatingPoint(
                rule,
                threshold,
                Proportion.of(truePositives, ranking.positives, level),
                Proportion.of(trueNegatives, ranking.negatives, level),
                Proportion.of(truePositives, called, level),
                Proportion.of(trueNegatives, notCalled, level),
                Proportion.of(truePositives + trueNegatives, ranking.size(), level),
                either == 0 ? 0 : 2.0 * truePositives / either);
    }
}
