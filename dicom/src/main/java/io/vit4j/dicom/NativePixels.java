package io.vit4j.dicom;

import io.vit4j.dicom.codec.Samples;
import io.vit4j.image.DamagedImage;

/** Pixels that are not compressed (PS3.5, section 8.1 and annex D): bytes, words, bits, by pixel or by plane. */
final class NativePixels {
    private NativePixels() {}

    /** A frame's values, without what else lies in the bits allocated. */
    static Samples read(byte[] bytes, Element element, PixelDescription pixels, int frame) {
        long firstBit = frame * pixels.frameBits();
        long whole = Math.multiplyExact(pixels.frames(), pixels.frameBits());
        if (whole > 8L * element.length()) {
            throw new DamagedImage("its pixels end after " + element.length() + " of " + (whole + 7) / 8 + " bytes");
        }
        int[] values = new int[Math.multiplyExact(pixels.pixels(), pixels.samples())];
        if (pixels.allocated() == 1) {
            for (int i = 0; i < values.length; i++) {
                long bit = firstBit + i;
                values[i] = bytes[element.at() + (int) (bit >> 3)] >> (bit & 7) & 1;
            }
            return new Samples(pixels.width(), pixels.height(), pixels.samples(), 1, values);
        }
        int at = element.at() + (int) (firstBit / 8);
        boolean bigEndian = element.encoding().bigEndian();
        if (pixels.photometric() == PixelDescription.Photometric.YBR_FULL_422 && pixels.samples() == 3) {
            subsampled(bytes, at, pixels, values);
        } else {
            whole(bytes, at, pixels, bigEndian && !element.vr().equals("OB"), values);
        }
        extract(values, pixels);
        return new Samples(pixels.width(), pixels.height(), pixels.samples(), pixels.allocated(), values);
    }

    private static void whole(byte[] bytes, int begin, PixelDescription pixels, boolean bigEndian, int[] values) {
        int width = pixels.allocated() / 8;
        int step = pixels.planar() ? pixels.samples() : 1;
        int planes = pixels.planar() ? pixels.samples() : 1;
        int perPlane = values.length / planes;
        int at = begin;
        for (int plane = 0; plane < planes; plane++) {
            int to = plane;
            for (int i = 0; i < perPlane; i++, to += step, at += width) {
                values[to] = switch (width) {
                    case 1 -> bytes[at] & 0xFF;
                    case 2 ->
                        bigEndian
                                ? (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF
                                : (bytes[at + 1] & 0xFF) << 8 | bytes[at] & 0xFF;
                    default ->
                        bigEndian
                                ? bytes[at] << 24
                                        | (bytes[at + 1] & 0xFF) << 16
                                        | (bytes[at + 2] & 0xFF) << 8
                                        | bytes[at + 3] & 0xFF
                                : bytes[at + 3] << 24
                                        | (bytes[at + 2] & 0xFF) << 16
                                        | (bytes[at + 1] & 0xFF) << 8
                                        | bytes[at] & 0xFF;
                };
            }
        }
    }

    /** Two values of brightness share one of each colour: Y1 Y2 Cb Cr. */
    private static void subsampled(byte[] bytes, int begin, PixelDescription pixels, int[] values) {
        if (pixels.allocated() != 8 || pixels.width() % 2 != 0) {
            throw new DamagedImage("its subsampled pixels are not 8 bits, or not in pairs");
        }
        int at = begin;
        for (int to = 0; to < values.length; to += 6, at += 4) {
            values[to] = bytes[at] & 0xFF;
            values[to + 3] = bytes[at + 1] & 0xFF;
            values[to + 1] = bytes[at + 2] & 0xFF;
            values[to + 4] = values[to + 1];
            values[to + 2] = bytes[at + 3] & 0xFF;
            values[to + 5] = values[to + 2];
        }
    }

    /** Moves values to the lowest bits, away from overlays that old programs kept in the others. */
    static void extract(int[] values, PixelDescription pixels) {
        int shift = pixels.highBit() + 1 - pixels.stored();
        int mask = pixels.stored() == 32 ? -1 : (1 << pixels.stored()) - 1;
        if (shift == 0 && pixels.stored() == pixels.allocated()) {
            return;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = values[i] >>> shift & mask;
        }
    }
}
