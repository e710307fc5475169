package io.vit4j.image;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a picture must be rotated or mirrored to appear upright: the eight values of EXIF's and TIFF's tag Orientation, in
 * their order. Cameras record it instead of rotating the pixels.
 */
public enum Orientation {
    /** 1: as stored. */
    UPRIGHT(false, false, false),
    /** 2: left and right are exchanged. */
    MIRRORED(false, true, false),
    /** 3: by half a turn. */
    UPSIDE_DOWN(false, true, true),
    /** 4: top and bottom are exchanged. */
    FLIPPED(false, false, true),
    /** 5: rows become columns. */
    TRANSPOSED(true, false, false),
    /** 6: by a quarter clockwise. */
    QUARTER_CLOCKWISE(true, false, true),
    /** 7: rows become columns, by half a turn. */
    TRANSVERSED(true, true, true),
    /** 8: by a quarter counter-clockwise. */
    QUARTER_COUNTERCLOCKWISE(true, true, false);

    private static final int TAG = 274;
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final byte[] EXIF_PREFIX = {'E', 'x', 'i', 'f', 0, 0};
    private static final Pattern XMP = Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

    private final boolean transposed;
    private final boolean mirrorX; // in the stored picture
    private final boolean mirrorY;

    Orientation(boolean transposed, boolean mirrorX, boolean mirrorY) {
        this.transposed = transposed;
        this.mirrorX = mirrorX;
        this.mirrorY = mirrorY;
    }

    /** The orientation of that number; {@link #UPRIGHT} for any but 1 to 8, as Pillow takes it. */
    public static Orientation of(int number) {
        return number >= 1 && number <= 8 ? values()[number - 1] : UPRIGHT;
    }

    /**
     * What a file's EXIF block says; if it says nothing, what its XMP block says.
     *
     * @param exif with or without the prefix {@code Exif\0\0}; empty if there is none
     * @param xmp XML; empty if there is none
     * @return {@link #UPRIGHT} if neither says it or they are damaged
     */
    public static Orientation of(byte[] exif, byte[] xmp) {
        int number = exifOrientation(exif);
        if (number >= 0) {
            return of(number);
        }
        Matcher match = XMP.matcher(new String(xmp, StandardCharsets.ISO_8859_1));
        return match.find() ? of(match.group(1).charAt(0) - '0') : UPRIGHT;
    }

    /** The value of the tag in the block's first directory; -1 if it is not there. */
    private static int exifOrientation(byte[] exif) {
        ByteBuffer block = ByteBuffer.wrap(exif);
        while (startsWithPrefix(block)) {
            block.position(block.position() + EXIF_PREFIX.length);
        }
        block = block.slice();
        try {
            int order = block.getShort();
            if (order != 0x4949 && order != 0x4D4D) {
                return -1;
            }
            block.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
            block.position(block.getInt(4));
            int number = -1;
            for (int entries = Short.toUnsignedInt(block.getShort()); entries > 0; entries--) {
                int tag = Short.toUnsignedInt(block.getShort());
                int type = block.getShort();
                int count = block.getInt();
                int value = block.getInt();
                if (tag == TAG && count == 1 && type == SHORT) {
                    number = block.order() == ByteOrder.LITTLE_ENDIAN ? value & 0xFFFF : value >>> 16;
                } else if (tag == TAG && count == 1 && type == LONG) {
                    number = value < 0 ? 0 : value;
                }
            }
            return number;
        } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
            return -1;
        }
    }

    private static boolean startsWithPrefix(ByteBuffer block) {
        return block.remaining() >= EXIF_PREFIX.length
                && ByteBuffer.wrap(EXIF_PREFIX).equals(block.slice(block.position(), EXIF_PREFIX.length));
    }

    /** The picture, upright. */
    public Picture apply(Picture picture) {
        if (this == UPRIGHT) {
            return picture;
        }
        int width = transposed ? picture.height() : picture.width();
        int height = transposed ? picture.width() : picture.height();
        int channels = picture.channels();
        byte[] stored = picture.pixels();
        byte[] pixels = new byte[stored.length];
        // from one target pixel to the next along a row, in the stored picture
        int stepX = (mirrorX ? -1 : 1) * channels;
        int stepY = (mirrorY ? -1 : 1) * channels * picture.width();
        int across = transposed ? stepY : stepX;
        int down = transposed ? stepX : stepY;
        int begin = (mirrorX ? picture.width() - 1 : 0) * channels
                + (mirrorY ? picture.height() - 1 : 0) * picture.width() * channels;
        int to = 0;
        for (int y = 0; y < height; y++) {
            int from = begin + y * down;
            for (int x = 0; x < width; x++, from += across) {
                for (int c = 0; c < channels; c++) {
                    pixels[to++] = stored[from + c];
                }
            }
        }
        return new Picture(width, height, channels, pixels);
    }
}
