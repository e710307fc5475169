package io.vit4j.infer;

import java.util.Arrays;

/**
 * How much each place of a picture counts, on a grid laid over what the model saw.
 *
 * @param rows of the grid, from the top
 * @param columns of the grid, from the left
 * @param values not negative, {@code [rows, columns]}; larger where it counts more
 */
public record Heatmap(int rows, int columns, float[] values) {
    public Heatmap {
        if (rows < 1 || columns < 1 || values.length != (long) rows * columns) {
            throw new IllegalArgumentException(values.length + " values for " + rows + "x" + columns);
        }
    }

    /** From 0 for the least to 1 for the greatest value; all 0 where they are equal. */
    public Heatmap scaled() {
        float least = Float.POSITIVE_INFINITY;
        float greatest = Float.NEGATIVE_INFINITY;
        for (float value : values) {
            least = Math.min(least, value);
            greatest = Math.max(greatest, value);
        }
        float range = greatest - least;
        float[] scaled = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            scaled[i] = range > 0 ? (values[i] - least) / range : 0;
        }
        return new Heatmap(rows, columns, scaled);
    }

    /** Row and column of the greatest value, the first of equal ones. */
    public int[] peak() {
        int peak = 0;
        for (int i = 1; i < values.length; i++) {
            peak = values[i] > values[peak] ? i : peak;
        }
        return new int[] {peak / columns, peak % columns};
    }

    /**
     * Brought to another size, bilinearly between the cells' centres, as a picture is.
     *
     * @return {@code [height, width]}
     */
    public float[] resized(int height, int width) {
        float[] result = new float[Math.multiplyExact(height, width)];
        float[] row = new float[columns];
        for (int y = 0; y < height; y++) {
            double sourceY = clamp((y + 0.5) * rows / height - 0.5, rows - 1);
            int y0 = (int) sourceY;
            int y1 = Math.min(rows - 1, y0 + 1);
            float down = (float) (sourceY - y0);
            for (int x = 0; x < columns; x++) {
                row[x] = values[y0 * columns + x] * (1 - down) + values[y1 * columns + x] * down;
            }
            for (int x = 0; x < width; x++) {
                double sourceX = clamp((x + 0.5) * columns / width - 0.5, columns - 1);
                int x0 = (int) sourceX;
                int x1 = Math.min(columns - 1, x0 + 1);
                float right = (float) (sourceX - x0);
                result[y * width + x] = row[x0] * (1 - right) + row[x1] * right;
            }
        }
        return result;
    }

    private static double clamp(double value, double most) {
        return Math.max(0, Math.min(most, value));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Heatmap that
                && rows == that.rows
                && columns == that.columns
                && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return 31 * rows + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "Heatmap[" + rows + "x" + columns + "]";
    }
}
