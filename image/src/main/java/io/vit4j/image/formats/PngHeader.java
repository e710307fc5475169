package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;

/**
 * What a PNG file says of itself in its IHDR chunk (specification, 11.2.2).
 *
 * @param depth bits of a sample: 1, 2, 4, 8 or 16
 * @param colourType 0 grey, 2 red-green-blue, 3 palette, 4 grey with alpha, 6 red-green-blue with alpha
 */
record PngHeader(int width, int height, int depth, int colourType, boolean interlaced) {
    static final int GREY = 0;
    static final int RGB = 2;
    static final int PALETTE = 3;
    static final int GREY_ALPHA = 4;
    static final int RGB_ALPHA = 6;

    /** Reads the chunk's 13 bytes. */
    static PngHeader read(byte[] file, int at) {
        int depth = file[at + 8];
        int colourType = file[at + 9];
        boolean known = switch (colourType) {
            case GREY -> depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
            case PALETTE -> depth == 1 || depth == 2 || depth == 4 || depth == 8;
            case RGB, GREY_ALPHA, RGB_ALPHA -> depth == 8 || depth == 16;
            default -> false;
        };
        if (!known) {
            throw new DamagedImage(
                    "a PNG of colour type " + (colourType & 0xFF) + " with " + (depth & 0xFF) + " bits does not exist");
        }
        if (file[at + 10] != 0 || file[at + 11] != 0 || file[at + 12] < 0 || file[at + 12] > 1) {
            throw new DamagedImage("it is compressed, filtered or interlaced in a way that PNG does not allow");
        }
        return new PngHeader(
                BigEndian.int32(file, at), BigEndian.int32(file, at + 4), depth, colourType, file[at + 12] == 1);
    }

    int samples() {
        return switch (colourType) {
            case GREY, PALETTE -> 1;
            case GREY_ALPHA -> 2;
            case RGB -> 3;
            default -> 4;
        };
    }

    boolean isGrey() {
        return colourType == GREY || colourType == GREY_ALPHA;
    }

    /** Bytes of a row of that many pixels, without the filter's. */
    int rowBytes(int pixels) {
        return Math.toIntExact(((long) pixels * samples() * depth + 7) / 8);
    }

    /** Bytes from one pixel to the next, at least 1. */
    int step() {
        return Math.max(1, samples() * depth / 8);
    }

    /** Bytes of all rows, filter bytes included. */
    long rawBytes() {
        if (!interlaced) {
            return (1L + rowBytes(width)) * height;
        }
        long sum = 0;
        for (Pass pass : Pass.ADAM7) {
            int columns = pass.columns(width);
            if (columns > 0) {
                sum += (1L + rowBytes(columns)) * pass.rows(height);
            }
        }
        return sum;
    }

    /** One of the pictures within an interlaced one: every {@code dx}-th column and {@code dy}-th row from (x, y) on. */
    record Pass(int x, int y, int dx, int dy) {
        static final Pass WHOLE = new Pass(0, 0, 1, 1);
        static final Pass[] ADAM7 = {
            new Pass(0, 0, 8, 8),
            new Pass(4, 0, 8, 8),
            new Pass(0, 4, 4, 8),
            new Pass(2, 0, 4, 4),
            new Pass(0, 2, 2, 4),
            new Pass(1, 0, 2, 2),
            new Pass(0, 1, 1, 2)
        };

        int columns(int width) {
            return (width - x + dx - 1) / dx;
        }

        int rows(int height) {
            return (height - y + dy - 1) / dy;
        }
    }
}
