package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Picture;
import java.util.Arrays;

/**
 * Reads the first frame of a GIF (CompuServe's specification 89a) as Pillow does: on a ground of the transparent colour,
 * or of colour 0, of the size of the screen or, where the frame reaches beyond it, of both.
 */
final class GifDecoder {
    private static final int MOST_CODES = 1 << 12;

    private final byte[] file;
    private int at = 6; // behind "GIF89a"

    private GifDecoder(byte[] file) {
        this.file = file;
    }

    static Picture decode(byte[] file, DecodeOptions options) {
        return new GifDecoder(file).decode(options);
    }

    private Picture decode(DecodeOptions options) {
        int screenWidth = uint16();
        int screenHeight = uint16();
        int flags = uint8();
        skip(2); // background colour, aspect ratio
        byte[] palette = palette(flags);
        int colors = colors(flags);
        int ground = 0;
        for (int block = uint8(); block != ','; block = uint8()) {
            if (block == '!') {
                int label = uint8();
                if (label == 0xF9 && at + 4 < file.length && file[at] == 4) {
                    ground = (file[at + 1] & 1) == 1 ? file[at + 4] & 0xFF : 0;
                }
                skipSubBlocks();
            } else if (block == ';') {
                throw new DamagedImage("it has no picture in it");
            }
        }
        int left = uint16();
        int top = uint16();
        int width = uint16();
        int height = uint16();
        flags = uint8();
        if ((flags & 0x80) != 0) {
            palette = palette(flags);
            colors = colors(flags);
        }
        int canvasWidth = Math.max(screenWidth, left + width);
        int canvasHeight = Math.max(screenHeight, top + height);
        options.refuseSize(width, height);
        options.refuseSize(canvasWidth, canvasHeight);
        if ((long) canvasWidth * canvasHeight / MOST_CODES > file.length) {
            throw new DamagedImage("it claims " + canvasWidth + "x" + canvasHeight + ", more than its bytes can hold");
        }
        byte[] frame = decompress(width, height);
        byte[] canvas = new byte[canvasWidth * canvasHeight];
        Arrays.fill(canvas, (byte) ground);
        int[] rows = rows(height, (flags & 0x40) != 0);
        for (int y = 0; y < height; y++) {
            System.arraycopy(frame, y * width, canvas, (top + rows[y]) * canvasWidth + left, width);
        }
        return Indexed.picture(canvasWidth, canvasHeight, canvas, palette, Indexed.isGreyRamp(palette, colors));
    }

    private static int colors(int flags) {
        return (flags & 0x80) != 0 ? 2 << (flags & 7) : 256;
    }

    /** The colours that follow; greys where there are none. */
    private byte[] palette(int flags) {
        byte[] palette = new byte[768];
        if ((flags & 0x80) == 0) {
            for (int i = 0; i < palette.length; i++) {
                palette[i] = (byte) (i / 3);
            }
            return palette;
        }
        int from = at;
        skip(3 * colors(flags));
        System.arraycopy(file, from, palette, 0, at - from);
        return palette;
    }

    /** Where each stored row belongs: every 8th from 0, every 8th from 4, every 4th from 2, every 2nd from 1. */
    private static int[] rows(int height, boolean interlaced) {
        int[] rows = new int[height];
        int[][] passes = interlaced ? new int[][] {{0, 8}, {4, 8}, {2, 4}, {1, 2}} : new int[][] {{0, 1}};
        int stored = 0;
        for (int[] pass : passes) {
            for (int y = pass[0]; y < height; y += pass[1]) {
                rows[stored++] = y;
            }
        }
        return rows;
    }

    /** LZW of variable length; codes lie in sub-blocks of at most 255 bytes. */
    private byte[] decompress(int width, int height) {
        int minimum = uint8();
        if (minimum < 1 || minimum > 8) {
            throw new DamagedImage("its pixels are compressed with codes of " + minimum + " bits");
        }
        byte[] out = new byte[width * height];
        int[] startsAt = new int[MOST_CODES]; // where in the output each code's string was last written
        int[] lengths = new int[MOST_CODES];
        int clear = 1 << minimum;
        int next = clear + 2;
        int codeBits = minimum + 1;
        int filled = 0;
        int previous = -1; // where the last code's string was written
        int previousLength = 0;
        int bits = 0;
        int bitCount = 0;
        int blockEnd = at;
        while (filled < out.length) {
            while (bitCount < codeBits) {
                if (at == blockEnd) {
                    blockEnd = uint8() + at;
                    if (blockEnd == at) {
                        throw new DamagedImage("its pixels end too early");
                    }
                }
                bits |= uint8() << bitCount;
                bitCount += 8;
            }
            int code = bits & (1 << codeBits) - 1;
            bits >>>= codeBits;
            bitCount -= codeBits;
            if (code == clear) {
                next = clear + 2;
                codeBits = minimum + 1;
                previous = -1;
                continue;
            }
            if (code == clear + 1) {
                throw new DamagedImage("its pixels end too early");
            }
            if (code > clear && (code > next || code == next && previous < 0 || previous < 0)) {
                throw new DamagedImage("its pixels contain an unknown code");
            }
            int begin = filled;
            if (code < clear) {
                out[filled++] = (byte) code;
            } else {
                // A code still to be made is the last string and its own first byte: it overlaps what it writes.
                int from = code == next ? previous : startsAt[code];
                int length = code == next ? previousLength + 1 : lengths[code];
                for (int i = 0; i < length && filled < out.length; i++) {
                    out[filled++] = out[from + i];
                }
            }
            if (previous >= 0 && next < MOST_CODES) {
                startsAt[next] = previous; // the last string and the byte behind it, which is this one's first
                lengths[next] = previousLength + 1;
                next++;
                if (next == 1 << codeBits && codeBits < 12) {
                    codeBits++;
                }
            }
            previous = begin;
            previousLength = filled - begin;
        }
        return out;
    }

    private int uint8() {
        skip(1);
        return file[at - 1] & 0xFF;
    }

    private int uint16() {
        return uint8() | uint8() << 8;
    }

    private void skip(int count) {
        if (count > file.length - at) {
            throw new DamagedImage("it ends after " + file.length + " bytes, within the picture");
        }
        at += count;
    }

    private void skipSubBlocks() {
        for (int size = uint8(); size > 0; size = uint8()) {
            skip(size);
        }
    }
}
