package io.vit4j.dicom;

import io.vit4j.dicom.codec.Samples;
import io.vit4j.image.GreyWindow;
import io.vit4j.image.Picture;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * Stored grey values become what a reader sees, in 8 bits (PS3.3, C.11 and PS3.4, N.2): the modality LUT or rescale, the VOI LUT
 * or window, and the inversion that MONOCHROME1 or the presentation LUT asks for, once. Padding becomes black and has no
 * say in the range.
 */
final class GreyRendering {
    private final PixelDescription pixels;
    private final DataSet dataSet;
    private final FrameHeader header;
    private final GreyWindow window;
    private final Optional<LookupTable> modality;
    private final double slope;
    private final double intercept;
    private final boolean hasPadding;
    private final int firstPadding;
    private final int lastPadding;

    GreyRendering(DataSet dataSet, PixelDescription pixels, int frame, GreyWindow window) {
        this.dataSet = dataSet;
        this.pixels = pixels;
        this.window = window;
        header = FrameHeader.of(dataSet, frame);
        modality = LookupTable.of(dataSet.item(Tag.MODALITY_LUT), pixels.signed());
        double[] slopes = header.transformation().decimals(Tag.RESCALE_SLOPE);
        double[] intercepts = header.transformation().decimals(Tag.RESCALE_INTERCEPT);
        slope = slopes.length == 0 || slopes[0] == 0 ? 1 : slopes[0];
        intercept = intercepts.length == 0 ? 0 : intercepts[0];
        hasPadding = dataSet.has(Tag.PIXEL_PADDING);
        int padding = padding(Tag.PIXEL_PADDING, 0);
        int limit = padding(Tag.PIXEL_PADDING_LIMIT, padding);
        firstPadding = Math.min(padding, limit);
        lastPadding = Math.max(padding, limit);
    }

    private int padding(int tag, int otherwise) {
        int value = dataSet.integer(tag, otherwise);
        return pixels.signed() ? (short) value : value;
    }

    /** Whether the file says which grey values count. */
    boolean hasWindow() {
        return LookupTable.of(dataSet.item(Tag.VOI_LUT), pixels.signed()).isPresent()
                || WindowFunction.of(header.window()).isPresent();
    }

    Picture render(Samples samples) {
        int[] values = samples.values();
        byte[] levels = new byte[values.length];
        DoubleUnaryOperator shown = shown(values);
        if (pixels.stored() > 16 || samples.precision() > 16) {
            for (int i = 0; i < values.length; i++) {
                levels[i] = level(values[i], shown);
            }
        } else {
            byte[] table = new byte[1 << 16]; // by the lowest 16 bits, which tell every value
            for (int i = 0; i < table.length; i++) {
                table[i] = level(pixels.signed() ? (short) i : i, shown);
            }
            for (int i = 0; i < values.length; i++) {
                levels[i] = table[values[i] & 0xFFFF];
            }
        }
        return new Picture(samples.width(), samples.height(), 1, levels);
    }

    private byte level(int stored, DoubleUnaryOperator shown) {
        if (isPadding(stored)) {
            return 0;
        }
        double part = Math.min(Math.max(shown.applyAsDouble(modality(stored)), 0), 1);
        return (byte) Math.round(255 * (isInverted() ? 1 - part : part));
    }

    private boolean isPadding(int stored) {
        return hasPadding && stored >= firstPadding && stored <= lastPadding;
    }

    /** A file that has both attributes says the same thing twice. */
    private boolean isInverted() {
        return pixels.photometric() == PixelDescription.Photometric.MONOCHROME1
                || dataSet.word(Tag.PRESENTATION_LUT_SHAPE)
                        .toUpperCase(Locale.ROOT)
                        .equals("INVERSE");
    }

    private double modality(int stored) {
        double value = pixels.stored() == 32 && !pixels.signed() ? Integer.toUnsignedLong(stored) : stored;
        return modality.isPresent() ? modality.get().apply(value) : value * slope + intercept;
    }

    /** From values of the modality to 0 (black) to 1 (white), before inversion. */
    private DoubleUnaryOperator shown(int[] values) {
        if (window instanceof GreyWindow.Level level) {
            return WindowFunction.linear(level.center(), level.width());
        }
        if (window instanceof GreyWindow.Full) {
            return full();
        }
        if (window instanceof GreyWindow.Auto) {
            return auto(values);
        }
        Optional<LookupTable> table = LookupTable.of(dataSet.item(Tag.VOI_LUT), modalityIsSigned());
        if (table.isPresent()) {
            return value -> table.get().apply(value) / (double) table.get().most();
        }
        return WindowFunction.of(header.window()).orElseGet(() -> bits() <= 8 ? full() : auto(values));
    }

    private boolean modalityIsSigned() {
        return modality.isEmpty() && (pixels.signed() || intercept < 0);
    }

    private int bits() {
        return modality.map(LookupTable::bits).orElse(pixels.stored());
    }

    private DoubleUnaryOperator full() {
        if (modality.isPresent()) {
            return ramp(0, modality.get().most());
        }
        double least = pixels.signed() ? -Math.pow(2, pixels.stored() - 1) : 0;
        double most = least + Math.pow(2, pixels.stored()) - 1;
        return ramp(least * slope + intercept, most * slope + intercept);
    }

    private DoubleUnaryOperator auto(int[] values) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (int stored : values) {
            if (!isPadding(stored)) {
                double value = modality(stored);
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
        }
        return ramp(least, most);
    }

    /** A negative slope turns the ends round: the smaller value of the modality is the darker. */
    private static DoubleUnaryOperator ramp(double one, double other) {
        double black = Math.min(one, other);
        double range = Math.abs(other - one);
        return range > 0 && range < Double.POSITIVE_INFINITY ? value -> (value - black) / range : value -> 0;
    }
}
