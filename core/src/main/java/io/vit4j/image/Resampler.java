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
        boolean alongY = height != picture.height();
        byte[] target = new byte[targetValues * height];
        Columns columns = new Columns(picture.height(), height, targetValues, filter, target);
        Rows rows = width == picture.width() ? null : new Rows(picture, width, filter);
        int[] row = new int[targetValues];
        for (int y = 0; y < picture.height(); y++) {
            if (rows == null) {
                unsigned(picture.pixels(), y * sourceValues, row);
            } else {
                row = rows.read(y);
            }
            if (alongY) {
                columns.add(y, row);
            } else {
                narrow(row, target, y * targetValues);
            }
        }
        return new Picture(width, height, channels, target);
    }

    /** {@code (value + rounding) >> precision}, kept within a byte. */
    private static int level(int sum) {
        int level = sum >> ResamplingWeights.PRECISION_BITS;
        return Math.min(Math.max(level, 0), 255);
    }

    /**
     * The way along the rows, many rows at a time: what they have at one place lies side by side, so that one weight
     * serves them all and the processor's vectors hold as many of them as they can.
     */
    private static final class Rows {
        private static final int MOST_ROWS = 128;
        private static final int MOST_VALUES_HELD = 1 << 18;
        private static final int TILE = 64;
        private static final int TAPS = 4;

        private final byte[] pixels;
        private final int channels;
        private final int sourceValues;
        private final int sourceRows;
        private final ResamplingWeights weights;
        private final int held; // rows at a time
        private final int[][] source; // [sourceValues][held]
        private final int[][] target; // [targetValues][held]
        private final int[][] rows; // [held][targetValues]
        private int begin;
        private int end; // of the rows that target has

        Rows(Picture picture, int width, Filter filter) {
            pixels = picture.pixels();
            channels = picture.channels();
            sourceRows = picture.height();
            sourceValues = picture.width() * channels;
            weights = ResamplingWeights.of(picture.width(), width, filter);
            int most = Math.min(Math.min(MOST_ROWS, sourceRows), MOST_VALUES_HELD / sourceValues);
            held = Math.max(1, (most + 3) / 4) * 4;
            source = new int[sourceValues][held];
            target = new int[width * channels][held];
            rows = new int[held][width * channels];
        }

        /** Row {@code y}, each value 0 to 255; {@code y} rises by one from call to call. */
        int[] read(int y) {
            if (y >= end) {
                begin = end;
                end = Math.min(begin + held, sourceRows);
                turn();
                weigh();
                turnBack();
            }
            return rows[y - begin];
        }

        /** Rows become columns, a tile that fits the cache at a time. */
        private void turn() {
            for (int tile = 0; tile < sourceValues; tile += TILE) {
                int tileEnd = Math.min(tile + TILE, sourceValues);
                for (int r = 0; r < held; r += 4) {
                    int row0 = place(r);
                    int row1 = place(r + 1);
                    int row2 = place(r + 2);
                    int row3 = place(r + 3);
                    for (int i = tile; i < tileEnd; i++) {
                        int[] column = source[i];
                        column[r] = pixels[row0 + i] & 0xFF;
                        column[r + 1] = pixels[row1 + i] & 0xFF;
                        column[r + 2] = pixels[row2 + i] & 0xFF;
                        column[r + 3] = pixels[row3 + i] & 0xFF;
                    }
                }
            }
        }

        private int place(int r) {
            return Math.min(begin + r, sourceRows - 1) * sourceValues;
        }

        private void turnBack() {
            for (int tile = 0; tile < target.length; tile += 16) {
                int tileEnd = Math.min(tile + 16, target.length);
                for (int r = 0; r < held; r += 4) {
                    int[] row0 = rows[r];
                    int[] row1 = rows[r + 1];
                    int[] row2 = rows[r + 2];
                    int[] row3 = rows[r + 3];
                    for (int i = tile; i < tileEnd; i++) {
                        int[] column = target[i];
                        row0[i] = column[r];
                        row1[i] = column[r + 1];
                        row2[i] = column[r + 2];
                        row3[i] = column[r + 3];
                    }
                }
            }
        }

        private static void toLevels(int[] sums) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] = level(sums[i]);
            }
        }

        private void weigh() {
            int[] w = weights.weights();
            for (int x = 0; x < weights.first().length; x++) {
                for (int c = 0; c < channels; c++) {
                    int[] sums = target[x * channels + c];
                    Arrays.fill(sums, HALF);
                    int from = weights.first()[x] * channels + c;
                    int k = x * weights.stride();
                    int kEnd = k + weights.count()[x];
                    for (; k + TAPS <= kEnd; k += TAPS, from += TAPS * channels) {
                        addFour(
                                source[from],
                                source[from + channels],
                                source[from + 2 * channels],
                                source[from + 3 * channels],
                                w[k],
                                w[k + 1],
                                w[k + 2],
                                w[k + 3],
                                sums);
                    }
                    for (; k < kEnd; k++, from += channels) {
                        Columns.addScaled(source[from], w[k], sums);
                    }
                    toLevels(sums);
                }
            }
        }

        private static void addFour(int[] a, int[] b, int[] c, int[] d, int w0, int w1, int w2, int w3, int[] sums) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += a[i] * w0 + b[i] * w1 + c[i] * w2 + d[i] * w3;
            }
        }
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
