package io.vit4j.image.formats;

import io.vit4j.image.Grey16;
import io.vit4j.image.Picture;
import io.vit4j.image.formats.PngHeader.Pass;

/** Turns unfiltered PNG rows of any colour type and depth into 8-bit pixels at their places in the picture. */
final class PngSamples {
    private final PngHeader header;
    private final byte[] palette;
    private final Grey16 grey16;
    private final byte[] pixels; // empty where deep is not
    private final char[] deep; // 16-bit grey, brought to 8 bits when all is known

    /** @param palette 256 colours of 3 bytes, where the header asks for one */
    PngSamples(PngHeader header, byte[] palette, Grey16 grey16) {
        this.header = header;
        this.palette = palette;
        this.grey16 = grey16;
        int count = header.width() * header.height();
        // Pillow itself takes the high byte where there is alpha, so nothing is cut and "full" is Pillow's.
        boolean scaled = header.colourType() == PngHeader.GREY || !(grey16 instanceof Grey16.Full);
        this.deep = new char[header.isGrey() && header.depth() == 16 && scaled ? count : 0];
        this.pixels = new byte[deep.length > 0 ? 0 : header.isGrey() ? count : 3 * count];
    }

    void add(byte[] row, int columns, Pass pass, int y) {
        int to = y * header.width() + pass.x();
        if (deep.length > 0) {
            for (int i = 0, from = 0; i < columns; i++, from += header.step(), to += pass.dx()) {
                deep[to] = (char) BigEndian.uint16(row, from);
            }
        } else if (header.depth() < 8) {
            addPacked(row, columns, pass.dx(), to);
        } else if (header.colourType() == PngHeader.PALETTE) {
            for (int i = 0; i < columns; i++, to += pass.dx()) {
                colour(row[i] & 0xFF, to);
            }
        } else if (header.isGrey()) {
            for (int i = 0, from = 0; i < columns; i++, from += header.step(), to += pass.dx()) {
                pixels[to] = row[from];
            }
        } else {
            addColour(row, columns, 3 * pass.dx(), 3 * to);
        }
    }

    private void addColour(byte[] row, int columns, int distance, int to) {
        int step = header.step();
        int sample = header.depth() / 8; // the first byte of a sample is its high one
        for (int i = 0, from = 0; i < columns; i++, from += step, to += distance) {
            pixels[to] = row[from];
            pixels[to + 1] = row[from + sample];
            pixels[to + 2] = row[from + 2 * sample];
        }
    }

    /** Several pixels in a byte, the first in the highest bits. */
    private void addPacked(byte[] row, int columns, int distance, int to) {
        int depth = header.depth();
        int most = (1 << depth) - 1;
        for (int i = 0; i < columns; i++, to += distance) {
            int bit = i * depth;
            int value = row[bit >> 3] >> (8 - depth - (bit & 7)) & most;
            if (header.colourType() == PngHeader.PALETTE) {
                colour(value, to);
            } else {
                pixels[to] = (byte) (value * 255 / most);
            }
        }
    }

    private void colour(int index, int pixel) {
        pixels[3 * pixel] = palette[3 * index];
        pixels[3 * pixel + 1] = palette[3 * index + 1];
        pixels[3 * pixel + 2] = palette[3 * index + 2];
    }

    /** The whole picture, when every row was added. */
    Picture picture() {
        if (deep.length > 0) {
            return new Picture(header.width(), header.height(), 1, Grey16.apply(grey16, deep));
        }
        return new Picture(header.width(), header.height(), header.isGrey() ? 1 : 3, pixels);
    }
}
