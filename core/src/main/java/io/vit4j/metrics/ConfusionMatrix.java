package io.vit4j.metrics;

import io.vit4j.data.LabelNames;
import java.util.List;

/**
 * How often each class was taken for each other, of single-label data.
 *
 * @param labels class names
 * @param counts {@code counts[truth][predicted]}
 */
public record ConfusionMatrix(List<String> labels, long[][] counts) {

    /** The predicted class is that of the highest score, the first of equal ones. Unknown truth is not counted. */
    public static ConfusionMatrix of(EvalPrediction prediction, List<String> labels) {
        long[][] counts = LabelColumns.pairTable(labels);
        ClassCounts.forEach(prediction, labels, (truth, predicted) -> counts[truth][predicted]++);
        return new ConfusionMatrix(LabelNames.distinct(labels), counts);
    }

    private ClassCounts classes() {
        ClassCounts classes =
                new ClassCounts(new long[counts.length], new long[counts.length], new long[counts.length]);
        for (int truth = 0; truth < counts.length; truth++) {
            classes.right()[truth] = counts[truth][truth];
            for (int predicted = 0; predicted < counts.length; predicted++) {
                classes.actual()[truth] += counts[truth][predicted];
                classes.predicted()[predicted] += counts[truth][predicted];
            }
        }
        return classes;
    }

    /** Samples counted. */
    public long total() {
        return classes().total();
    }

    /** Samples of this class. */
    public long actual(int label) {
        return classes().actual()[label];
    }

    /** Samples taken for this class. */
    public long predicted(int label) {
        return classes().predicted()[label];
    }

    /** Share of samples whose class was found; NaN without samples. */
    public double accuracy() {
        return classes().accuracy();
    }

    /** Share of the samples predicted as this class that belong to it; 0 if there are none. */
    public double precision(int label) {
        return classes().precision(label);
    }

    /** Share of this class's samples that were found; 0 if there are none. */
    public double recall(int label) {
        return classes().recall(label);
    }

    /** Harmonic mean of precision and recall; 0 if the class neither occurs nor was predicted. */
    public double f1(int label) {
        return classes().f1(label);
    }

    /** Mean over the classes that occur or were predicted, as scikit-learn's macro averages. */
    public double macroF1() {
        ClassCounts classes = classes();
        return classes.macro(classes::f1);
    }

    /** Mean over the classes that occur or were predicted, as scikit-learn's macro averages. */
    public double macroPrecision() {
        ClassCounts classes = classes();
        return classes.macro(classes::precision);
    }

    /** Mean over the classes that occur or were predicted, as scikit-learn's macro averages. */
    public double macroRecall() {
        ClassCounts classes = classes();
        return classes.macro(classes::recall);
    }
}
