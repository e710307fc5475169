package io.vit4j.metrics;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sorts the values of a label file's columns into the few groups that {@link Subgroups} compares. */
public final class Bands {
    /** What a value falls into that says nothing, or nothing that can be true. */
    public static final String UNKNOWN = "unknown";

    /** NIH ChestX-ray14 writes "58" in its later label file; "058Y", "011M" and "001D" in its first. */
    private static final Pattern AGE = Pattern.compile("(\\d{1,4})(?:\\.\\d*)?\\s*([YMWDymwd]?)");

    private static final Pattern COUNT = Pattern.compile("\\d{1,6}");

    /** Older than anybody has become; NIH ChestX-ray14 holds ages up to 414, which are errors. */
    private static final int OLDEST = 122;

    private Bands() {}

    /** "0-19", "20-39", "40-59", "60-79", "80+" years or {@link #UNKNOWN}; a number with Y, M, W, D or nothing behind. */
    public static String age(String value) {
        Matcher age = AGE.matcher(value.strip());
        if (!age.matches()) {
            return UNKNOWN;
        }
        int number = Integer.parseInt(age.group(1));
        int years = switch (age.group(2).toUpperCase(Locale.ROOT)) {
            case "M" -> number / 12;
            case "W" -> number / 52;
            case "D" -> number / 365;
            default -> number;
        };
        if (years > OLDEST) {
            return UNKNOWN;
        }
        int from = years / 20 * 20;
        return from >= 80 ? "80+" : from + "-" + (from + 19);
    }

    /** "0" (a patient's first picture), "1-4", "5-9", "10+" or {@link #UNKNOWN}. */
    public static String followUp(String value) {
        if (!COUNT.matcher(value.strip()).matches()) {
            return UNKNOWN;
        }
        int visit = Integer.parseInt(value.strip());
        if (visit == 0) {
            return "0";
        }
        return visit < 5 ? "1-4" : visit < 10 ? "5-9" : "10+";
    }
}
