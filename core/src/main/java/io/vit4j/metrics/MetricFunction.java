package io.vit4j.metrics;

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
}
