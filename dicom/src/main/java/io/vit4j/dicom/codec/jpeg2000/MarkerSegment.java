package io.vit4j.dicom.codec.jpeg2000;

import io.vit4j.image.DamagedImage;

/** The content of a marker segment, read from its begin. */
final class MarkerSegment {
    private final byte[] bytes;
    private int at;
    private final int end;

    MarkerSegment(byte[] bytes, int at, int end) {
        this.bytes = bytes;
        this.at = at;
        this.end = end;
    }

    int left() {
        return end - at;
    }

    int uint8() {
        if (at >= end) {
            throw new DamagedImage("its JPEG 2000 data have a header that is too short");
        }
        return bytes[at++] & 0xFF;
    }

    int uint16() {
        return uint8() << 8 | uint8();
    }

    /** At most 2^31 - 1: more is no size that is decoded. */
    int uint31() {
        int value = uint16() << 16 | uint16();
        if (value < 0) {
            throw new DamagedImage("its JPEG 2000 data have a size out of range");
        }
        return value;
    }
}
