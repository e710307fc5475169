package io.vit4j.evaluate;

import io.vit4j.data.Split;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The number of the 2022 walkthrough, computed in the same way, next to the sound one.
 *
 * @param softmax macro AUROC of softmax scores
 * @param raw macro AUROC of raw scores
 * @param sentence what the two are, and why they differ
 */
public record WalkthroughsNumber(double softmax, double raw, String sentence) {
    /** What it reported, on the NIH release split by image. */
    public static final double REPORTED = 0.7916;

    /**
     * Of multi-label data; empty if no label has an AUROC.
     *
     * @param split what it may be called
     * @param patientsInTwoSplits of this data; empty if that is not known
     */
    static Optional<WalkthroughsNumber> of(
            Evaluation.Averages averages, boolean singleLabel, String split, OptionalInt patientsInTwoSplits) {
        double softmax = averages.softmax().macro();
        double raw = averages.areas().macro();
        if (singleLabel || !Double.isFinite(softmax)) {
            return Optional.empty();
        }
        return Optional.of(new WalkthroughsNumber(
                softmax,
                raw,
                "Its " + REPORTED
                        + " is the macro AUROC of softmax scores on a split by image; the softmax scores of this"
                        + " model have " + fixed(softmax) + " on "
                        + (split.equals(Split.TEST) ? "the test split" : split)
                        + ", against " + fixed(raw)
                        + " of its raw scores. A softmax makes labels compete although a picture may have several, and "
                        + split(patientsInTwoSplits) + "."));
    }

    private static String fixed(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    private static String split(OptionalInt patientsInTwoSplits) {
        String there = "a split by image puts other pictures of the same patients into training, which inflates the"
                + " number";
        if (patientsInTwoSplits.isEmpty()) {
            return there + "; whether that is the case here is unknown, because the data names no patients";
        }
        return patientsInTwoSplits.getAsInt() > 0
                ? there + " here too (" + String.format(Locale.ROOT, "%,d", patientsInTwoSplits.getAsInt())
                        + " patients)"
                : there + "; here no patient is in two splits";
    }
}
