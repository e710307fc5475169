package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;

/**
 * Undoes the row filters of PNG (specification, 9.2). {@code step} is the distance to the pixel on the left: the bytes of
 * a pixel, at least 1. A row above the first one reads as zeros.
 */
final class PngFilter {
    static final int NONE = 0;
    private static final int SUB = 1;
    static final int UP = 2;
    static final int AVERAGE = 3;
    static final int PAETH = 4;

    private PngFilter() {}

    /** Writes the row {@code in[from, from + count)}, unfiltered, to {@code out} at {@code to}; {@code above} is at {@code up}. */
    static void undo(int filter, int step, byte[] in, int from, int count, byte[] above, int up, byte[] out, int to) {
        switch (known(filter)) {
            case NONE -> System.arraycopy(in, from, out, to, count);
            case SUB -> sub(step, in, from, count, out, to);
            case UP -> up(in, from, count, above, up, out, to);
            case AVERAGE -> average(step, in, from, count, above, up, out, to);
            default -> paeth(step, in, from, count, above, up, out, to);
        }
    }

    private static void sub(int step, byte[] in, int from, int count, byte[] out, int to) {
        System.arraycopy(in, from, out, to, Math.min(step, count));
        if (step == 1) {
            int left = out[to];
            for (int i = 1; i < count; i++) {
                left += in[from + i];
                out[to + i] = (byte) left;
            }
            return;
        }
        for (int i = step; i < count; i++) {
            out[to + i] = (byte) (in[from + i] + out[to + i - step]);
        }
    }

    private static void up(byte[] in, int from, int count, byte[] above, int up, byte[] out, int to) {
        for (int i = 0; i < count; i++) {
            out[to + i] = (byte) (in[from + i] + above[up + i]);
        }
    }

    private static void average(int step, byte[] in, int from, int count, byte[] above, int up, byte[] out, int to) {
        if (step == 1) {
            int left = 0;
            for (int i = 0; i < count; i++) {
                left = in[from + i] + (left + (above[up + i] & 0xFF) >> 1) & 0xFF;
                out[to + i] = (byte) left;
            }
            return;
        }
        for (int i = 0; i < Math.min(step, count); i++) {
            out[to + i] = (byte) (in[from + i] + ((above[up + i] & 0xFF) >> 1));
        }
        for (int i = step; i < count; i++) {
            int sum = (out[to + i - step] & 0xFF) + (above[up + i] & 0xFF);
            out[to + i] = (byte) (in[from + i] + (sum >> 1));
        }
    }

    private static void paeth(int step, byte[] in, int from, int count, byte[] above, int up, byte[] out, int to) {
        if (step == 1) {
            int a = 0;
            int c = 0;
            for (int i = 0; i < count; i++) {
                int b = above[up + i] & 0xFF;
                a = in[from + i] + predict(a, b, c) & 0xFF;
                out[to + i] = (byte) a;
                c = b;
            }
            return;
        }
        if (step == 3) {
            paeth3(in, from, count, above, up, out, to);
            return;
        }
        if (step == 4) {
            paeth4(in, from, count, above, up, out, to);
            return;
        }
        for (int i = 0; i < Math.min(step, count); i++) {
            out[to + i] = (byte) (in[from + i] + above[up + i]);
        }
        for (int i = step; i < count; i++) {
            int a = out[to + i - step] & 0xFF;
            int b = above[up + i] & 0xFF;
            int c = above[up + i - step] & 0xFF;
            out[to + i] = (byte) (in[from + i] + predict(a, b, c));
        }
    }

    /** Three chains side by side, each held in registers; {@code count} is a multiple of 3. */
    private static void paeth3(byte[] in, int from, int count, byte[] above, int up, byte[] out, int to) {
        int a0 = 0;
        int a1 = 0;
        int a2 = 0;
        int c0 = 0;
        int c1 = 0;
        int c2 = 0;
        for (int i = 0; i < count; i += 3) {
            int b0 = above[up + i] & 0xFF;
            int b1 = above[up + i + 1] & 0xFF;
            int b2 = above[up + i + 2] & 0xFF;
            a0 = in[from + i] + predict(a0, b0, c0) & 0xFF;
            a1 = in[from + i + 1] + predict(a1, b1, c1) & 0xFF;
            a2 = in[from + i + 2] + predict(a2, b2, c2) & 0xFF;
            out[to + i] = (byte) a0;
            out[to + i + 1] = (byte) a1;
            out[to + i + 2] = (byte) a2;
            c0 = b0;
            c1 = b1;
            c2 = b2;
        }
    }

    /** Four chains side by side; {@code count} is a multiple of 4. */
    private static void paeth4(byte[] in, int from, int count, byte[] above, int up, byte[] out, int to) {
        int a0 = 0;
        int a1 = 0;
        int a2 = 0;
        int a3 = 0;
        int c0 = 0;
        int c1 = 0;
        int c2 = 0;
        int c3 = 0;
        for (int i = 0; i < count; i += 4) {
            int b0 = above[up + i] & 0xFF;
            int b1 = above[up + i + 1] & 0xFF;
            int b2 = above[up + i + 2] & 0xFF;
            int b3 = above[up + i + 3] & 0xFF;
            a0 = in[from + i] + predict(a0, b0, c0) & 0xFF;
            a1 = in[from + i + 1] + predict(a1, b1, c1) & 0xFF;
            a2 = in[from + i + 2] + predict(a2, b2, c2) & 0xFF;
            a3 = in[from + i + 3] + predict(a3, b3, c3) & 0xFF;
            out[to + i] = (byte) a0;
            out[to + i + 1] = (byte) a1;
            out[to + i + 2] = (byte) a2;
            out[to + i + 3] = (byte) a3;
            c0 = b0;
            c1 = b1;
            c2 = b2;
            c3 = b3;
        }
    }

    /** Whether a byte waits for the one on its left in a way that costs more than a moment. */
    static boolean isSlow(int filter) {
        return filter == AVERAGE || filter == PAETH;
    }

    /** The filter itself, if it is one. */
    static int known(int filter) {
        if (filter < NONE || filter > PAETH) {
            throw new DamagedImage("a row has the unknown filter " + filter);
        }
        return filter;
    }

    /**
     * Paeth's predictor: of left, above and above left the one nearest to {@code a + b - c}. It is the smaller of a and b
     * where {@code 3c - a - b} is not below the larger, the larger where that is not above the smaller, else c; so written,
     * two conditional moves do it, and no branch goes wrong half of the time.
     */
    private static int predict(int a, int b, int c) {
        int threshold = 3 * c - a - b;
        int low = Math.min(a, b);
        int high = Math.max(a, b);
        int other = high <= threshold ? low : c;
        return threshold <= low ? high : other;
    }
}
