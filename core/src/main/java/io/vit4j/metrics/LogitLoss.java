package io.vit4j.metrics;

import io.vit4j.base.InputException;

/** The mean negative log-likelihood of logits times a factor, with its first two derivatives in that factor. */
final class LogitLoss {
    private final EvalPrediction prediction;
    private final long known;

    /** Throws InputException at a logit that is not finite or a truth that is none. */
    LogitLoss(EvalPrediction prediction) {
        if (prediction.scale() != EvalPrediction.Scale.OUTPUTS) {
            throw new IllegalArgumentException("a temperature is fitted to logits, not to probabilities");
        }
        this.prediction = prediction;
        this.known = LabelColumns.countKnown(prediction);
        if (known == 0) {
            throw new InputException("There is nothing to fit a temperature to: no sample whose truth is known");
        }
    }

    /** The loss of {@code factor * logits}. */
    double mean(double factor) {
        return sum(prediction.singleLabel() ? this::softmaxLoss : this::sigmoidLoss, factor)[0] / known;
    }

    /** The loss's first and second derivative in the factor. */
    double[] slopes(double factor) {
        double[] slopes = sum(prediction.singleLabel() ? this::softmaxSlopes : this::sigmoidSlopes, factor);
        return new double[] {slopes[0] / known, slopes[1] / known};
    }

    /** Adds what the rows from one number up to another give to {@code sums}. */
    private interface Rows {
        void add(int from, int to, double factor, double[] sums);
    }

    private double[] sum(Rows rows, double factor) {
        int samples = prediction.samples();
        double[][] parts =
                new double[RowChunks.count(samples)][2]; // summed in order: the same on any number of threads
        RowChunks.forEach(samples, (from, to) -> rows.add(from, to, factor, parts[from / RowChunks.ROWS]));
        double[] sums = new double[2];
        for (double[] part : parts) {
            sums[0] += part[0];
            sums[1] += part[1];
        }
        return sums;
    }

    private void sigmoidLoss(int from, int to, double factor, double[] sums) {
        for (int i = from * prediction.labels(); i < to * prediction.labels(); i++) {
            float truth = prediction.labelIds()[i];
            if (!Float.isNaN(truth)) {
                double z = factor * prediction.predictions()[i];
                sums[0] += Math.max(z, 0) - truth * z + Math.log1p(Math.exp(-Math.abs(z)));
            }
        }
    }

    private void sigmoidSlopes(int from, int to, double factor, double[] sums) {
        for (int i = from * prediction.labels(); i < to * prediction.labels(); i++) {
            float truth = prediction.labelIds()[i];
            if (!Float.isNaN(truth)) {
                double logit = prediction.predictions()[i];
                double p = 1 / (1 + Math.exp(-factor * logit));
                sums[0] += logit * (p - truth);
                sums[1] += logit * logit * p * (1 - p);
            }
        }
    }

    private void softmaxLoss(int from, int to, double factor, double[] sums) {
        int labels = prediction.labels();
        float[] logits = prediction.predictions();
        for (int i = from; i < to; i++) {
            float truth = prediction.labelIds()[i];
            if (!EvalPrediction.unknownClass(truth)) {
                double largest = largest(i);
                double total = 0;
                for (int j = i * labels; j < (i + 1) * labels; j++) {
                    total += Math.exp(factor * (logits[j] - largest));
                }
                sums[0] += Math.log(total) - factor * (logits[i * labels + (int) truth] - largest);
            }
        }
    }

    private void softmaxSlopes(int from, int to, double factor, double[] sums) {
        int labels = prediction.labels();
        float[] logits = prediction.predictions();
        for (int i = from; i < to; i++) {
            float truth = prediction.labelIds()[i];
            if (!EvalPrediction.unknownClass(truth)) {
                double largest = largest(i);
                double total = 0;
                double first = 0;
                double second = 0;
                for (int j = i * labels; j < (i + 1) * labels; j++) {
                    double below = logits[j] - largest;
                    double e = Math.exp(factor * below);
                    total += e;
                    first += e * below;
                    second += e * below * below;
                }
                double mean = first / total;
                sums[0] += mean - (logits[i * labels + (int) truth] - largest);
                sums[1] += second / total - mean * mean;
            }
        }
    }

    private double largest(int row) {
        int labels = prediction.labels();
        float largest = prediction.predictions()[row * labels];
        for (int j = row * labels + 1; j < (row + 1) * labels; j++) {
            largest = Math.max(largest, prediction.predictions()[j]);
        }
        return largest;
    }
}
