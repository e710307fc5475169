package io.vit4j.metrics;

import io.vit4j.data.LabelNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The metrics of a regression: {@code mse}, {@code mae}, {@code r2}, {@code pearson} and {@code spearman}, as scikit-learn
 * and SciPy define them. Of several outputs they are means over the outputs, and each output has its own, as
 * {@code mse_NAME}. What is undefined ({@code r2} of targets that are all the same) has no entry.
 */
public final class RegressionMetrics implements MetricFunction {
    private final List<String> outputs;

    /** @param outputs their names, in the order of the columns */
    public RegressionMetrics(List<String> outputs) {
        this.outputs = LabelNames.distinct(outputs);
    }

    @Override
    public boolean isRepeatable() {
        return true;
    }

    @Override
    public Map<String, Double> compute(EvalPrediction prediction) {
        RegressionScores scores = RegressionScores.of(prediction, outputs);
        Map<String, Double> metrics = new LinkedHashMap<>();
        scores.means().forEach((metric, estimate) -> metrics.put(metric.key(), estimate.value()));
        if (outputs.size() > 1) {
            for (RegressionMetric metric : RegressionMetric.values()) {
                for (RegressionScores.Output output : scores.outputs()) {
                    if (output.scores().containsKey(metric)) {
                        metrics.put(
                                metric.key() + "_" + output.name(),
                                output.scores().get(metric).value());
                    }
                }
            }
        }
        return metrics;
    }
}
