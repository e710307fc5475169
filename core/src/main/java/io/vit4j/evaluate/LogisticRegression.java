package io.vit4j.evaluate;

import io.vit4j.infer.PictureFeatures;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A logistic regression for every label on standardised features, with a weak penalty on the squares of its weights, by accelerated
 * gradient descent (Nesterov 1983).
 *
 * @param mean of each feature
 * @param scale one over its deviation
 * @param weights {@code [labels][size + 1]}, the intercept last
 */
record LogisticRegression(double[] mean, double[] scale, double[][] weights) {
    private static final int STEPS = 300;
    private static final double PENALTY = 1e-3;

    /** @param truth {@code [pictures, labels]}, 0 or 1, NaN where unknown */
    static LogisticRegression fit(PictureFeatures features, float[] truth, int labels) {
        int size = features.size();
        double[] mean = new double[size];
        double[] scale = new double[size];
        for (int f = 0; f < size; f++) {
            double sum = 0;
            double squares = 0;
            for (int i = 0; i < features.pictures(); i++) {
                double value = features.values()[i * size + f];
                sum += value;
                squares += value * value;
            }
            mean[f] = sum / features.pictures();
            double variance = squares / features.pictures() - mean[f] * mean[f];
            scale[f] = variance > 1e-12 ? 1 / Math.sqrt(variance) : 0;
        }
        double[][] rows = standardised(features, mean, scale);
        double[][] weights = IntStream.range(0, labels)
                .parallel()
                .mapToObj(label -> fit(rows, truth, label, labels))
                .toArray(double[][]::new);
        return new LogisticRegression(mean, scale, weights);
    }

    private static double[][] standardised(PictureFeatures features, double[] mean, double[] scale) {
        int size = features.size();
        double[][] rows = new double[features.pictures()][size + 1];
        for (int i = 0; i < rows.length; i++) {
            for (int f = 0; f < size; f++) {
                rows[i][f] = (features.values()[i * size + f] - mean[f]) * scale[f];
            }
            rows[i][size] = 1;
        }
        return rows;
    }

    /** Learns one label from the rows of which it is known; weights of 0 if it is known of none. */
    private static double[] fit(double[][] all, float[] truth, int label, int labels) {
        int width = all[0].length;
        double[] weights = new double[width];
        int[] known = IntStream.range(0, all.length)
                .filter(i -> !Float.isNaN(truth[i * labels + label]))
                .toArray();
        if (known.length == 0) {
            return weights;
        }
        double[][] rows = Arrays.stream(known).mapToObj(i -> all[i]).toArray(double[][]::new);
        double[] ahead = new double[width];
        double step = 4 / largestCurvature(rows); // the loss bends at most a quarter of that
        for (int n = 1; n <= STEPS; n++) {
            double[] gradient = new double[width];
            for (int i = 0; i < rows.length; i++) {
                double miss = sigmoid(dot(rows[i], ahead)) - truth[known[i] * labels + label];
                for (int f = 0; f < width; f++) {
                    gradient[f] += miss * rows[i][f];
                }
            }
            double momentum = (n - 1.0) / (n + 2.0);
            for (int f = 0; f < width; f++) {
                double slope = gradient[f] / rows.length + (f < width - 1 ? PENALTY * ahead[f] : 0);
                double next = ahead[f] - step * slope;
                ahead[f] = next + momentum * (next - weights[f]);
                weights[f] = next;
            }
        }
        return weights;
    }

    /** The largest eigenvalue of the rows' mean outer product, by iteration. */
    private static double largestCurvature(double[][] rows) {
        double[] direction = new double[rows[0].length];
        Arrays.fill(direction, 1 / Math.sqrt(direction.length));
        double norm = 1;
        for (int n = 0; n < 20; n++) {
            double[] next = new double[direction.length];
            for (double[] row : rows) {
                double along = dot(row, direction) / rows.length;
                for (int f = 0; f < next.length; f++) {
                    next[f] += along * row[f];
                }
            }
            norm = Math.max(Math.sqrt(dot(next, next)), 1e-9);
            for (int f = 0; f < next.length; f++) {
                direction[f] = next[f] / norm;
            }
        }
        return 1.1 * norm + 4 * PENALTY; // iteration comes from below
    }

    /** {@code [pictures, labels]}. */
    float[] probabilities(PictureFeatures features) {
        double[][] rows = standardised(features, mean, scale);
        float[] probabilities = new float[rows.length * weights.length];
        for (int i = 0; i < rows.length; i++) {
            for (int label = 0; label < weights.length; label++) {
                probabilities[i * weights.length + label] = (float) sigmoid(dot(rows[i], weights[label]));
            }
        }
        return probabilities;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
