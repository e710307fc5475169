package io.vit4j.dicom.codec.jpeg2000;

import io.vit4j.image.DamagedImage;

/** The bits of packet headers (ITU-T T.800, B.10.1): after a byte of ones comes one of seven bits. */
final class PacketBits {
    private final byte[] bytes;
    private int at;
    private int value;
    private int count;

    PacketBits(byte[] bytes, int at) {
        this.bytes = bytes;
        this.at = at;
    }

    int bit() {
        if (count == 0) {
            if (at >= bytes.length) {
                throw new DamagedImage("its JPEG 2000 data end within a packet");
            }
            count = value == 0xFF ? 7 : 8;
            value = bytes[at++] & 0xFF;
        }
        count--;
        return value >> count & 1;
    }

    int read(int length) {
        int read = 0;
        for (int i = 0; i < length; i++) {
            read = read << 1 | bit();
        }
        return read;
    }

    /** The number of coding passes (Table B.4). */
    int passes() {
        if (bit() == 0) {
            return 1;
        }
        if (bit() == 0) {
            return 2;
        }
        int more = read(2);
        if (more < 3) {
            return 3 + more;
        }
        more = read(5);
        if (more < 31) {
            return 6 + more;
        }
        return 37 + read(7);
    }

    /** Ends the header; where the next byte lies. */
    int end() {
        if (value == 0xFF) {
            at++; // the byte that is stuffed after one of ones
        }
        count = 0;
        value = 0;
        return at;
    }
}
