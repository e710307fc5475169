package io.vit4j.image;

import io.vit4j.base.InputException;
import java.util.Arrays;

/**
 * Brings a picture to another size, to the byte as Pillow's {@code Image.resize} does it for 8-bit pictures: along the
 * rows first, rounded to 8 bits, then along the columns. Shrinking averages over all source pixels (antialiasing).
 *
 * <p>Beside the result it needs four bytes for each of its values at most, and some rows of the source.
 */
public final class Resampler {
    private static final int HALF = 1 << (ResamplingWeights.PRECISION_BITS - 1);
    private static final long TWO_HALVES = ((long) HALF << 32) + HALF;

    /** Rows that go along the x axis together: two in each of two longs. */
    private static final int ROWS = 4;

    /** A size beyond which the work, or its memory, would be out of proportion: a quarter of a gibibyte of results. */
    private static final long MOST_VALUES = 1L << 28;

    private Resampler() {}

    /**
     * The picture at that size, with as many channels; the picture itself where it has that size already.
     *
     * @throws InputException where the result, or the table of weights, would be too large to make
     */
    public static Picture resize(Picture picture, int width, int height, Filter filter) {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("to " + width + "x" + height);
        }
        if (width == picture.width() && height == picture.height()) {
            return picture;
        }
        refuseTooLarge(picture, width, height, filter);
        return filter == Filter.NEAREST ? nearest(picture, width, height) : average(picture, width, height, filter);
    }

    private static void refuseTooLarge(Picture picture, int width, int height, Filter filter) {
        long values = (long) width * Math.max(height, picture.height()) * picture.channels(); // rows are resized first
        double weights =
                Math.max(weightCount(picture.width(), width, filter), weightCount(picture.height(), height, filter));
        if (values > MOST_VALUES || weights > MOST_VALUES / 4) {
            throw new InputException("a picture of " + picture.width() + "x" + picture.height()
                    + " is too large, or too long and narrow, to be brought to " + width + "x" + height
                    + "; leave it out or crop it first");
        }
    }

    private static double weightCount(int source, int target, Filter filter) {
        return (filter.support() * Math.max((double) source / target, 1) * 2 + 6) * target;
    }

    private static Picture nearest(Picture picture, int width, int height) {
        int channels = picture.channels();
        int[] columns = nearestSources(picture.width(), width);
        int[] rows = nearestSources(picture.height(), height);
        byte[] source = picture.pixels();
        byte[] target = new byte[width * height * channels];
        int to = 0;
        for (int y = 0; y < height; y++) {
            int row = rows[y] * picture.width();
            for (int x = 0; x < width; x++) {
                int from = (row + columns[x]) * channels;
                for (int c = 0; c < channels; c++) {
                    target[to++] = source[from + c];
                }
            }
        }
        return new Picture(width, height, channels, target);
    }

    /** As {@code ImagingScaleAffine} steps, by adding, so that its rounding errors are the same. */
    private static int[] nearestSources(int source, int target) {
        double step = (double) source / target;
        double at = step * 0.5;
        int[] sources = new int[target];
        for (int i = 0; i < target; i++) {
            sources[i] = Math.min((int) at, source - 1);
            at += step;
        }
        return sources;
    }

    private static Picture average(Picture picture, int width, int height, Filter filter) {
        int channels = picture.channels();
        int sourceValues = picture.width() * channels; // in a row
        int targetValues = width * channels;
        boolean alongX = width != picture.width();
        boolean alongY = height != picture.height();
        ResamplingWeights xWeights = ResamplingWeights.of(picture.width(), width, filter);
        byte[] target = new byte[targetValues * height];
        Columns columns = new Columns(picture.height(), height, targetValues, filter, target);
        long[] upper = new long[sourceValues];
        long[] lower = new long[sourceValues];
        int[][] rows = new int[ROWS][targetValues];
        for (int y = 0; y < picture.height(); y += ROWS) {
            int here = Math.min(ROWS, picture.height() - y);
            if (alongX) {
                pack(picture.pixels(), y, Math.min(y + 1, y + here - 1), sourceValues, upper);
                pack(picture.pixels(), Math.min(y + 2, y + here - 1), y + here - 1, sourceValues, lower);
                if (channels == 1) {
                    greyRows(upper, lower, xWeights, rows);
                } else {
                    colourRows(upper, lower, xWeights, rows);
                }
            } else {
                for (int r = 0; r < here; r++) {
                    unsigned(picture.pixels(), (y + r) * sourceValues, rows[r]);
                }
            }
            for (int r = 0; r < here; r++) {
                if (alongY) {
                    columns.add(y + r, rows[r]);
                } else {
                    narrow(rows[r], target, (y + r) * targetValues);
                }
            }
        }
        return new Picture(width, height, channels, target);
    }

    /**
     * Two rows side by side in one long a value: one multiplication then serves both. The lower half's sign borrows from
     * the upper half; {@link #upperHalf} gives it back, so both sums are exact.
     */
    private static void pack(byte[] pixels, int lowRow, int highRow, int values, long[] packed) {
        int low = lowRow * values;
        int high = highRow * values;
        for (int i = 0; i < values; i++) {
            packed[i] = (pixels[low + i] & 0xFF) | (long) (pixels[high + i] & 0xFF) << 32;
        }
    }

    private static int upperHalf(long sums) {
        return (int) (sums >> 32) - ((int) sums >> 31);
    }

    /** {@code (value + rounding) >> precision}, kept within a byte. */
    private static int level(int sum) {
        int level = sum >> ResamplingWeights.PRECISION_BITS;
        return Math.min(Math.max(level, 0), 255);
    }

    private static void greyRows(long[] upper, long[] lower, ResamplingWeights weights, int[][] rows) {
        int[] first = weights.first();
        int[] count = weights.count();
        int[] w = weights.weights();
        int[] row0 = rows[0];
        int[] row1 = rows[1];
        int[] row2 = rows[2];
        int[] row3 = rows[3];
        for (int x = 0; x < first.length; x++) {
            long a = TWO_HALVES;
            long b = TWO_HALVES;
            int from = first[x];
            int k = x * weights.stride();
            int end = k + count[x];
            for (; k < end; k++, from++) {
                long weight = w[k];
                a += upper[from] * weight;
                b += lower[from] * weight;
            }
            row0[x] = level((int) a);
            row1[x] = level(upperHalf(a));
            row2[x] = level((int) b);
            row3[x] = level(upperHalf(b));
        }
    }

    private static void colourRows(long[] upper, long[] lower, ResamplingWeights weights, int[][] rows) {
        int[] first = weights.first();
        int[] count = weights.count();
        int[] w = weights.weights();
        for (int x = 0; x < first.length; x++) {
            long redA = TWO_HALVES;
            long greenA = TWO_HALVES;
            long blueA = TWO_HALVES;
            long redB = TWO_HALVES;
            long greenB = TWO_HALVES;
            long blueB = TWO_HALVES;
            int from = first[x] * 3;
            int k = x * weights.stride();
            int end = k + count[x];
            for (; k < end; k++, from += 3) {
                long weight = w[k];
                redA += upper[from] * weight;
                greenA += upper[from + 1] * weight;
                blueA += upper[from + 2] * weight;
                redB += lower[from] * weight;
                greenB += lower[from + 1] * weight;
                blueB += lower[from + 2] * weight;
            }
            store(redA, redB, rows, x * 3);
            store(greenA, greenB, rows, x * 3 + 1);
            store(blueA, blueB, rows, x * 3 + 2);
        }
    }

    private static void store(long a, long b, int[][] rows, int at) {
        rows[0][at] = level((int) a);
        rows[1][at] = level(upperHalf(a));
        rows[2][at] = level((int) b);
        rows[3][at] = level(upperHalf(b));
    }

    private static void unsigned(byte[] from, int offset, int[] to) {
        for (int i = 0; i < to.length; i++) {
            to[i] = from[offset + i] & 0xFF;
        }
    }

    private static void narrow(int[] from, byte[] to, int offset) {
        for (int i = 0; i < from.length; i++) {
            to[offset + i] = (byte) from[i];
        }
    }

    /** The way along the columns: each source row is added to the target rows that it takes part in. */
    private static final class Columns {
        private final ResamplingWeights weights;
        private final int values;
        private final byte[] target;
        private final int[][] sums; // of the target rows begun and not yet done; null before and after
        private int begun;
        private int done;

        Columns(int source, int targetHeight, int values, Filter filter, byte[] target) {
            this.weights = ResamplingWeights.of(source, targetHeight, filter);
            this.values = values;
            this.target = target;
            this.sums = new int[targetHeight][];
        }

        void add(int y, int[] row) {
            int[] first = weights.first();
            int[] count = weights.count();
            while (begun < first.length && first[begun] <= y) {
                sums[begun] = new int[values];
                Arrays.fill(sums[begun++], HALF);
            }
            for (int i = done; i < begun; i++) {
                addScaled(row, weights.weights()[i * weights.stride() + y - first[i]], sums[i]);
            }
            while (done < begun && first[done] + count[done] == y + 1) {
                toLevels(sums[done], target, done * values);
                sums[done++] = null;
            }
        }

        private static void addScaled(int[] row, int weight, int[] sum) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += row[i] * weight;
            }
        }

        private static void toLevels(int[] sum, byte[] to, int offset) {
            for (int i = 0; i < sum.length; i++) {
                to[offset + i] = (byte) level(sum[i]);
            }
        }
    }
}
