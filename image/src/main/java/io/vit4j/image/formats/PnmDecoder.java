package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Grey16;
import io.vit4j.image.Picture;

/**
 * Reads PBM, PGM and PPM (Netpbm's pages of that name), as text and as bytes. As in Pillow levels are stretched to 8 bits,
 * rounding halves to even; a greymap of more than 255 levels is 16-bit grey, stretched to 65535.
 */
final class PnmDecoder {
    private static final int LONGEST_TOKEN = 10;

    private final byte[] file;
    private int at = 2; // behind "P6"

    private PnmDecoder(byte[] file) {
        this.file = file;
    }

    static boolean isSpace(byte character) {
        return character == ' ' || character >= '\t' && character <= '\r';
    }

    static Picture decode(byte[] file, DecodeOptions options) {
        return new PnmDecoder(file).decode(options);
    }

    private Picture decode(DecodeOptions options) {
        int kind = file[1] - '0';
        boolean text = kind <= 3;
        boolean bitmap = kind == 1 || kind == 4;
        int channels = kind == 3 || kind == 6 ? 3 : 1;
        int width = number();
        int height = number();
        options.refuseSize(width, height);
        if (bitmap) {
            at += text ? 0 : 1;
            return new Picture(width, height, 1, text ? textBits(width * height) : packedBits(width, height));
        }
        int most = number();
        if (most < 1 || most > 65535) {
            throw new DamagedImage("its highest level is " + most + ", not between 1 and 65535");
        }
        at += text ? 0 : 1; // one space before the bytes
        int count = Math.multiplyExact(width * height, channels);
        int stored = text ? 2 : most < 256 ? 1 : 2; // a level as text has a digit and a space at least
        refuseShort((long) count * stored - (text ? 1 : 0));
        if (channels == 1 && most > 255) {
            return new Picture(width, height, 1, Grey16.apply(options.grey16(), deep(count, text, most)));
        }
        byte[] pixels = new byte[count];
        for (int i = 0; i < count; i++) {
            pixels[i] = (byte) Math.min(255, Math.rint((double) level(text, most) / most * 255));
        }
        return new Picture(width, height, channels, pixels);
    }

    private char[] deep(int count, boolean text, int most) {
        char[] levels = new char[count];
        for (int i = 0; i < count; i++) {
            levels[i] = (char) Math.min(65535, Math.rint((double) level(text, most) / most * 65535));
        }
        return levels;
    }

    private int level(boolean text, int most) {
        if (text) {
            int level = number();
            if (level > most) {
                throw new DamagedImage("it has a level of " + level + ", more than its highest, " + most);
            }
            return level;
        }
        at += most < 256 ? 1 : 2;
        return most < 256 ? file[at - 1] & 0xFF : BigEndian.uint16(file, at - 2);
    }

    /** 1 is black; the digits need no spaces between them. */
    private byte[] textBits(int count) {
        refuseShort(count);
        byte[] pixels = new byte[count];
        for (int i = 0; i < count; i++) {
            skipSpaces();
            byte digit = next();
            if (digit != '0' && digit != '1') {
                throw new DamagedImage("its bits contain something other than 0 and 1");
            }
            pixels[i] = (byte) (digit == '0' ? 255 : 0);
        }
        return pixels;
    }

    private byte[] packedBits(int width, int height) {
        int rowBytes = (width + 7) / 8;
        refuseShort((long) rowBytes * height);
        byte[] pixels = new byte[width * height];
        for (int i = 0; i < pixels.length; i++) {
            int x = i % width;
            int bit = file[at + i / width * rowBytes + x / 8] >> 7 - x % 8 & 1;
            pixels[i] = (byte) (bit == 0 ? 255 : 0);
        }
        return pixels;
    }

    private void refuseShort(long bytes) {
        if (bytes > file.length - at) {
            throw new DamagedImage("it ends after " + file.length + " bytes, within the picture");
        }
    }

    private byte next() {
        if (at >= file.length) {
            throw new DamagedImage("it ends after " + file.length + " bytes, within the picture");
        }
        return file[at++];
    }

    /** Spaces, and comments up to the end of their line. */
    private void skipSpaces() {
        while (at < file.length && (isSpace(file[at]) || file[at] == '#')) {
            boolean comment = file[at++] == '#';
            while (comment && at < file.length && file[at] != '\n' && file[at] != '\r') {
                at++;
            }
        }
    }

    private int number() {
        skipSpaces();
        int begin = at;
        long number = 0;
        while (at < file.length && file[at] >= '0' && file[at] <= '9' && at - begin <= LONGEST_TOKEN) {
            number = 10 * number + file[at++] - '0';
        }
        if (at == begin || at - begin > LONGEST_TOKEN || number > Integer.MAX_VALUE) {
            throw new DamagedImage("it has no number where one should be, at byte " + begin);
        }
        return (int) number;
    }
}
