package io.vit4j.metrics;

import io.vit4j.base.InputException;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * How often each class of single-label data was found, occurs, and was predicted: enough for accuracy and F1, with as little
 * memory as there are classes.
 *
 * @param right samples of the class that were taken for it
 * @param actual samples of the class
 * @param predicted samples taken for the class
 */
record ClassCounts(long[] right, long[] actual, long[] predicted) {
    /** The predicted class is that of the highest score, the first of equal ones. Unknown truth is not counted. */
    static ClassCounts of(EvalPrediction prediction, List<String> labels) {
        ClassCounts counts = new ClassCounts(new long[labels.size()], new long[labels.size()], new long[labels.size()]);
        forEach(prediction, labels, (truth, predicted) -> {
            counts.actual[truth]++;
            counts.predicted[predicted]++;
            counts.right[truth] += truth == predicted ? 1 : 0;
        });
        return counts;
    }

    /** Receives a sample's classes. */
    interface Pair {
        void of(int truth, int predicted);
    }

    /** Every sample whose truth is known. */
    static void forEach(EvalPrediction prediction, List<String> labels, Pair pair) {
        if (!prediction.singleLabel()) {
            throw new InputException("A confusion matrix needs one class per sample, not several labels");
        }
        LabelColumns columns = LabelColumns.of(prediction, labels);
        for (int i = 0; i < columns.samples; i++) {
            int truth = LabelColumns.classNumber(prediction.labelIds()[i], labels.size(), i);
            if (truth >= 0) {
                pair.of(truth, highest(prediction, i));
            }
        }
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

    long total() {
        return sum(actual);
    }

    double accuracy() {
        return sum(right) / (double) total();
    }

    double precision(int label) {
        return orZero(right[label], predicted[label]);
    }

    double recall(int label) {
        return orZero(right[label], actual[label]);
    }

    double f1(int label) {
        return orZero(2 * right[label], actual[label] + predicted[label]);
    }

    /** Mean over the classes that occur or were predicted, as scikit-learn's macro averages. */
    double macro(IntToDoubleFunction perLabel) {
        double sum = 0;
        int seen = 0;
        for (int label = 0; label < right.length; label++) {
            if (actual[label] + predicted[label] > 0) {
                sum += perLabel.applyAsDouble(label);
                seen++;
            }
        }
        return sum / seen;
    }

    private static long sum(long[] counts) {
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        return sum;
    }

    private static double orZero(long part, long whole) {
        return whole == 0 ? 0 : part / (double) whole;
    }
}
