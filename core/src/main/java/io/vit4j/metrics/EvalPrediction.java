package io.vit4j.metrics;

import java.util.Arrays;

/**
 * What a model said of a data set, and the truth.
 *
 * @param samples number of samples
 * @param labels number of labels (columns)
 * @param predictions raw scores (logits), {@code [samples, labels]} row by row
 * @param labelIds truth. Multi-label: {@code [samples, labels]} row by row, 0 or 1, NaN where it is unknown and not
 *     counted. Single-label (one of several classes): {@code [samples]}, the number of the class, NaN or -100 where it
 *     is unknown. Regression: {@code [samples, labels]}
 */
public record EvalPrediction(int samples, int labels, float[] predictions, float[] labelIds) {
    /** The class number that marks a sample without a known class, as in PyTorch's cross entropy. */
    static final float IGNORED_CLASS = -100;

    /** Checks that there are as many numbers as samples and labels say. */
    public EvalPrediction {
        long size = (long) samples * labels;
        if (samples < 0 || labels < 1 || predictions.length != size) {
            throw new IllegalArgumentException(
                    "predictions hold " + predictions.length + " values for [" + samples + ", " + labels + "]");
        }
        if (labelIds.length != size && labelIds.length != samples) {
            throw new IllegalArgumentException("labelIds hold " + labelIds.length + " values, neither [" + samples
                    + ", " + labels + "] (multi-label) nor [" + samples + "] (single-label)");
        }
    }

    /** Whether {@link #labelIds} holds one class number a sample, rather than a 0 or 1 for every label. */
    public boolean singleLabel() {
        return labels > 1 && labelIds.length == samples;
    }

    /** The scores of one label, {@code [samples]}. */
    public float[] scores(int label) {
        float[] column = new float[samples];
        for (int i = 0; i < samples; i++) {
            column[i] = predictions[i * labels + label];
        }
        return column;
    }

    /** The truth of one label, {@code [samples]}: 0, 1 or NaN; of single-label data, this class against the rest. */
    public float[] truth(int label) {
        float[] column = new float[samples];
        for (int i = 0; i < samples; i++) {
            if (!singleLabel()) {
                column[i] = labelIds[i * labels + label];
            } else if (unknownClass(labelIds[i])) {
                column[i] = Float.NaN;
            } else {
                column[i] = labelIds[i] == label ? 1 : 0;
            }
        }
        return column;
    }

    /** The samples with these numbers, in this order. */
    public EvalPrediction rows(int[] rows) {
        int truthWidth = singleLabel() ? 1 : labels;
        float[] chosenPredictions = new float[rows.length * labels];
        float[] chosenLabelIds = new float[rows.length * truthWidth];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(predictions, rows[i] * labels, chosenPredictions, i * labels, labels);
            System.arraycopy(labelIds, rows[i] * truthWidth, chosenLabelIds, i * truthWidth, truthWidth);
        }
        return new EvalPrediction(rows.length, labels, chosenPredictions, chosenLabelIds);
    }

    /** Softmax over each row, in float32 as PyTorch and SciPy compute it of float32 scores. */
    public EvalPrediction softmax() {
        float[] soft = new float[predictions.length];
        RowChunks.forEach(samples, (from, to) -> softmaxRows(from, to, soft));
        return new EvalPrediction(samples, labels, soft, labelIds);
    }

    private void softmaxRows(int from, int to, float[] soft) {
        for (int row = from * labels; row < to * labels; row += labels) {
            float largest = Float.NEGATIVE_INFINITY;
            for (int j = row; j < row + labels; j++) {
                largest = Math.max(largest, predictions[j]);
            }
            float sum = 0;
            for (int j = row; j < row + labels; j++) {
                soft[j] = (float) Math.exp(predictions[j] - largest);
                sum += soft[j];
            }
            for (int j = row; j < row + labels; j++) {
                soft[j] /= sum;
            }
        }
    }

    /** What the model holds for probable: softmax over each row of single-label data, else the sigmoid of each score. */
    public EvalPrediction probabilities() {
        if (singleLabel()) {
            return softmax();
        }
        float[] sigmoid = new float[predictions.length];
        for (int i = 0; i < sigmoid.length; i++) {
            sigmoid[i] = (float) (1 / (1 + Math.exp(-predictions[i])));
        }
        return new EvalPrediction(samples, labels, sigmoid, labelIds);
    }

    static boolean unknownClass(float labelId) {
        return Float.isNaN(labelId) || labelId == IGNORED_CLASS;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EvalPrediction that
                && samples == that.samples
                && labels == that.labels
                && Arrays.equals(predictions, that.predictions)
                && Arrays.equals(labelIds, that.labelIds);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(predictions) + Arrays.hashCode(labelIds);
    }

    @Override
    public String toString() {
        return "EvalPrediction[" + samples + " samples, " + labels + " labels]";
    }
}
