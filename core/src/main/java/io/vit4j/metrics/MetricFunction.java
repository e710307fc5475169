package io.vit4j.metrics;

import io.vit4j.data.ProblemType;
import java.util.List;
import java.util.Map;

/** Numbers from predictions. Names get {@code eval_} in front in logs and results, where they lack it. */
@FunctionalInterface
public interface MetricFunction {
    /**
     * Computes metrics.
     * @param prediction logits and truth of all samples
     * @return values by name, without {@code eval_} in front
     */
    Map<String, Double> compute(EvalPrediction prediction);

    /**
     * Whether it computes the same of the same predictions, and does nothing else. If so, it is asked before training which metrics
     * there are, so that a misspelt {@code metric_for_best_model} is found then. By default it is not.
     */
    default boolean isRepeatable() {
        return false;
    }

    /**
     * The metrics that fit the labels.
     *
     * @param type what they mean
     * @param labels names, in the order of the model's outputs
     */
    static MetricFunction of(ProblemType type, List<String> labels) {
        return switch (type) {
            case MULTI_LABEL -> new MultilabelMetrics(labels);
            case SINGLE_LABEL -> new SingleLabelMetrics(labels);
            case REGRESSION -> new RegressionMetrics(labels);
        };
    }
}
