package io.vit4j.dicom.codec.jpeg2000;

/**
 * One level of the inverse wavelet transforms (ITU-T T.800, annex F). The four sub-bands lie in the quarters of the area, low
 * ones first; afterwards the samples lie there. Rows are transformed, then all columns at once, row by row.
 */
final class InverseWavelet {
    private static final float ALPHA = -1.586134342059924f;
    private static final float BETA = -0.052980118572961f;
    private static final float GAMMA = 0.882911075530934f;
    private static final float DELTA = 0.443506852043971f;
    private static final float K = 1.230174104914001f;

    private InverseWavelet() {}

    /** The 5/3 transform of whole numbers. */
    static void reversible(int[] values, int stride, TileComponent.Resolution area) {
        int width = area.width();
        int height = area.height();
        int[] row = new int[width];
        int oddX = area.x0() & 1;
        int low = width + 1 - oddX >> 1;
        for (int y = 0; y < height; y++) {
            reversibleRow(values, y * stride, width, low, oddX, row);
        }
        int oddY = area.y0() & 1;
        int lowRows = height + 1 - oddY >> 1;
        int highRows = height - lowRows;
        if (height == 1) {
            if (oddY == 1) {
                for (int x = 0; x < width; x++) {
                    values[x] >>= 1;
                }
            }
            return;
        }
        for (int i = 0; i < lowRows; i++) {
            int at = i * stride;
            int a = (lowRows + clamp(i - 1 + oddY, highRows)) * stride;
            int b = (lowRows + clamp(i + oddY, highRows)) * stride;
            for (int x = 0; x < width; x++) {
                values[at + x] -= values[a + x] + values[b + x] + 2 >> 2;
            }
        }
        for (int i = 0; i < highRows; i++) {
            int at = (lowRows + i) * stride;
            int a = clamp(i - oddY, lowRows) * stride;
            int b = clamp(i + 1 - oddY, lowRows) * stride;
            for (int x = 0; x < width; x++) {
                values[at + x] += values[a + x] + values[b + x] >> 1;
            }
        }
        int[] lows = new int[lowRows * width];
        for (int i = 0; i < lowRows; i++) {
            System.arraycopy(values, i * stride, lows, i * width, width);
        }
        int[] highs = new int[highRows * width];
        for (int i = 0; i < highRows; i++) {
            System.arraycopy(values, (lowRows + i) * stride, highs, i * width, width);
        }
        for (int y = 0; y < height; y++) {
            int[] from = (y + oddY & 1) == 0 ? lows : highs;
            System.arraycopy(from, (y >> 1) * width, values, y * stride, width);
        }
    }

    private static void reversibleRow(int[] values, int at, int width, int low, int odd, int[] row) {
        if (width == 1) {
            if (odd == 1) {
                values[at] >>= 1;
            }
            return;
        }
        int high = width - low;
        int highAt = at + low;
        for (int i = 0; i < low; i++) {
            int a = values[highAt + clamp(i - 1 + odd, high)];
            int b = values[highAt + clamp(i + odd, high)];
            row[2 * i + odd] = values[at + i] - (a + b + 2 >> 2);
        }
        for (int i = 0; i < high; i++) {
            int a = row[2 * clamp(i - odd, low) + odd];
            int b = row[2 * clamp(i + 1 - odd, low) + odd];
            row[2 * i + 1 - odd] = values[highAt + i] + (a + b >> 1);
        }
        System.arraycopy(row, 0, values, at, width);
    }

    /** The 9/7 transform. */
    static void irreversible(float[] values, int stride, TileComponent.Resolution area) {
        int width = area.width();
        int height = area.height();
        int oddX = area.x0() & 1;
        int low = width + 1 - oddX >> 1;
        float[] row = new float[width];
        for (int y = 0; y < height; y++) {
            irreversibleRow(values, y * stride, width, low, oddX, row);
        }
        int oddY = area.y0() & 1;
        int lowRows = height + 1 - oddY >> 1;
        int highRows = height - lowRows;
        if (height == 1) {
            if (oddY == 1) {
                for (int x = 0; x < width; x++) {
                    values[x] *= 0.5f;
                }
            }
            return;
        }
        for (int i = 0; i < height; i++) {
            float factor = i < lowRows ? K : 1 / K;
            for (int x = i * stride; x < i * stride + width; x++) {
                values[x] *= factor;
            }
        }
        lowRows(values, stride, width, lowRows, highRows, oddY, DELTA);
        highRows(values, stride, width, lowRows, highRows, oddY, GAMMA);
        lowRows(values, stride, width, lowRows, highRows, oddY, BETA);
        highRows(values, stride, width, lowRows, highRows, oddY, ALPHA);
        float[] lows = new float[lowRows * width];
        for (int i = 0; i < lowRows; i++) {
            System.arraycopy(values, i * stride, lows, i * width, width);
        }
        float[] highs = new float[highRows * width];
        for (int i = 0; i < highRows; i++) {
            System.arraycopy(values, (lowRows + i) * stride, highs, i * width, width);
        }
        for (int y = 0; y < height; y++) {
            float[] from = (y + oddY & 1) == 0 ? lows : highs;
            System.arraycopy(from, (y >> 1) * width, values, y * stride, width);
        }
    }

    private static void lowRows(float[] values, int stride, int width, int low, int high, int odd, float factor) {
        for (int i = 0; i < low; i++) {
            int at = i * stride;
            int a = (low + clamp(i - 1 + odd, high)) * stride;
            int b = (low + clamp(i + odd, high)) * stride;
            for (int x = 0; x < width; x++) {
                values[at + x] -= factor * (values[a + x] + values[b + x]);
            }
        }
    }

    private static void highRows(float[] values, int stride, int width, int low, int high, int odd, float factor) {
        for (int i = 0; i < high; i++) {
            int at = (low + i) * stride;
            int a = clamp(i - odd, low) * stride;
            int b = clamp(i + 1 - odd, low) * stride;
            for (int x = 0; x < width; x++) {
                values[at + x] -= factor * (values[a + x] + values[b + x]);
            }
        }
    }

    private static void irreversibleRow(float[] values, int at, int width, int low, int odd, float[] row) {
        if (width == 1) {
            if (odd == 1) {
                values[at] *= 0.5f;
            }
            return;
        }
        int high = width - low;
        for (int i = 0; i < low; i++) {
            row[2 * i + odd] = values[at + i] * K;
        }
        for (int i = 0; i < high; i++) {
            row[2 * i + 1 - odd] = values[at + low + i] * (1 / K);
        }
        lift(row, width, odd, DELTA);
        lift(row, width, 1 - odd, GAMMA);
        lift(row, width, odd, BETA);
        lift(row, width, 1 - odd, ALPHA);
        System.arraycopy(row, 0, values, at, width);
    }

    /** Takes the neighbours, mirrored at the ends, from every second sample. */
    private static void lift(float[] row, int width, int first, float factor) {
        if (first == 0) {
            row[0] -= 2 * factor * row[1];
        }
        int x = first == 0 ? 2 : 1;
        for (; x < width - 1; x += 2) {
            row[x] -= factor * (row[x - 1] + row[x + 1]);
        }
        if (x == width - 1) {
            row[x] -= 2 * factor * row[x - 1];
        }
    }

    private static int clamp(int index, int count) {
        return index < 0 ? 0 : Math.min(index, count - 1);
    }
}
