package io.vit4j.metrics;

import io.vit4j.base.InputException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * By what rule a label's threshold is chosen: {@code youden}, {@code f1}, {@code sensitivity=0.9} or {@code
 * specificity=0.95}.
 *
 * @param kind what is to be large, or reached
 * @param least share to be reached; of no meaning for {@code YOUDEN} and {@code F1}
 */
public record ThresholdRule(Kind kind, double least) {
    /** The largest sensitivity + specificity - 1. */
    public static final ThresholdRule YOUDEN = new ThresholdRule(Kind.YOUDEN, 0);

    private static final Pattern FORM = Pattern.compile("(sensitivity|specificity)\\s*>?=\\s*(\\d*\\.?\\d+)");

    /** What a rule asks for. */
    public enum Kind {
        /** The largest sensitivity + specificity - 1. */
        YOUDEN,
        /** The largest F1. */
        F1,
        /** The best specificity with at least that sensitivity. */
        SENSITIVITY,
        /** The best sensitivity with at least that specificity. */
        SPECIFICITY
    }

    /** Checks the share. */
    public ThresholdRule {
        if (!(least >= 0 && least <= 1)) {
            throw new InputException("The target of a threshold is " + least + ", not from 0 to 1");
        }
    }

    /** At least that sensitivity. */
    public static ThresholdRule sensitivity(double least) {
        return new ThresholdRule(Kind.SENSITIVITY, least);
    }

    /** At least that specificity. */
    public static ThresholdRule specificity(double least) {
        return new ThresholdRule(Kind.SPECIFICITY, least);
    }

    /** The rule that {@link #toString} names, in any case. */
    public static ThresholdRule parse(String text) {
        String plain = text.strip().toLowerCase(Locale.ROOT);
        Matcher form = FORM.matcher(plain);
        if (form.matches()) {
            return new ThresholdRule(
                    Kind.valueOf(form.group(1).toUpperCase(Locale.ROOT)), Double.parseDouble(form.group(2)));
        }
        return switch (plain) {
            case "youden" -> YOUDEN;
            case "f1" -> new ThresholdRule(Kind.F1, 0);
            default ->
                throw new InputException("threshold rule '" + text
                        + "' is unknown; use youden, f1, or a target such as sensitivity=0.9 or specificity=0.9");
        };
    }

    /**
     * The threshold of one label: half-way between the last score that is called present and the next below it, or 0, so
     * that rounding a score does not change the decision. Empty if the truth has only one class.
     *
     * @param probabilities from 0 to 1, from a split on which nothing is measured
     * @param truth 0, 1 or NaN for unknown
     */
    public Optional<Double> choose(float[] probabilities, float[] truth) {
        if (RocAuc.of(probabilities, truth).isEmpty()) {
            return Optional.empty();
        }
        Thresholds thresholds = new Thresholds(probabilities, truth, 0.95);
        OperatingPoint point = switch (kind) {
            case YOUDEN -> thresholds.youden();
            case F1 -> thresholds.largestF1();
            case SENSITIVITY -> thresholds.atSensitivity(least);
            case SPECIFICITY -> thresholds.atSpecificity(least);
        };
        double chosen = point.threshold();
        double below = 0;
        double highest = 0;
        for (int i = 0; i < probabilities.length; i++) {
            if (!Float.isNaN(truth[i])) {
                highest = Math.max(highest, probabilities[i]);
                below = probabilities[i] < chosen ? Math.max(below, probabilities[i]) : below;
            }
        }
        boolean callsNothing = chosen > highest;
        return Optional.of(callsNothing ? (highest + 1) / 2 : (chosen + below) / 2);
    }

    /** As a heading: {@code Youden}, {@code Sensitivity ≥ 0.9}. */
    public String title() {
        return switch (kind) {
            case YOUDEN -> "Youden";
            case F1 -> "Largest F1";
            case SENSITIVITY -> "Sensitivity ≥ " + least;
            case SPECIFICITY -> "Specificity ≥ " + least;
        };
    }

    @Override
    public String toString() {
        String name = kind.name().toLowerCase(Locale.ROOT);
        return kind == Kind.YOUDEN || kind == Kind.F1 ? name : name + "=" + least;
    }
}
