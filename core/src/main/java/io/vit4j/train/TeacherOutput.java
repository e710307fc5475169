package io.vit4j.train;

import java.util.stream.IntStream;

/**
 * What a teacher says of views: numbers that become probabilities.
 *
 * @param logits {@code [views, prototypes]} row by row
 */
record TeacherOutput(float[] logits, int prototypes) {
    int rows() {
        return logits.length / prototypes;
    }

    /** Adds the numbers of all views, by prototype. */
    void addTo(double[] sum) {
        for (int i = 0; i < logits.length; i++) {
            sum[i % prototypes] += logits[i];
        }
    }

    /** {@code softmax((logits - centre) / temperature)} of each row. */
    float[] probabilities(float[] centre, double temperature) {
        float[] probabilities = new float[logits.length];
        IntStream.range(0, rows()).parallel().forEach(row -> {
            int from = row * prototypes;
            double largest = Double.NEGATIVE_INFINITY;
            for (int k = 0; k < prototypes; k++) {
                largest = Math.max(largest, (logits[from + k] - (double) centre[k]) / temperature);
            }
            double[] exponentials = new double[prototypes];
            double sum = 0;
            for (int k = 0; k < prototypes; k++) {
                exponentials[k] = Math.exp((logits[from + k] - (double) centre[k]) / temperature - largest);
                sum += exponentials[k];
            }
            for (int k = 0; k < prototypes; k++) {
                probabilities[from + k] = (float) (exponentials[k] / sum);
            }
        });
        return probabilities;
    }

    /**
     * Where a centre moves.
     *
     * @param sum of what was said of so many rows, by prototype
     * @param momentum share of the centre that stays
     */
    static float[] followed(float[] centre, double[] sum, int rows, double momentum) {
        float[] moved = new float[centre.length];
        for (int k = 0; k < moved.length; k++) {
            moved[k] = (float) (momentum * centre[k] + (1 - momentum) * sum[k] / rows);
        }
        return moved;
    }

    /** The entropies of all rows, summed. */
    static double entropy(float[] probabilities) {
        double sum = 0;
        for (float p : probabilities) {
            sum -= p > 0 ? p * Math.log(p) : 0;
        }
        return sum;
    }
}
