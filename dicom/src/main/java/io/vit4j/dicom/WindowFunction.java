package io.vit4j.dicom;

import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/** The windows of PS3.3, C.11.2: values of the modality become 0 (black) to 1 (white). */
final class WindowFunction {
    private WindowFunction() {}

    /** The first window of a header; empty if it has none that means something. */
    static Optional<DoubleUnaryOperator> of(DataSet header) {
        double[] centers = header.decimals(Tag.WINDOW_CENTER);
        double[] widths = header.decimals(Tag.WINDOW_WIDTH);
        if (centers.length == 0 || widths.length == 0) {
            return Optional.empty();
        }
        double center = centers[0];
        double width = widths[0];
        return switch (header.word(Tag.VOI_LUT_FUNCTION).toUpperCase(Locale.ROOT)) {
            case "LINEAR_EXACT" -> width > 0 ? Optional.of(exact(center, width)) : Optional.empty();
            case "SIGMOID" ->
                width > 0 ? Optional.of(value -> 1 / (1 + Math.exp(-4 * (value - center) / width))) : Optional.empty();
            default -> width >= 1 ? Optional.of(linear(center, width)) : Optional.empty();
        };
    }

    /** LINEAR, whose window begins and ends on whole values; {@code width} at least 1. */
    static DoubleUnaryOperator linear(double center, double width) {
        double middle = center - 0.5;
        double half = (width - 1) / 2;
        return value -> value <= middle - half ? 0 : value > middle + half ? 1 : (value - middle) / (width - 1) + 0.5;
    }

    private static DoubleUnaryOperator exact(double center, double width) {
        return value -> (value - center) / width + 0.5;
    }
}
