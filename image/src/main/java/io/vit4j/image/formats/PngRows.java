package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;

/** The decompressed bytes of a PNG's rows, a piece at a time, so that memory stays small and in the cache. */
final class PngRows {
    private static final int PIECE = 1 << 17;
    private static final int ZLIB_HEADER = 2;

    private final Inflate inflate;
    private final byte[] bytes;
    private int next;
    private int filled;
    private long left; // of what the picture needs, what is not yet decompressed

    /**
     * @param compressed a zlib stream in [0, end), followed by {@link Inflate#PADDING} bytes
     * @param total bytes that the picture needs in all; what follows them is ignored
     * @param longest the most bytes that will be asked for at once
     */
    PngRows(byte[] compressed, int end, long total, int longest) {
        if (end < ZLIB_HEADER
                || (compressed[0] & 0x8F) != 8 // deflate with a window of at most 32 KiB
                || BigEndian.uint16(compressed, 0) % 31 != 0
                || (compressed[1] & 0x20) != 0) { // a preset dictionary, which PNG forbids
            throw new DamagedImage("its pixels are not compressed with zlib");
        }
        this.inflate = new Inflate(compressed, ZLIB_HEADER, end);
        this.left = total;
        this.bytes = new byte[Math.toIntExact(Math.min(total, Inflate.WINDOW + longest + PIECE) + Inflate.SLACK)];
    }

    /** The array that {@link #next} points into. */
    byte[] bytes() {
        return bytes;
    }

    /** Where the next {@code count} bytes begin; valid until the next call. */
    int next(int count) {
        if (filled - next < count) {
            fill();
            if (filled - next < count) {
                throw new DamagedImage("its pixels end too early");
            }
        }
        next += count;
        return next - count;
    }

    private void fill() {
        int room = bytes.length - Inflate.SLACK;
        int keepFrom = Math.max(Math.min(next, filled - Inflate.WINDOW), 0);
        if (filled + left > room) {
            System.arraycopy(bytes, keepFrom, bytes, 0, filled - keepFrom);
            filled -= keepFrom;
            next -= keepFrom;
        }
        int end = inflate.fill(bytes, filled, (int) Math.min(room, filled + Math.max(left, 0)));
        left -= end - filled;
        filled = end;
    }
}
