package io.vit4j.report;

import java.util.Optional;

/**
 * The number of the 2022 walkthrough, computed as it was there, beside the sound one.
 *
 * @param softmax macro AUROC of softmax scores
 * @param raw macro AUROC of raw scores
 * @param sentence what the two are, and why they differ
 */
record WalkthroughsNumber(double softmax, double raw, String sentence) {
    /** What it reported, on the NIH release split by image. */
    static final double REPORTED = 0.7916;

    /**
     * Of multi-label data; empty where no label has an AUROC.
     *
     * @param patientsInTwoSplits of this data; empty where that is not known
     */
    static Optional<WalkthroughsNumber> of(EvaluationNumbers numbers, Optional<Integer> patientsInTwoSplits) {
        double softmax = numbers.softmax().macro();
        double raw = numbers.areas().macro();
        if (numbers.singleLabel() || !Double.isFinite(softmax)) {
            return Optional.empty();
        }
        return Optional.of(new WalkthroughsNumber(
                softmax,
                raw,
                "Its " + REPORTED
                        + " is the macro AUROC of softmax scores on a split by image; the softmax scores of this"
                        + " model have " + Numbers.fixed(softmax, 4) + " on "
                        + (numbers.split().equals("test") ? "the test split" : numbers.split())
                        + ", against " + Numbers.fixed(raw, 4)
                        + " of its raw scores. A softmax makes labels compete though a picture may have several, and "
                        + split(patientsInTwoSplits) + "."));
    }

    private static String split(Optional<Integer> patientsInTwoSplits) {
        String there = "a split by image lets other pictures of the same patients be trained on, which flatters";
        if (patientsInTwoSplits.isEmpty()) {
            return there + "; whether that is so here is not known, as the data names no patients";
        }
        return patientsInTwoSplits.get() > 0
                ? there + ", and does so here too (" + Numbers.count(patientsInTwoSplits.get()) + " patients)"
                : there + "; here no patient is in two splits";
    }
}
