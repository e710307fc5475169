package io.vit4j.image.operations;

import io.vit4j.image.Picture;
import java.util.Arrays;

/** Moves every pixel by its own small way: torchvision's {@code ElasticTransform}, bilinear, with black outside the picture. */
public final class ElasticTransform {
    private ElasticTransform() {}

    /**
     * Ways that neighbours share: noise smoothed by a Gaussian, whose edges are reflected.
     *
     * @param noise {@code [height, width]}, uniform in -1 to 1
     * @param alpha how far, in pixels before smoothing
     * @param sigma deviation of the Gaussian in pixels; 0 for none
     * @param side that torchvision divides by: the height for ways along the rows, the width for ways along the columns
     * @return {@code [height, width]}, in halves of a side
     */
    public static float[] displacement(float[] noise, int height, int width, double alpha, double sigma, int side) {
        float[] smooth = noise;
        if (sigma > 0) {
            float[] kernel = kernel(sigma);
            smooth = alongColumns(alongRows(noise, height, width, kernel), height, width, kernel);
        }
        float[] displacement = new float[noise.length];
        for (int i = 0; i < displacement.length; i++) {
            displacement[i] = (float) (smooth[i] * (float) alpha / side);
        }
        return displacement;
    }

    /** As {@code _get_gaussian_kernel1d} with as many values as {@code ElasticTransform} takes, an odd number. */
    private static float[] kernel(double sigma) {
        int size = (int) (8 * sigma + 1) | 1;
        double[] values = new double[size];
        double sum = 0;
        for (int i = 0; i < size; i++) {
            double from = (i - size / 2) / sigma;
            values[i] = Math.exp(-0.5 * from * from);
            sum += values[i];
        }
        float[] kernel = new float[size];
        for (int i = 0; i < size; i++) {
            kernel[i] = (float) (values[i] / sum);
        }
        return kernel;
    }

    private static float[] alongRows(float[] from, int height, int width, float[] kernel) {
        float[] to = new float[from.length];
        int half = kernel.length / 2;
        float[] line = new float[width + 2 * half];
        float[] sums = new float[width];
        for (int y = 0; y < height; y++) {
            for (int x = -half; x < width + half; x++) {
                line[x + half] = from[y * width + reflected(x, width)];
            }
            Arrays.fill(sums, 0);
            for (int k = 0; k < kernel.length; k++) {
                addScaled(line, k, kernel[k], sums, 0, width);
            }
            System.arraycopy(sums, 0, to, y * width, width);
        }
        return to;
    }

    private static float[] alongColumns(float[] from, int height, int width, float[] kernel) {
        float[] to = new float[from.length];
        int half = kernel.length / 2;
        for (int y = 0; y < height; y++) {
            for (int k = 0; k < kernel.length; k++) {
                addScaled(from, reflected(y + k - half, height) * width, kernel[k], to, y * width, width);
            }
        }
        return to;
    }

    private static void addScaled(float[] from, int start, float weight, float[] to, int at, int count) {
        for (int i = 0; i < count; i++) {
            to[at + i] += from[start + i] * weight;
        }
    }

    /** Beyond the ends backwards, without repeating the end. */
    private static int reflected(int at, int size) {
        if (size == 1) {
            return 0;
        }
        int period = 2 * (size - 1);
        int within = Math.floorMod(at, period);
        return within < size ? within : period - within;
    }

    /**
     * @param right displacement along the rows, {@code [height, width]}, in halves of the picture's width
     * @param down along the columns, in halves of the picture's height
     */
    public static Picture apply(Picture picture, float[] right, float[] down) {
        int width = picture.width();
        int height = picture.height();
        int channels = picture.channels();
        byte[] to = new byte[picture.pixels().length];
        for (int y = 0; y < height; y++) {
            float gridY = linspace(y, height);
            for (int x = 0; x < width; x++) {
                int at = y * width + x;
                float atX = ((linspace(x, width) + right[at] + 1) * width - 1) / 2;
                float atY = ((gridY + down[at] + 1) * height - 1) / 2;
                sample(picture, atX, atY, to, at * channels);
            }
        }
        return new Picture(width, height, channels, to);
    }

    /** {@code torch.linspace((1 - n) / n, (n - 1) / n, n)}. */
    private static float linspace(int i, int count) {
        return (float) ((2.0 * i + 1 - count) / count);
    }

    /** Bilinear; the part that lies outside counts as black, and darkens once more, as torchvision's mask of it does. */
    private static void sample(Picture picture, float x, float y, byte[] to, int start) {
        int left = (int) Math.floor(x);
        int upper = (int) Math.floor(y);
        float shareRight = x - left;
        float shareLower = y - upper;
        float inside = 0;
        int channels = picture.channels();
        float[] sums = new float[channels];
        for (int corner = 0; corner < 4; corner++) {
            int column = left + (corner & 1);
            int row = upper + (corner >> 1);
            if (column >= 0 && column < picture.width() && row >= 0 && row < picture.height()) {
                float weight = ((corner & 1) == 1 ? shareRight : 1 - shareRight)
                        * (corner >> 1 == 1 ? shareLower : 1 - shareLower);
                inside += weight;
                int from = (row * picture.width() + column) * channels;
                for (int c = 0; c < channels; c++) {
                    sums[c] += weight * (picture.pixels()[from + c] & 0xFF);
                }
            }
        }
        for (int c = 0; c < channels; c++) {
            to[start + c] = (byte) (int) Math.min(255, Math.rint(sums[c] * inside));
        }
    }
}
