package io.vit4j.image.formats;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Undoes the row filters of PNG for many rows of one byte a pixel at once. A byte waits for its neighbours on the left,
 * above and above left, so rows that each lag one pixel behind the one above have no need to wait for each other: their
 * bytes, a diagonal of the picture, are computed in one plain loop, of which Java's compiler makes vectors.
 *
 * <p>A lane has every {@link #LANES}th row. It begins with its next row where the wave has left its last, so that all
 * lanes are at work from the first rows to the last. A row lies in its lane's slot, filtered, and is unfiltered there
 * eight bytes at a time. A lane's row begins up to seven bytes into such a group; what the lane computes in front of a row
 * and behind it falls into the slot's margins.
 */
final class PngWave {
    private static final int LANES = 128;
    private static final int GROUP = 8;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final PngRows rows;
    private final int width;
    private final int count;
    private final byte[] pixels;
    private final int firstRow;

    private final int period; // steps from a lane's row to its next, a multiple of GROUP
    private final int slotBytes;
    private final byte[] slots; // [lane][GROUP + period]
    private final byte[]
            lastLane; // what the last lane has of its row, as in its slot: the row above the first lane's next
    private int begun; // rows

    // For each lane 255 where its row's filter looks at that neighbour, or takes the average, else 0.
    private final int[] useLeft = new int[LANES];
    private final int[] useAbove = new int[LANES];
    private final int[] useAboveLeft = new int[LANES];
    private final int[] useAverage = new int[LANES];

    // The neighbours of each lane's next byte, whose low 8 bits count.
    private final int[] left = new int[LANES];
    private final int[] above = new int[LANES];
    private final int[] aboveLeft = new int[LANES];

    // Each lane's group: bytes are taken at the low end and come in at the high end, unfiltered.
    private final int[] lowWords = new int[LANES];
    private final int[] highWords = new int[LANES];

    private PngWave(PngRows rows, int width, int count, byte[] pixels, int firstRow) {
        this.rows = rows;
        this.width = width;
        this.count = count;
        this.pixels = pixels;
        this.firstRow = firstRow;
        this.period = width + 2 * (GROUP - 1) & -GROUP;
        this.slotBytes = GROUP + period;
        this.slots = new byte[LANES * slotBytes];
        this.lastLane = new byte[slotBytes];
        if (firstRow > 0) {
            System.arraycopy(pixels, (firstRow - 1) * width, lastLane, GROUP, width);
        }
    }

    /** Whether there are rows enough for every lane, each so long that the first lane's next comes after the last lane's. */
    static boolean fits(int width, int rows) {
        return rows >= LANES && width >= LANES + 2 * GROUP;
    }

    /** Writes all rows of a picture from {@code firstRow} on; what is above them is in {@code pixels} already. */
    static void undo(PngRows rows, int width, byte[] pixels, int firstRow) {
        PngWave wave = new PngWave(rows, width, pixels.length / width - firstRow, pixels, firstRow);
        int end = (wave.count - 1) / LANES * wave.period + (wave.count - 1) % LANES + width;
        for (int step = 0; step < end; step += GROUP) {
            wave.group(step % wave.period, step < wave.period);
        }
        for (int row = Math.max(0, wave.begun - LANES); row < wave.count; row++) {
            wave.copyOut(row);
        }
    }

    /** The steps in which the first lane has the bytes from {@code x} on; lane n is n bytes behind. */
    private void group(int x, boolean firstPeriod) {
        for (int lane = x; lane < Math.min(x + GROUP, LANES); lane++) {
            begin(lane);
        }
        int current = Math.min(x + GROUP, LANES); // the lanes from here on have not yet begun with the period's row
        int active = firstPeriod ? current : LANES;
        load(0, current, x);
        load(current, active, x + period);
        long aboveFirst = (long) LONG.get(lastLane, GROUP + x);
        for (int i = 0; i < GROUP; i += 2) {
            undoTwoDiagonals(i < GROUP / 2 ? lowWords : highWords, (int) (aboveFirst >>> 8 * i), x + i);
        }
        store(0, current, x);
        store(current, active, x + period);
        if (active == LANES) {
            int at = GROUP + x - (LANES - 1) + (current == LANES ? 0 : period);
            LONG.set(lastLane, at, (long) LONG.get(slots, (LANES - 1) * slotBytes + at));
        }
    }

    /** Hands the lane's last row over and takes the next one, if there is one. */
    private void begin(int lane) {
        if (begun >= LANES) {
            copyOut(begun - LANES);
        }
        if (begun < count) {
            int from = rows.next(width + 1);
            int filter = PngFilter.known(rows.bytes()[from]);
            useLeft[lane] = mask(filter != PngFilter.NONE && filter != PngFilter.UP);
            useAbove[lane] = mask(filter >= PngFilter.UP);
            useAboveLeft[lane] = mask(filter == PngFilter.PAETH);
            useAverage[lane] = mask(filter == PngFilter.AVERAGE);
            System.arraycopy(rows.bytes(), from + 1, slots, lane * slotBytes + GROUP, width);
        }
        begun++;
    }

    private static int mask(boolean used) {
        return used ? 0xFF : 0;
    }

    private void copyOut(int row) {
        System.arraycopy(slots, row % LANES * slotBytes + GROUP, pixels, (firstRow + row) * width, width);
    }

    /** @param x of the first lane's group, were it among these */
    private void load(int fromLane, int toLane, int x) {
        int at = GROUP + x + fromLane * (slotBytes - 1);
        for (int lane = fromLane; lane < toLane; lane++, at += slotBytes - 1) {
            long group = (long) LONG.get(slots, at);
            lowWords[lane] = (int) group;
            highWords[lane] = (int) (group >>> 32);
        }
    }

    private void store(int fromLane, int toLane, int x) {
        int at = GROUP + x + fromLane * (slotBytes - 1);
        for (int lane = fromLane; lane < toLane; lane++, at += slotBytes - 1) {
            LONG.set(slots, at, (long) highWords[lane] << 32 | lowWords[lane] & 0xFFFFFFFFL);
        }
    }

    /**
     * Two bytes of every lane. A neighbour that its filter does not look at is 0, and with that Paeth's predictor, written
     * as in {@link PngFilter}, gives the left byte alone, the one above alone, or nothing. Comparisons are signs spread over
     * the word and minimum and maximum a difference, as of these Java 17 makes vectors.
     *
     * <p>Both loops stand written out, since HotSpot inlines shorter methods, and then makes no vectors of them.
     *
     * @param aboveFirst the bytes above the first lane's, the first one lowest
     * @param beginning the lane, if there is one, whose row begins with the first of these bytes; that of the next lane
     *     begins with the second
     */
    private void undoTwoDiagonals(int[] words, int aboveFirst, int beginning) {
        int[] left = this.left;
        int[] above = this.above;
        int[] aboveLeft = this.aboveLeft;
        int[] useLeft = this.useLeft;
        int[] useAbove = this.useAbove;
        int[] useAboveLeft = this.useAboveLeft;
        int[] useAverage = this.useAverage;
        System.arraycopy(left, 0, above, 1, LANES - 1);
        above[0] = aboveFirst;
        if (beginning < LANES) {
            left[beginning] = 0;
            aboveLeft[beginning] = 0;
        }
        for (int lane = 0; lane < LANES; lane++) {
            int a = left[lane] & useLeft[lane];
            int b = above[lane] & useAbove[lane];
            int c = aboveLeft[lane] & useAboveLeft[lane];
            int difference = a - b;
            int sum = a + b;
            int low = b + (difference >> 31 & difference);
            int high = sum - low;
            int threshold = 3 * c - sum;
            int other = low ^ (low ^ c) & (threshold - high >> 31);
            int paeth = high ^ (high ^ other) & (low - threshold >> 31);
            int predicted = paeth ^ (paeth ^ sum >>> 1) & useAverage[lane];
            int word = words[lane];
            int value = word + predicted;
            left[lane] = value;
            words[lane] = word >>> 8 | value << 24;
        }
        System.arraycopy(left, 0, aboveLeft, 1, LANES - 1); // what was above is now above left, and the other way round
        aboveLeft[0] = aboveFirst >>> 8;
        if (beginning < LANES) {
            left[beginning + 1] = 0;
            above[beginning + 1] = 0;
        }
        for (int lane = 0; lane < LANES; lane++) {
            int a = left[lane] & useLeft[lane];
            int b = aboveLeft[lane] & useAbove[lane];
            int c = above[lane] & useAboveLeft[lane];
            int difference = a - b;
            int sum = a + b;
            int low = b + (difference >> 31 & difference);
            int high = sum - low;
            int threshold = 3 * c - sum;
            int other = low ^ (low ^ c) & (threshold - high >> 31);
            int paeth = high ^ (high ^ other) & (low - threshold >> 31);
            int predicted = paeth ^ (paeth ^ sum >>> 1) & useAverage[lane];
            int word = words[lane];
            int value = word + predicted;
            left[lane] = value;
            words[lane] = word >>> 8 | value << 24;
        }
    }
}
