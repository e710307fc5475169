package io.vit4j.dicom.codec;

import io.vit4j.image.DamagedImage;

/** The bits of a JPEG-LS scan: after a byte of ones comes one of seven bits (ITU-T T.87, 9.1). */
final class JpegLsBits {
    private final byte[] bytes;
    private final int end;
    private int at;
    private long window; // the next bits, at its upper end
    private int count;
    private boolean stuffed; // the byte before was all ones

    JpegLsBits(byte[] bytes, int at, int end) {
        this.bytes = bytes;
        this.at = at;
        this.end = end;
        fill();
    }

    /** Where the next byte that was not looked at lies: at a marker, once the scan is decoded. */
    int position() {
        return at;
    }

    private void fill() {
        while (count <= 48) {
            if (at >= end) {
                return;
            }
            int value = bytes[at] & 0xFF;
            if (value == 0xFF && (at + 1 >= end || (bytes[at + 1] & 0x80) != 0)) {
                return; // a marker
            }
            if (stuffed) {
                window |= (long) (value & 0x7F) << (57 - count);
                count += 7;
            } else {
                window |= (long) value << (56 - count);
                count += 8;
            }
            stuffed = value == 0xFF;
            at++;
        }
    }

    /** The next bits. @param length 0 to 32 */
    int read(int length) {
        if (length == 0) {
            return 0;
        }
        need(length);
        int value = (int) (window >>> (64 - length));
        window <<= length;
        count -= length;
        return value;
    }

    boolean bit() {
        need(1);
        boolean one = window < 0;
        window <<= 1;
        count--;
        return one;
    }

    /** How many zeros come before the next one, which is read too. */
    int zeros(int most) {
        int total = 0;
        while (true) {
            if (count < 33) {
                fill();
            }
            int zeros = Math.min(Long.numberOfLeadingZeros(window), count);
            if (zeros < count) {
                total += zeros;
                if (total > most) {
                    throw new DamagedImage("its JPEG-LS data hold a code that is too long");
                }
                window <<= zeros + 1;
                count -= zeros + 1;
                return total;
            }
            total += zeros;
            window = 0;
            count = 0;
            if (total > most) {
                throw new DamagedImage("its JPEG-LS data hold a code that is too long");
            }
            need(1);
        }
    }

    private void need(int length) {
        if (count < length) {
            fill();
            if (count < length) {
                throw new DamagedImage("its JPEG-LS data end before the picture does");
            }
        }
    }
}
