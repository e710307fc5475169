package io.vit4j.dicom.codec;

import io.vit4j.image.DamagedImage;

/** The bits of a JPEG scan: a zero byte that follows one of ones is left out, and any other marks the end (T.81, F.1.2.3). */
final class JpegBits {
    private static final int PADDING = 64; // zeros that may be looked at, not used, behind the end

    private final byte[] bytes;
    private int at;
    private long window; // the next bits, at its lower end
    private int count;
    private int padded;

    JpegBits(byte[] bytes, int at) {
        this.bytes = bytes;
        this.at = at;
    }

    private void fill() {
        while (count <= 48) {
            int value = 0;
            if (at < bytes.length && bytes[at] != -1) {
                value = bytes[at++] & 0xFF;
            } else if (at + 1 < bytes.length && bytes[at + 1] == 0) {
                value = 0xFF;
                at += 2;
            } else {
                padded += 8;
            }
            window = window << 8 | value;
            count += 8;
        }
        if (padded > count + PADDING) {
            throw new DamagedImage("its JPEG data end before the picture does");
        }
    }

    int peek16() {
        if (count < 16) {
            fill();
        }
        return (int) (window >>> (count - 16)) & 0xFFFF;
    }

    void skip(int length) {
        count -= length;
    }

    int read(int length) {
        if (length == 0) {
            return 0;
        }
        if (count < length) {
            fill();
        }
        count -= length;
        return (int) (window >>> count) & (1 << length) - 1;
    }

    /** A number of so many bits, negative if its first bit is 0 (T.81, F.2.2.1). */
    int signed(int length) {
        int value = read(length);
        return length > 0 && value < 1 << length - 1 ? value - (1 << length) + 1 : value;
    }

    /** Passes the restart marker that must come now. */
    void restart() {
        while (at < bytes.length && bytes[at] == -1 && at + 1 < bytes.length && bytes[at + 1] == -1) {
            at++;
        }
        if (at + 1 >= bytes.length || bytes[at] != -1 || (bytes[at + 1] & 0xF8) != 0xD0) {
            throw new DamagedImage("its JPEG data lack a restart marker");
        }
        at += 2;
        window = 0;
        count = 0;
        padded = 0;
    }

    /** Where the marker after the scan lies, or is to be looked for. */
    int position() {
        return at;
    }
}
