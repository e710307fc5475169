package io.vit4j.dicom;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import java.util.Locale;

/**
 * How pixels are stored (PS3.3, C.7.6.3): checked, so that whoever reads them need not.
 *
 * @param samples values a pixel, 1 or 3
 * @param allocated bits that a value takes: 1, 8, 16 or 32
 * @param stored bits that it has
 * @param highBit the place of its highest bit
 * @param signed whether it is in two's complement
 * @param planar whether red, green and blue lie in planes of their own
 * @param frames at least 1
 */
record PixelDescription(
        int width,
        int height,
        int samples,
        int allocated,
        int stored,
        int highBit,
        boolean signed,
        Photometric photometric,
        boolean planar,
        int frames) {
    /** What values mean (PS3.3, C.7.6.3.1.2). */
    enum Photometric {
        MONOCHROME1,
        MONOCHROME2,
        PALETTE_COLOR,
        RGB,
        YBR_FULL,
        YBR_FULL_422,
        YBR_ICT,
        YBR_RCT;

        boolean isGrey() {
            return this == MONOCHROME1 || this == MONOCHROME2;
        }
    }

    static PixelDescription of(DataSet dataSet, DecodeOptions options) {
        if (!dataSet.has(Tag.PIXELS)) {
            throw new DamagedImage(
                    dataSet.has(Tag.FLOAT_PIXELS) || dataSet.has(Tag.DOUBLE_PIXELS)
                            ? "its pixels are floating-point numbers, which are not supported"
                            : "it is a DICOM object without pixels");
        }
        int height = dataSet.integer(Tag.ROWS, 0);
        int width = dataSet.integer(Tag.COLUMNS, 0);
        options.refuseSize(width, height);
        int samples = dataSet.integer(Tag.SAMPLES_PER_PIXEL, 1);
        int allocated = dataSet.integer(Tag.BITS_ALLOCATED, 0);
        int stored = dataSet.integer(Tag.BITS_STORED, allocated);
        int highBit = dataSet.integer(Tag.HIGH_BIT, stored - 1);
        if (allocated != 1 && allocated != 8 && allocated != 16 && allocated != 32) {
            throw new DamagedImage("its pixels take " + allocated + " bits, not 1, 8, 16 or 32");
        }
        if (stored < 1 || stored > allocated || highBit < stored - 1 || highBit >= allocated) {
            throw new DamagedImage("the bits of its pixels contradict one another");
        }
        Photometric photometric = photometric(dataSet.word(Tag.PHOTOMETRIC_INTERPRETATION), samples);
        int expected = photometric.isGrey() || photometric == Photometric.PALETTE_COLOR ? 1 : 3;
        if (samples != expected) {
            throw new DamagedImage("its pixels have " + samples + " values each, not " + expected);
        }
        return new PixelDescription(
                width,
                height,
                samples,
                allocated,
                stored,
                highBit,
                dataSet.integer(Tag.PIXEL_REPRESENTATION, 0) == 1,
                photometric,
                dataSet.integer(Tag.PLANAR_CONFIGURATION, 0) == 1 && samples > 1,
                Math.max(1, dataSet.integer(Tag.NUMBER_OF_FRAMES, 1)));
    }

    private static Photometric photometric(String name, int samples) {
        if (name.isEmpty()) {
            return samples == 1 ? Photometric.MONOCHROME2 : Photometric.RGB;
        }
        String constant = name.toUpperCase(Locale.ROOT).replace(' ', '_');
        for (Photometric known : Photometric.values()) {
            if (known.name().equals(constant)) {
                return known;
            }
        }
        throw new DamagedImage("the photometric interpretation of its pixels is not supported");
    }

    int pixels() {
        return width * height;
    }

    /** The bytes of a frame that is not compressed; with one bit a value, of all frames before and with it. */
    long frameBits() {
        long values = (long) pixels() * (photometric == Photometric.YBR_FULL_422 ? 2 : samples);
        return values * allocated;
    }
}
