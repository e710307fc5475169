package io.vit4j.image;

/**
 * How pictures are decoded.
 *
 * @param maxPixels a picture with more is refused before memory is taken for it
 * @param grey16 how 16-bit grey becomes 8-bit grey
 * @param exifOrientation whether pictures are turned upright
 */
public record DecodeOptions(long maxPixels, Grey16 grey16, ExifOrientation exifOrientation) {
    /** Where Pillow begins to warn of a decompression bomb (a quarter of a gibibyte of colour); it refuses twice that. */
    public static final long DEFAULT_MAX_PIXELS = 1024L * 1024 * 1024 / 4 / 3;

    /** 89 megapixels, 16-bit grey scaled by its full range, and pictures turned upright. */
    public static final DecodeOptions DEFAULT =
            new DecodeOptions(DEFAULT_MAX_PIXELS, new Grey16.Full(), ExifOrientation.APPLY);

    /** The largest array of bytes that every JVM can make. */
    private static final long LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    private static final int LONGEST_SIDE = 1 << 20;

    /** Checks the number of pixels. */
    public DecodeOptions {
        if (maxPixels < 1 || maxPixels > LARGEST_ARRAY / 3) {
            throw new IllegalArgumentException("maxPixels " + maxPixels + " is not between 1 and " + LARGEST_ARRAY / 3);
        }
    }

    /**
     * The same with another limit.
     * @param pixels width times height, above 0
     * @return a copy
     */
    public DecodeOptions withMaxPixels(long pixels) {
        return new DecodeOptions(pixels, grey16, exifOrientation);
    }

    /**
     * The same with another way from 16 bits to 8.
     * @param policy the way
     * @return a copy
     */
    public DecodeOptions withGrey16(Grey16 policy) {
        return new DecodeOptions(maxPixels, policy, exifOrientation);
    }

    /**
     * The same with pictures turned upright, or not.
     * @param policy whether they are
     * @return a copy
     */
    public DecodeOptions withExifOrientation(ExifOrientation policy) {
        return new DecodeOptions(maxPixels, grey16, policy);
    }

    /**
     * Refuses a picture that has no pixels, or more than these options allow. Formats call it before they take memory.
     *
     * @throws DamagedImage that says so
     */
    public void refuseSize(int width, int height) {
        if (width < 1 || height < 1) {
            throw new DamagedImage(
                    "its size is " + Integer.toUnsignedLong(width) + "x" + Integer.toUnsignedLong(height));
        }
        if (width > LONGEST_SIDE || height > LONGEST_SIDE) {
            throw new DamagedImage(
                    "its size is " + width + "x" + height + ", more than " + LONGEST_SIDE + " pixels on a side");
        }
        if ((long) width * height > maxPixels) {
            throw new DamagedImage("its size is " + width + "x" + height + ", more than the limit of " + maxPixels
                    + " pixels, which --max-pixels raises");
        }
    }
}
