package io.vit4j.metrics;

import io.vit4j.base.InputException;

/**
 * The nonparametric variance of AUROC, its confidence interval, and the comparison of two models on the same samples
 * (DeLong, DeLong and Clarke-Pearson, Biometrics 1988), in one sort per model (Sun and Xu, IEEE SPL 2014). Samples count as
 * independent: if patients have several, use {@link Bootstrap} by patient.
 */
public final class DeLong {
    private DeLong() {}

    /**
     * Two models on the same samples.
     *
     * @param difference first minus second
     * @param standardError of the difference
     * @param low lower end of the difference's confidence interval
     * @param high upper end
     * @param z difference in standard errors
     * @param p the chance of a difference as large if there were none, two-sided
     * @param level confidence level of the interval
     */
    public record PairedTest(
            double first,
            double second,
            double difference,
            double standardError,
            double low,
            double high,
            double z,
            double p,
            double level) {}

    /**
     * AUROC of one label with its interval, normal and clipped to [0, 1] as pROC's {@code ci.auc}. With fewer than two
     * samples of a class there is no variance: the interval is then [0, 1]. Throws InputException if {@code truth} (0, 1 or
     * NaN for unknown) has only one class.
     */
    public static Estimate interval(float[] scores, float[] truth, double level) {
        Placements placements = placements(scores, truth);
        return estimate(placements.area, covariance(placements, placements), level);
    }

    /**
     * Whether two models' scores for the same samples differ in AUROC, as pROC's paired {@code roc.test}. Throws
     * InputException if a class has fewer than two samples.
     */
    public static PairedTest compare(float[] first, float[] second, float[] truth, double level) {
        Placements a = placements(first, truth);
        Placements b = placements(second, truth);
        if (a.positives < 2 || a.negatives < 2) {
            throw new InputException("A comparison needs two positive and two negative samples, but there are "
                    + a.positives + " and " + a.negatives);
        }
        double variance = covariance(a, a) + covariance(b, b) - 2 * covariance(a, b);
        return test(a.area, b.area, variance, level);
    }

    /** @param variance of the difference */
    static PairedTest test(double first, double second, double variance, double level) {
        double standardError = Math.sqrt(Math.max(0, variance));
        double difference = first - second;
        double z = difference == 0 ? 0 : difference / standardError;
        double margin = Normal.halfWidth(Estimate.checkLevel(level)) * standardError;
        return new PairedTest(
                first,
                second,
                difference,
                standardError,
                difference - margin,
                difference + margin,
                z,
                Normal.twoSided(z),
                level);
    }

    /** An area or an average of areas with its normal interval, clipped to [0, 1]; [0, 1] if there is no variance. */
    static Estimate estimate(double area, double variance, double level) {
        double standardError = Math.sqrt(variance);
        if (Double.isNaN(standardError)) {
            return new Estimate(area, standardError, 0, 1, Estimate.checkLevel(level));
        }
        double margin = Normal.halfWidth(Estimate.checkLevel(level)) * standardError;
        return new Estimate(area, standardError, Math.max(0, area - margin), Math.min(1, area + margin), level);
    }

    /** Whether either class has the two samples that a comparison needs. */
    static boolean comparable(float[] truth) {
        return classesHave(2, truth);
    }

    static boolean classesHave(int least, float[] truth) {
        int positives = 0;
        int negatives = 0;
        for (float value : truth) {
            positives += value == 1 ? 1 : 0;
            negatives += value == 0 ? 1 : 0;
        }
        return positives >= least && negatives >= least;
    }

    /**
     * Each sample's placement: the share of the other class that it stands on the right side of, ties counting half.
     * Their mean over either class is the area. NaN if the truth is unknown.
     */
    record Placements(double[] ofSample, byte[] truth, int positives, int negatives, double area) {
        /**
         * What a sample moves the area by: the sum of their squares is DeLong's variance. 0 if the truth is unknown; NaN
         * with one sample of its class.
         */
        double part(int sample) {
            if (truth[sample] == LabelColumns.UNKNOWN) {
                return 0;
            }
            double ofClass = truth[sample] == 1 ? positives : negatives;
            return (ofSample[sample] - area) / Math.sqrt(ofClass * (ofClass - 1));
        }
    }

    static Placements placements(float[] scores, float[] truth) {
        LabelColumns column = LabelColumns.of(scores, truth);
        Ranking ranking = Ranking.of(column.scores[0], column.truth[0]);
        if (!ranking.hasBothClasses()) {
            throw new InputException("AUROC needs positive and negative samples, but there are " + ranking.positives
                    + " and " + ranking.negatives);
        }
        double[] placements = new double[scores.length];
        long positivesAbove = 0;
        for (int rank = 0; rank < ranking.size(); ) {
            int end = ranking.tieEnd(rank);
            int tiedPositives = 0;
            for (int i = rank; i < end; i++) {
                tiedPositives += ranking.positive(i) ? 1 : 0;
            }
            int tiedNegatives = end - rank - tiedPositives;
            long negativesBelow = ranking.negatives - (rank - positivesAbove) - tiedNegatives;
            double ofPositive = (negativesBelow + tiedNegatives / 2.0) / ranking.negatives;
            double ofNegative = (positivesAbove + tiedPositives / 2.0) / ranking.positives;
            for (; rank < end; rank++) {
                placements[ranking.sample(rank)] = ranking.positive(rank) ? ofPositive : ofNegative;
            }
            positivesAbove += tiedPositives;
        }
        return new Placements(placements, column.truth[0], ranking.positives, ranking.negatives, ranking.rocAuc());
    }

    /** Covariance of two areas on the same samples; NaN if a class has fewer than two. */
    private static double covariance(Placements a, Placements b) {
        double ofPositives = 0;
        double ofNegatives = 0;
        for (int i = 0; i < a.truth.length; i++) {
            double product = (a.ofSample[i] - a.area) * (b.ofSample[i] - b.area);
            if (a.truth[i] == 1) {
                ofPositives += product;
            } else if (a.truth[i] == 0) {
                ofNegatives += product;
            }
        }
        double positives = a.positives;
        double negatives = a.negatives;
        return a.positives < 2 || a.negatives < 2
                ? Double.NaN
                : ofPositives / (positives - 1) / positives + ofNegatives / (negatives - 1) / negatives;
    }
}
