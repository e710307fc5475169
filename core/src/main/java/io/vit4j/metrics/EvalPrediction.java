package io.vit4j.metrics;

import io.vit4j.data.ProblemType;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What a model said of a data set, and the truth.
 *
 * @param problemType what the truth means, and so how predictions are read
 * @param samples number of samples
 * @param labels number of labels (columns)
 * @param predictions {@code [samples, labels]} row by row, on the {@code scale}
 * @param labelIds truth. Multi-label: {@code [samples, labels]} row by row, 0 or 1, NaN if it is unknown and not
 *     counted. Single-label (one of several classes): {@code [samples]}, the number of the class, NaN or -100 if it is
 *     unknown. Regression: {@code [samples, labels]} numbers, NaN if unknown
 * @param scale what the predictions are
 */
public record EvalPrediction(
        ProblemType problemType, int samples, int labels, float[] predictions, float[] labelIds, Scale scale) {
    /** The class number that marks a sample without a known class, as in PyTorch's cross entropy. */
    static final float IGNORED_CLASS = -100;

    /** What predictions are. */
    public enum Scale {
        /** The model's outputs as they are: logits, or the numbers of a regression. */
        OUTPUTS,
        /** From 0 to 1. */
        PROBABILITIES
    }

    /** Checks that there are as many numbers as samples and labels say. */
    public EvalPrediction {
        long size = (long) samples * labels;
        if (samples < 0 || labels < 1 || predictions.length != size) {
            throw new IllegalArgumentException(
                    "predictions have " + predictions.length + " values for [" + samples + ", " + labels + "]");
        }
        long truths = problemType == ProblemType.SINGLE_LABEL ? samples : size;
        if (labelIds.length != truths) {
            throw new IllegalArgumentException("labelIds have " + labelIds.length + " values, not the " + truths
                    + " of " + samples + " samples with " + labels + " labels (" + problemType.configName() + ")");
        }
    }

    /** Of a model's outputs as they are. */
    public EvalPrediction(ProblemType problemType, int samples, int labels, float[] predictions, float[] labelIds) {
        this(problemType, samples, labels, predictions, labelIds, Scale.OUTPUTS);
    }

    /** Of logits with a truth of 0, 1 or NaN for every label, {@code [samples, labels]} each. */
    public static EvalPrediction multiLabel(int samples, int labels, float[] logits, float[] truth) {
        return new EvalPrediction(ProblemType.MULTI_LABEL, samples, labels, logits, truth);
    }

    /** Of logits {@code [samples, classes]} with one class number a sample. */
    public static EvalPrediction singleLabel(int samples, int classes, float[] logits, float[] classNumbers) {
        return new EvalPrediction(ProblemType.SINGLE_LABEL, samples, classes, logits, classNumbers);
    }

    /** Of numbers and the numbers that they should be, {@code [samples, outputs]} each. */
    public static EvalPrediction regression(int samples, int outputs, float[] numbers, float[] targets) {
        return new EvalPrediction(ProblemType.REGRESSION, samples, outputs, numbers, targets);
    }

    /** Of a model's outputs {@code [samples, labels]} for samples whose truth is unknown. */
    public static EvalPrediction withoutTruth(ProblemType problemType, int samples, int labels, float[] predictions) {
        float[] unknown = new float[samples * problemType.labelCount(labels)];
        Arrays.fill(unknown, Float.NaN);
        return new EvalPrediction(problemType, samples, labels, predictions, unknown);
    }

    /** Whether {@link #labelIds} contains one class number per sample, rather than a value for every label. */
    public boolean singleLabel() {
        return problemType == ProblemType.SINGLE_LABEL;
    }

    /** Whether {@link #labelIds} contains numbers, rather than presence and absence. */
    public boolean regression() {
        return problemType == ProblemType.REGRESSION;
    }

    /**
     * The same predictions on the scale by which samples are ranked label by label. Of single-label data that is the softmax
     * probability: a logit says nothing without the others of its row, to all of which any number may be added. Otherwise it
     * is the scale that they have.
     */
    public EvalPrediction ranked() {
        return singleLabel() ? softmax() : this;
    }

    /** The scores that rank the samples for one label, {@code [samples]}; take {@link #ranked} first to ask for many. */
    public float[] scores(int label) {
        float[] ranked = ranked().predictions;
        float[] column = new float[samples];
        for (int i = 0; i < samples; i++) {
            column[i] = ranked[i * labels + label];
        }
        return column;
    }

    /**
     * The truth of one label, {@code [samples]}: 0, 1 or NaN; of single-label data, this class against the rest; of a
     * regression, its numbers.
     */
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

    /** Whether the truth of any sample is known. */
    public boolean hasKnown() {
        for (float truth : labelIds) {
            if (singleLabel() ? !unknownClass(truth) : !Float.isNaN(truth)) {
                return true;
            }
        }
        return false;
    }

    /**
     * The mean loss over what is known: binary cross-entropy, cross-entropy or squared error, as {@link #problemType} says; 0 if nothing
     * is known.
     */
    public double meanLoss() {
        if (!hasKnown()) {
            return 0;
        }
        if (!regression()) {
            return new LogitLoss(this).mean(1);
        }
        double sum = 0;
        long known = 0;
        for (int i = 0; i < labelIds.length; i++) {
            if (!Float.isNaN(labelIds[i])) {
                sum += Math.pow((double) predictions[i] - labelIds[i], 2);
                known++;
            }
        }
        return sum / known;
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
        return new EvalPrediction(problemType, rows.length, labels, chosenPredictions, chosenLabelIds, scale);
    }

    /**
     * The same with the labels in another order.
     *
     * @param there for each label of the result, its number here
     */
    public EvalPrediction labelsInOrder(int[] there) {
        if (Arrays.equals(there, IntStream.range(0, labels).toArray())) {
            return this;
        }
        float[] moved = new float[predictions.length];
        float[] truth = labelIds.clone();
        for (int at = 0; at < moved.length; at++) {
            moved[at] = predictions[at - at % labels + there[at % labels]];
        }
        for (int at = 0; at < truth.length; at++) {
            truth[at] =
                    singleLabel() ? classNumber(labelIds[at], there) : labelIds[at - at % labels + there[at % labels]];
        }
        return new EvalPrediction(problemType, samples, labels, moved, truth, scale);
    }

    private static float classNumber(float number, int[] there) {
        for (int j = 0; j < there.length; j++) {
            if (there[j] == number) {
                return j;
            }
        }
        return Float.NaN;
    }

    /** Softmax over each row, in float32 as PyTorch and SciPy compute it of float32 scores; of probabilities, themselves. */
    public EvalPrediction softmax() {
        return softmax(1);
    }

    private EvalPrediction softmax(double temperature) {
        if (scale == Scale.PROBABILITIES) {
            return this;
        }
        float[] soft = new float[predictions.length];
        RowChunks.forEach(samples, (from, to) -> softmaxRows(from, to, temperature, soft));
        return onProbabilities(soft);
    }

    private void softmaxRows(int from, int to, double temperature, float[] soft) {
        for (int row = from * labels; row < to * labels; row += labels) {
            float largest = Float.NEGATIVE_INFINITY;
            for (int j = row; j < row + labels; j++) {
                largest = Math.max(largest, predictions[j]);
            }
            float sum = 0;
            for (int j = row; j < row + labels; j++) {
                soft[j] = (float) Math.exp((float) (((double) predictions[j] - largest) / temperature));
                sum += soft[j];
            }
            for (int j = row; j < row + labels; j++) {
                soft[j] /= sum;
            }
        }
    }

    /** The model's probabilities: softmax over each row for single-label data, else the sigmoid of each logit. */
    public EvalPrediction probabilities() {
        return probabilities(1);
    }

    /** The same of logits divided by a temperature, above 0. */
    public EvalPrediction probabilities(double temperature) {
        if (regression()) {
            throw new IllegalStateException("a regression predicts numbers, which have no probability");
        }
        if (scale == Scale.PROBABILITIES) {
            return this;
        }
        if (singleLabel()) {
            return softmax(temperature);
        }
        float[] sigmoid = new float[predictions.length];
        for (int i = 0; i < sigmoid.length; i++) {
            sigmoid[i] = (float) (1 / (1 + Math.exp(-(float) (predictions[i] / temperature))));
        }
        return onProbabilities(sigmoid);
    }

    private EvalPrediction onProbabilities(float[] values) {
        return new EvalPrediction(problemType, samples, labels, values, labelIds, Scale.PROBABILITIES);
    }

    static boolean unknownClass(float labelId) {
        return Float.isNaN(labelId) || labelId == IGNORED_CLASS;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EvalPrediction that
                && problemType == that.problemType
                && samples == that.samples
                && labels == that.labels
                && scale == that.scale
                && Arrays.equals(predictions, that.predictions)
                && Arrays.equals(labelIds, that.labelIds);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(predictions) + Arrays.hashCode(labelIds);
    }

    @Override
    public String toString() {
        return "EvalPrediction[" + problemType.configName() + ", " + samples + " samples, " + labels + " labels]";
    }
}
