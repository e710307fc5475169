package io.vit4j.image;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.util.List;
import java.util.Locale;

/**
 * The content of a {@code preprocessor_config.json}.
 *
 * @param cropSize what is cut from the middle, if {@code doCenterCrop}
 * @param mean one value per channel
 * @param std one value per channel
 */
record ProcessorSettings(
        boolean doResize,
        TargetSize size,
        Filter resample,
        boolean doCenterCrop,
        TargetSize.Fixed cropSize,
        boolean doRescale,
        double rescaleFactor,
        boolean doNormalize,
        List<Double> mean,
        List<Double> std) {
    /** The longest edge that a picture may be resized to. */
    static final int LARGEST = 1 << 14;

    /** The most pixels that a model may ask for: 4096x4096, with room for another shape. */
    static final int MOST_PIXELS = 1 << 24;

    private static final TargetSize.Fixed USUAL = new TargetSize.Fixed(224, 224);
    private static final List<Double> HALVES = List.of(0.5, 0.5, 0.5);

    static final ProcessorSettings DEFAULTS =
            new ProcessorSettings(true, USUAL, Filter.BILINEAR, false, USUAL, true, 1 / 255.0, true, HALVES, HALVES);

    static ProcessorSettings of(JsonObject json) {
        return new ProcessorSettingsReader(json).read();
    }

    boolean seesAs(ProcessorSettings other) {
        return doResize == other.doResize
                && (!doResize || (size.equals(other.size) && resample == other.resample))
                && doCenterCrop == other.doCenterCrop
                && (!doCenterCrop || cropSize.equals(other.cropSize));
    }

    String geometry() {
        String resized = doResize ? " (" + resample.name().toLowerCase(Locale.ROOT) + ")" : " (not resized)";
        String cropped = doCenterCrop && doResize
                ? ", cut from a picture resized to " + size.toJson().line()
                : "";
        return result().width() + "x" + result().height() + resized + cropped;
    }

    /** Size of the result. */
    TargetSize.Fixed result() {
        return doCenterCrop ? cropSize : (TargetSize.Fixed) size;
    }

    /** The size that a picture of this size is resized to. */
    TargetSize.Fixed resizedTo(int height, int width) {
        TargetSize.Fixed resized = size.of(height, width);
        boolean tooMany = (long) resized.height() * resized.width() > MOST_PIXELS;
        if (resized.height() > LARGEST || resized.width() > LARGEST || tooMany) {
            throw new InputException("a picture of " + width + "x" + height + " would be resized to " + resized.width()
                    + "x" + resized.height() + "; crop it first");
        }
        return resized;
    }

    ProcessorSettings scaledTo(int height, int width) {
        if (!doCenterCrop || !doResize) {
            return withSize(height, width);
        }
        return new ProcessorSettings(
                true,
                size.scaled((double) height / cropSize.height(), (double) width / cropSize.width()),
                resample,
                true,
                new TargetSize.Fixed(height, width),
                doRescale,
                rescaleFactor,
                doNormalize,
                mean,
                std);
    }

    ProcessorSettings withSize(int height, int width) {
        TargetSize.Fixed fixed = new TargetSize.Fixed(height, width);
        return new ProcessorSettings(
                true, fixed, resample, false, fixed, doRescale, rescaleFactor, doNormalize, mean, std);
    }
}
