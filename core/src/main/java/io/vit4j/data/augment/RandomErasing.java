package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Erases a rectangle of the normalised pixels (Zhong et al. 2020), as torchvision's {@code RandomErasing}.
 *
 * @param probability of erasing at all
 * @param smallestArea of the rectangle, relative to the picture's
 * @param largestArea of the rectangle, relative to the picture's
 * @param smallestAspect of the rectangle, height by width
 * @param largestAspect of the rectangle, height by width
 * @param value what the rectangle becomes; NaN: normal numbers, another one for every value
 */
public record RandomErasing(
        double probability,
        double smallestArea,
        double largestArea,
        double smallestAspect,
        double largestAspect,
        double value) {
    private static final int ATTEMPTS = 10;

    /** The part of a picture that is erased. */
    record Rectangle(int top, int left, int height, int width) {}

    /**
     * Erases in place.
     *
     * @param pixels {@code [channels, height, width]} from position 0
     * @param key of (seed, epoch, sample)
     */
    public void apply(FloatBuffer pixels, int channels, int height, int width, RandomKey key) {
        RandomKey.Stream random = key.stream();
        if (random.nextDouble() >= probability) {
            return;
        }
        Rectangle part = rectangle(height, width, random);
        float[] row = new float[part.width()];
        Arrays.fill(row, (float) value);
        for (int c = 0; c < channels; c++) {
            for (int y = part.top(); y < part.top() + part.height(); y++) {
                for (int x = 0; Double.isNaN(value) && x < row.length; x++) {
                    row[x] = (float) random.nextGaussian();
                }
                pixels.put((c * height + y) * width + part.left(), row);
            }
        }
    }

    /** Of no size if none is found that fits, as torchvision then leaves the picture as it is. */
    Rectangle rectangle(int height, int width, RandomKey.Stream random) {
        double least = Math.log(smallestAspect);
        double most = Math.log(largestAspect);
        for (int i = 0; i < ATTEMPTS; i++) {
            double area = height * (double) width * (smallestArea + (largestArea - smallestArea) * random.nextDouble());
            double aspect = Math.exp(least + (most - least) * random.nextDouble());
            int rows = (int) Math.rint(Math.sqrt(area * aspect));
            int columns = (int) Math.rint(Math.sqrt(area / aspect));
            if (rows < height && columns < width) {
                return new Rectangle(
                        random.nextInt(height - rows + 1), random.nextInt(width - columns + 1), rows, columns);
            }
        }
        return new Rectangle(0, 0, 0, 0);
    }
}
