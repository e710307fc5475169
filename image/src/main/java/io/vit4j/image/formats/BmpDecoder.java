package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Picture;

/**
 * Reads Windows and OS/2 bitmaps: 1, 4, 8, 16, 24 and 32 bits a pixel, plain, run-length encoded or with bit masks. As in
 * Pillow an alpha channel is dropped and colours of fewer than 8 bits are stretched, rounding down.
 */
final class BmpDecoder {
    private static final int PLAIN = 0;
    private static final int RLE8 = 1;
    private static final int RLE4 = 2;
    private static final int BIT_MASKS = 3;
    private static final int FILE_HEADER = 14;
    private static final int LONGEST_RUN = 255;

    /** A picture that is no larger may be empty for the most part, as run-length encoding allows. */
    private static final int UNMEASURED = 1 << 20;

    private final byte[] file;
    private final int headerSize;
    private int width;
    private int height;
    private boolean topDown;
    private int bits;
    private int compression;
    private int pixelsAt;
    private final byte[] palette = new byte[768];
    private boolean grey;

    private BmpDecoder(byte[] file) {
        this.file = file;
        this.headerSize = int32(FILE_HEADER);
    }

    static Picture decode(byte[] file, DecodeOptions options) {
        BmpDecoder decoder = new BmpDecoder(file);
        decoder.readHeader(options);
        if (decoder.bits > 8) {
            return decoder.colours();
        }
        decoder.readPalette();
        byte[] indices = decoder.compression == PLAIN ? decoder.plainIndices() : decoder.runs();
        return Indexed.picture(decoder.width, decoder.height, indices, decoder.palette, decoder.grey);
    }

    private void readHeader(DecodeOptions options) {
        pixelsAt = int32(10);
        if (headerSize == 12) {
            width = uint16(18);
            height = uint16(20);
            bits = uint16(24);
        } else if (headerSize >= 40 && headerSize <= 124) {
            width = int32(18);
            height = int32(22);
            bits = uint16(28);
            compression = int32(30);
        } else {
            throw new DamagedImage("it is a bitmap of an unknown kind (header of " + headerSize + " bytes)");
        }
        topDown = height < 0;
        height = Math.abs(height);
        boolean known = switch (compression) {
            case PLAIN -> bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
            case RLE8 -> bits == 8 && !topDown;
            case RLE4 -> bits == 4 && !topDown;
            case BIT_MASKS -> bits == 16 || bits == 24 || bits == 32;
            default -> false;
        };
        if (!known) {
            throw new DamagedImage(
                    "it is a bitmap of " + bits + " bits and compression " + compression + ", which is unknown");
        }
        options.refuseSize(width, height);
        if (pixelsAt < FILE_HEADER + headerSize || pixelsAt > file.length) {
            throw new DamagedImage("its pixels would begin at byte " + Integer.toUnsignedLong(pixelsAt));
        }
    }

    private void readPalette() {
        int entry = headerSize == 12 ? 3 : 4;
        int stated = headerSize == 12 ? 0 : int32(46);
        int colors = stated > 0 && stated <= 256 ? stated : 1 << bits;
        int from = FILE_HEADER + headerSize;
        for (int i = 0; i < colors && from + entry * (i + 1) <= file.length; i++) {
            palette[3 * i] = file[from + entry * i + 2]; // blue comes first
            palette[3 * i + 1] = file[from + entry * i + 1];
            palette[3 * i + 2] = file[from + entry * i];
        }
        boolean blackAndWhite = colors == 2 && isGrey(0, 0) && isGrey(1, 255);
        grey = blackAndWhite || colors != 2 && Indexed.isGreyRamp(palette, colors);
    }

    private boolean isGrey(int color, int level) {
        return (palette[3 * color] & 0xFF) == level
                && (palette[3 * color + 1] & 0xFF) == level
                && (palette[3 * color + 2] & 0xFF) == level;
    }

    /** Where the row begins; rows fill whole words, and the lowest comes first unless the height is negative. */
    private int row(int y) {
        long stride = ((long) width * bits + 31) / 32 * 4;
        return (int) (pixelsAt + stride * (topDown ? y : height - 1 - y));
    }

    private void refuseShort() {
        long stride = ((long) width * bits + 31) / 32 * 4;
        if (pixelsAt + stride * (height - 1) + ((long) width * bits + 7) / 8 > file.length) {
            throw new DamagedImage("it ends after " + file.length + " bytes, within the picture");
        }
    }

    private byte[] plainIndices() {
        refuseShort();
        byte[] indices = new byte[width * height];
        int most = (1 << bits) - 1;
        for (int y = 0; y < height; y++) {
            int from = row(y);
            for (int x = 0; x < width; x++) {
                int bit = x * bits;
                indices[y * width + x] = (byte) (file[from + (bit >> 3)] >> (8 - bits - (bit & 7)) & most);
            }
        }
        return indices;
    }

    /** Run-length encoding: pixels that are skipped, or after the end, have colour 0. */
    private byte[] runs() {
        long pixels = (long) width * height;
        if (pixels > UNMEASURED && pixels / LONGEST_RUN > file.length) {
            throw new DamagedImage("it claims " + width + "x" + height + ", more than its bytes can hold");
        }
        byte[] indices = new byte[width * height];
        int perByte = 8 / bits;
        int at = pixelsAt;
        int x = 0;
        int y = 0;
        while (y < height) {
            int count = uint8(at++);
            int value = uint8(at++);
            if (count > 0) {
                for (int i = 0; i < count && x < width; i++, x++) {
                    indices[(height - 1 - y) * width + x] = (byte) nibble(value, i);
                }
            } else if (value == 0) {
                x = 0;
                y++;
            } else if (value == 1) {
                break;
            } else if (value == 2) {
                x = Math.min(x + uint8(at++), width);
                y += uint8(at++);
            } else {
                for (int i = 0; i < value; i++) {
                    int pixel = nibble(uint8(at + i / perByte), i);
                    if (x < width) {
                        indices[(height - 1 - y) * width + x++] = (byte) pixel;
                    }
                }
                int bytes = (value + perByte - 1) / perByte;
                at += bytes + (bytes & 1);
            }
        }
        return indices;
    }

    private int nibble(int value, int i) {
        return bits == 8 ? value : (i & 1) == 0 ? value >> 4 : value & 15;
    }

    private Picture colours() {
        refuseShort();
        long[] masks = masks();
        byte[] pixels = new byte[width * height * 3];
        int bytes = bits / 8;
        int to = 0;
        for (int y = 0; y < height; y++) {
            int from = row(y);
            for (int x = 0; x < width; x++, from += bytes) {
                if (masks.length == 0) {
                    pixels[to++] = file[from + 2];
                    pixels[to++] = file[from + 1];
                    pixels[to++] = file[from];
                    continue;
                }
                long value = 0;
                for (int b = bytes - 1; b >= 0; b--) {
                    value = value << 8 | file[from + b] & 0xFF;
                }
                for (long mask : masks) {
                    int low = Long.numberOfTrailingZeros(mask);
                    pixels[to++] = (byte) (((value & mask) >>> low) * 255 / (mask >>> low));
                }
            }
        }
        return new Picture(width, height, 3, pixels);
    }

    /** The bits of red, green and blue; none if they are bytes in the usual order. */
    private long[] masks() {
        if (compression == PLAIN) {
            return bits == 16 ? new long[] {0x7C00, 0x3E0, 0x1F} : new long[0];
        }
        long[] masks = new long[3];
        for (int i = 0; i < 3; i++) {
            // behind a header of 40 bytes, or within a longer one: the place is the same
            masks[i] = Integer.toUnsignedLong(int32(FILE_HEADER + 40 + 4 * i));
            long run = masks[i] >>> Long.numberOfTrailingZeros(masks[i]);
            if (masks[i] == 0 || (run & run + 1) != 0) {
                throw new DamagedImage("its bit masks are not valid for colours");
            }
        }
        boolean usual = masks[0] == 0xFF0000 && masks[1] == 0xFF00 && masks[2] == 0xFF;
        return usual ? new long[0] : masks;
    }

    private int uint8(int at) {
        if (at < 0 || at >= file.length) {
            throw new DamagedImage("it ends after " + file.length + " bytes, within the picture");
        }
        return file[at] & 0xFF;
    }

    private int uint16(int at) {
        return uint8(at) | uint8(at + 1) << 8;
    }

    private int int32(int at) {
        return uint16(at) | uint16(at + 2) << 16;
    }
}
