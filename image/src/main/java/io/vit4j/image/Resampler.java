package io.vit4j.image;

import io.vit4j.base.InputException;
import java.util.Arrays;

/**
 * Brings a picture to another size, to the byte as Pillow's {@code Image.resize} does it for 8-bit pictures: along the
 * rows first, rounded to 8 bits, then along the columns. Shrinking averages over all source pixels (antialiasing).
 *
 * <p>Beside the result it needs four bytes for each of its values at most, and a band of rows of a few mebibytes.
 */
public final class Resampler {
    static final int HALF = 1 << (ResamplingWeights.PRECISION_BITS - 1);

    /** A size beyond which the work, or its memory, would be out of proportion: a quarter of a gibibyte of results. */
    private static final long MOST_VALUES = 1L << 28;

    private Resampler() {}

    /**
     * The picture at that size, with the same channels; the picture itself if it already has that size.
     *
     * @throws InputException if the result, or the table of weights, would be too large
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
                    + " is too large, or too long and narrow, to be resized to " + width + "x" + height
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
        int values = width * picture.channels(); // in a row
        byte[] target = new byte[values * height];
        VerticalPass columns = new VerticalPass(picture.height(), height, values, filter, target);
        if (width == picture.width()) {
            int[] row = new int[values];
            for (int y = 0; y < picture.height(); y++) {
                unsigned(picture.pixels(), y * values, row);
                columns.add(y, row);
            }
            return new Picture(width, height, picture.channels(), target);
        }
        RowResampler alongX = new RowResampler(picture, ResamplingWeights.of(picture.width(), width, filter));
        for (int y = 0; y < picture.height(); y += alongX.lanes()) {
            int[][] rows = alongX.band(y);
            for (int r = 0; r < Math.min(rows.length, picture.height() - y); r++) {
                if (height == picture.height()) {
                    narrow(rows[r], target, (y + r) * values);
                } else {
                    columns.add(y + r, rows[r]);
                }
            }
        }
        return new Picture(width, height, picture.channels(), target);
    }

    /** {@code (value + rounding) >> precision}, kept within a byte. */
    private static int level(int sum) {
        int level = sum >> ResamplingWeights.PRECISION_BITS;
        return Math.min(Math.max(level, 0), 255);
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
    private static final class VerticalPass {
        private final ResamplingWeights weights;
        private final int values;
        private final byte[] target;
        private final int[][] sums; // of the target rows begun and not yet done; null before and after
        private int begun;
        private int done;

        VerticalPass(int source, int targetHeight, int values, Filter filter, byte[] target) {
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
