package io.vit4j.metrics;

/**
 * What a model said of a data set, and the truth.
 *
 * @param samples number of samples
 * @param labels number of labels (columns)
 * @param predictions raw scores (logits), {@code [samples, labels]} row by row
 * @param labelIds truth, {@code [samples, labels]} row by row: 0 or 1; NaN where it is unknown and not counted
 */
public record EvalPrediction(int samples, int labels, float[] predictions, float[] labelIds) {
    public EvalPrediction {
        long size = (long) samples * labels;
        if (predictions.length != size || labelIds.length != size) {
            throw new IllegalArgumentException("predictions hold " + predictions.length + " and labelIds "
                    + labelIds.length + " values for [" + samples + ", " + labels + "]");
        }
    }
}
