package io.vit4j.image;

import io.vit4j.base.InputException;
import java.io.Serializable;

/**
 * How pictures are decoded.
 *
 * @param maxPixels a picture with more is refused before memory is taken for it
 * @param grey16 how 16-bit grey becomes 8-bit grey
 * @param exifOrientation whether pictures are turned upright
 * @param window which grey values of DICOM become black and white
 * @param frame of a DICOM file that has several, from 1
 */
public record DecodeOptions(
        long maxPixels, Grey16 grey16, ExifOrientation exifOrientation, GreyWindow window, int frame)
        implements Serializable {
    /** Where Pillow begins to warn of a decompression bomb (a quarter of a gibibyte of colour); it refuses twice that. */
    public static final long DEFAULT_MAX_PIXELS = 1024L * 1024 * 1024 / 4 / 3;

    /** 89 megapixels, 16-bit grey scaled by its full range, pictures turned upright, DICOM's first frame as its file says. */
    public static final DecodeOptions DEFAULT =
            new DecodeOptions(DEFAULT_MAX_PIXELS, new Grey16.Full(), ExifOrientation.APPLY, new GreyWindow.OfFile(), 1);

    /** The largest array of bytes that every JVM can make. */
    private static final long LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    private static final int LONGEST_SIDE = 1 << 20;

    /** Checks the numbers. */
    public DecodeOptions {
        if (maxPixels < 1 || maxPixels > LARGEST_ARRAY / 3) {
            throw new IllegalArgumentException("maxPixels " + maxPixels + " is not between 1 and " + LARGEST_ARRAY / 3);
        }
        if (frame < 1) {
            throw new InputException("frame " + frame + ": frames are counted from 1");
        }
    }

    /**
     * The same with another limit.
     * @param pixels width times height, above 0
     * @return a copy
     */
    public DecodeOptions withMaxPixels(long pixels) {
        return new DecodeOptions(pixels, grey16, exifOrientation, window, frame);
    }

    /**
     * The same with another way from 16 bits to 8.
     * @param policy the way
     * @return a copy
     */
    public DecodeOptions withGrey16(Grey16 policy) {
        return new DecodeOptions(maxPixels, policy, exifOrientation, window, frame);
    }

    /**
     * The same with pictures turned upright, or not.
     * @param policy whether they are
     * @return a copy
     */
    public DecodeOptions withExifOrientation(ExifOrientation policy) {
        return new DecodeOptions(maxPixels, grey16, policy, window, frame);
    }

    /**
     * The same with another window.
     * @param policy which grey values count
     * @return a copy
     */
    public DecodeOptions withWindow(GreyWindow policy) {
        return new DecodeOptions(maxPixels, grey16, exifOrientation, policy, frame);
    }

    /**
     * The same with another frame.
     * @param number of a file that has several, from 1
     * @return a copy
     */
    public DecodeOptions withFrame(int number) {
        return new DecodeOptions(maxPixels, grey16, exifOrientation, window, number);
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
