package io.vit4j.metrics;

import io.vit4j.data.LabelNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The metrics of single-label data (one of several classes): {@code accuracy}; {@code f1_macro},
 * {@code precision_macro}, {@code recall_macro} as scikit-learn; {@code roc_auc}, the macro mean of one-versus-rest
 * AUROC of softmax probabilities over the classes that have one, and {@code roc_auc_LABEL} of each. What is undefined
 * has no entry.
 */
public final class SingleLabelMetrics implements MetricFunction {
    private final List<String> labels;

    /** @param labels class names, in the order of the columns */
    public SingleLabelMetrics(List<String> labels) {
        this.labels = LabelNames.distinct(labels);
    }

    @Override
    public boolean isRepeatable() {
        return true;
    }

    @Override
    public Map<String, Double> compute(EvalPrediction prediction) {
        ConfusionMatrix confusion = ConfusionMatrix.of(prediction, labels);
        RocAuc areas = RocAuc.of(prediction, labels);
        Map<String, Double> metrics = new LinkedHashMap<>();
        metrics.put("accuracy", confusion.accuracy());
        metrics.put("f1_macro", confusion.macroF1());
        metrics.put("precision_macro", confusion.macroPrecision());
        metrics.put("recall_macro", confusion.macroRecall());
        metrics.put("roc_auc", areas.macro());
        areas.perLabel().forEach((label, area) -> metrics.put("roc_auc_" + label, area));
        metrics.values().removeIf(value -> value.isNaN());
        return metrics;
    }
}
