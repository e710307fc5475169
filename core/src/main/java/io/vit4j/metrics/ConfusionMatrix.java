package io.vit4j.metrics;

import io.vit4j.base.InputException;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * How often each class was taken for each other, of single-label data.
 *
 * @param labels class names
 * @param counts {@code counts[truth][predicted]}
 */
public record ConfusionMatrix(List<String> labels, long[][] counts) {

    /** The predicted class is that of the highest score, the first of equal ones. Unknown truth is not counted. */
    public static ConfusionMatrix of(EvalPrediction prediction, List<String> labels) {
        if (!prediction.singleLabel()) {
            throw new InputException("A confusion matrix needs one class per sample, not several labels");
        }
        LabelColumns columns = LabelColumns.of(prediction, labels);
        long[][] counts = LabelColumns.pairTable(labels);
        for (int i = 0; i < columns.samples; i++) {
            int truth = LabelColumns.classNumber(prediction.labelIds()[i], labels.size(), i);
            if (truth >= 0) {
                counts[truth][highest(prediction, i)]++;
            }
        }
        return new ConfusionMatrix(columns.names, counts);
    }

    private static int highest(EvalPrediction prediction, int sample) {
        float[] scores = prediction.predictions();
        int first = sample * prediction.labels();
        int highest = 0;
        for (int j = 1; j < prediction.labels(); j++) {
            highest = scores[first + j] > scores[first + highest] ? j : highest;
        }
        return highest;
    }

    /** Samples counted. */
    public long total() {
        long total = 0;
        for (int label = 0; label < counts.length; label++) {
            total += actual(label);
        }
        return total;
    }

    /** Samples of this class. */
    public long actual(int label) {
        long sum = 0;
        for (long count : counts[label]) {
            sum += count;
        }
        return sum;
    }

    /** Samples taken for this class. */
    public long predicted(int label) {
        long sum = 0;
        for (long[] row : counts) {
            sum += row[label];
        }
        return sum;
    }

    /** Share of samples whose class was found; NaN without samples. */
    public double accuracy() {
        long right = 0;
        for (int label = 0; label < counts.length; label++) {
            right += counts[label][label];
        }
        return right / (double) total();
    }

    /** Share of the samples predicted as this class that belong to it; 0 if there are none. */
    public double precision(int label) {
        return orZero(counts[label][label], predicted(label));
    }

    /** Share of this class's samples that were found; 0 if there are none. */
    public double recall(int label) {
        return orZero(counts[label][label], actual(label));
    }

    /** Harmonic mean of precision and recall; 0 if the class neither occurs nor was predicted. */
    public double f1(int label) {
        return orZero(2 * counts[label][label], actual(label) + predicted(label));
    }

    /** Mean over the classes that occur or were predicted, as scikit-learn's macro averages. */
    public double macroF1() {
        return macro(this::f1);
    }

    /** Mean over the classes that occur or were predicted, as scikit-learn's macro averages. */
    public double macroPrecision() {
        return macro(this::precision);
    }

    /** Mean over the classes that occur or were predicted, as scikit-learn's macro averages. */
    public double macroRecall() {
        return macro(this::recall);
    }

    private double macro(IntToDoubleFunction perLabel) {
        double sum = 0;
        int seen = 0;
        for (int label = 0; label < counts.length; label++) {
            if (actual(label) + predicted(label) > 0) {
                sum += perLabel.applyAsDouble(label);
                seen++;
            }
        }
        return sum / seen;
    }

    private static double orZero(long part, long whole) {
        return whole == 0 ? 0 : part / (double) whole;
    }
}
