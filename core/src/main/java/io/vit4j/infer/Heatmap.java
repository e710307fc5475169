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
    private static final int CELLS = 32;

    /** Checks that there are as many values as cells. */
    public Heatmap {
        if (rows < 1 || columns < 1 || values.length != (long) rows * columns) {
            throw new IllegalArgumentException(values.length + " values for " + rows + "x" + columns);
        }
    }

    /** From 0 for the least to 1 for the greatest value; all 0 if they are equal. */
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

    /**
     * A map of single pixels as one that an eye can read: means over squares, at most 32 on a side. Maps of patches stay
     * as they are.
     */
    public Heatmap legible() {
        int side = (Math.max(rows, columns) + CELLS - 1) / CELLS;
        if (Math.max(rows, columns) <= 2 * CELLS) {
            return this;
        }
        int height = (rows + side - 1) / side;
        int width = (columns + side - 1) / side;
        float[] means = new float[height * width];
        for (int y = 0; y < rows; y++) {
            int squareHeight = Math.min(side, rows - y / side * side);
            for (int x = 0; x < columns; x++) {
                int squareWidth = Math.min(side, columns - x / side * side);
                means[y / side * width + x / side] += values[y * columns + x] / (squareHeight * squareWidth);
            }
        }
        return new Heatmap(height, width, means);
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
     * The value at a place, bilinearly between the cells' centres, as a picture grows.
     *
     * @param y from 0 at the upper edge to 1 at the lower
     * @param x from 0 at the left edge to 1 at the right
     */
    public float at(double y, double x) {
        double row = clamp(y * rows - 0.5, rows - 1);
        double column = clamp(x * columns - 0.5, columns - 1);
        int above = (int) row;
        int left = (int) column;
        int below = Math.min(rows - 1, above + 1);
        int right = Math.min(columns - 1, left + 1);
        float down = (float) (row - above);
        float across = (float) (column - left);
        float upper = values[above * columns + left] * (1 - across) + values[above * columns + right] * across;
        float lower = values[below * columns + left] * (1 - across) + values[below * columns + right] * across;
        return upper * (1 - down) + lower * down;
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
