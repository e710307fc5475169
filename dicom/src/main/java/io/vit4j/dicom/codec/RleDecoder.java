package io.vit4j.dicom.codec;

import io.vit4j.image.DamagedImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** DICOM's run-length coding (PS3.5, annex G): every byte of every component is a segment of its own, packed as PackBits do. */
public final class RleDecoder {
    private static final int HEADER = 64;
    private static final int MOST_SEGMENTS = 15;

    private RleDecoder() {}

    /**
     * Decodes a frame.
     *
     * @param coded the frame's bytes
     * @param bytesAllocated 1, 2 or 4 a value
     * @throws DamagedImage if it is damaged
     */
    public static Samples decode(byte[] coded, int width, int height, int components, int bytesAllocated) {
        if (coded.length < HEADER) {
            throw new DamagedImage("its RLE data end within their header");
        }
        ByteBuffer header = ByteBuffer.wrap(coded, 0, HEADER).order(ByteOrder.LITTLE_ENDIAN);
        int segments = header.getInt(0);
        if (segments != components * bytesAllocated || segments > MOST_SEGMENTS) {
            throw new DamagedImage("its RLE data have another number of segments than its header asks for");
        }
        int pixels = width * height;
        int[] values = new int[pixels * components];
        for (int segment = 0; segment < segments; segment++) {
            int start = header.getInt(4 + 4 * segment);
            int end = segment + 1 < segments ? header.getInt(8 + 4 * segment) : coded.length;
            if (start < HEADER || start > end || end > coded.length) {
                throw new DamagedImage("its RLE data have segments outside of the frame");
            }
            int component = segment / bytesAllocated;
            int shift = 8 * (bytesAllocated - 1 - segment % bytesAllocated); // the highest byte comes first
            unpack(coded, start, end, values, component, components, pixels, shift);
        }
        return new Samples(width, height, components, 8 * bytesAllocated, values);
    }

    private static void unpack(
            byte[] coded, int start, int end, int[] values, int component, int step, int pixels, int shift) {
        int at = start;
        int to = component;
        int left = pixels;
        while (left > 0) {
            if (at >= end) {
                throw new DamagedImage("its RLE data end before the picture does");
            }
            int control = coded[at++];
            if (control >= 0) {
                int literal = control + 1;
                if (at + literal > end) {
                    throw new DamagedImage("its RLE data end before the picture does");
                }
                int taken = Math.min(literal, left);
                for (int i = 0; i < taken; i++, to += step) {
                    values[to] |= (coded[at + i] & 0xFF) << shift;
                }
                at += literal;
                left -= taken;
            } else if (control != -128) {
                if (at >= end) {
                    throw new DamagedImage("its RLE data end before the picture does");
                }
                int value = (coded[at++] & 0xFF) << shift;
                int run = Math.min(1 - control, left);
                for (int i = 0; i < run; i++, to += step) {
                    values[to] |= value;
                }
                left -= run;
            }
        }
    }
}
