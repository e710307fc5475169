package io.vit4j.report;

import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.Proportion;
import java.util.Locale;

/** Numbers as people read them. */
final class Numbers {
    static final String NONE = "–";

    private Numbers() {}

    static String fixed(double value, int digits) {
        if (!Double.isFinite(value)) {
            return NONE;
        }
        String text = String.format(Locale.ROOT, "%." + digits + "f", value);
        return text.startsWith("-") && text.matches("-0\\.?0*") ? text.substring(1) : text;
    }

    static String three(double value) {
        return fixed(value, 3);
    }

    /** {@code 0.812 [0.790, 0.833]}. */
    static String withInterval(Estimate estimate) {
        return Double.isFinite(estimate.low())
                ? three(estimate.value()) + " " + interval(estimate)
                : three(estimate.value());
    }

    /** {@code [0.790, 0.833]}. */
    static String interval(Estimate estimate) {
        return interval(estimate.low(), estimate.high());
    }

    static String interval(double low, double high) {
        return Double.isFinite(low) ? "[" + three(low) + ", " + three(high) + "]" : NONE;
    }

    /** {@code [12.4, 15.02]}, of numbers of any size. */
    static String significantInterval(Estimate estimate) {
        return Double.isFinite(estimate.low())
                ? "[" + significant(estimate.low()) + ", " + significant(estimate.high()) + "]"
                : NONE;
    }

    /** A p-value: {@code 0.031}, {@code <0.001}. */
    static String p(double p) {
        return p < 0.001 ? "<0.001" : three(p);
    }

    /** {@code 0.81 [0.79, 0.83]}. */
    static String withInterval(Proportion share) {
        return fixed(share.value(), 2) + " [" + fixed(share.low(), 2) + ", " + fixed(share.high(), 2) + "]";
    }

    static String percent(double share) {
        if (!Double.isFinite(share)) {
            return NONE;
        }
        double percent = 100 * share;
        return fixed(percent, percent != 0 && Math.abs(percent) < 1 ? 2 : 1) + "%";
    }

    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** Four significant digits, without a tail of zeros. */
    static String significant(double value) {
        if (!Double.isFinite(value)) {
            return NONE;
        }
        if (value == 0) {
            return "0";
        }
        double size = Math.abs(value);
        if (size < 1e-3 || size >= 1e7) {
            String[] parts = String.format(Locale.ROOT, "%.3e", value).split("e");
            return parts[0].replaceAll("\\.?0+$", "") + "e" + Integer.parseInt(parts[1]);
        }
        int digits = Math.max(0, 3 - (int) Math.floor(Math.log10(size)));
        String fixed = fixed(value, digits);
        return fixed.contains(".") ? fixed.replaceAll("\\.?0+$", "") : fixed;
    }

    /** {@code 48 s}, {@code 17 min 18 s}, {@code 3 h 5 min}. */
    static String duration(double seconds) {
        if (!Double.isFinite(seconds)) {
            return NONE;
        }
        if (seconds < 10) {
            return fixed(seconds, 1) + " s";
        }
        long whole = Math.round(seconds);
        if (whole < 60) {
            return whole + " s";
        }
        return whole < 3600
                ? whole / 60 + " min " + whole % 60 + " s"
                : whole / 3600 + " h " + whole % 3600 / 60 + " min";
    }

    /** Six significant digits: more than a chart shows. */
    static double rounded(double value) {
        return Double.isFinite(value) ? Double.parseDouble(String.format(Locale.ROOT, "%.6g", value)) : value;
    }
}
