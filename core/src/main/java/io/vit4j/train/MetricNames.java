package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.base.NearestName;
import io.vit4j.data.Dataset;
import io.vit4j.data.ProblemType;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The names of the metrics that an evaluation can have, known before the first: a few made-up predictions are enough to learn them,
 * and those for the labels of a data set show which are undefined on it, such as the AUROC where only one class occurs.
 */
final class MetricNames {
    /** Different numbers after which every metric of a regression is defined. */
    private static final int NUMBERS = 4;

    /** Of thousands of classes, made-up predictions with a sample of each would take longer than an evaluation, and gigabytes. */
    private static final long MOST_PREDICTIONS = 4_000_000;

    private final MetricFunction metrics;
    private final ProblemType type;
    private final int labels;
    private final boolean lossOnly;
    private final boolean averaged;

    /**
     * @param lossOnly whether nothing but the loss is computed
     * @param averaged whether averaged weights are evaluated, too
     */
    MetricNames(MetricFunction metrics, ProblemType type, int labels, boolean lossOnly, boolean averaged) {
        this.metrics = metrics;
        this.type = type;
        this.labels = labels;
        this.lossOnly = lossOnly;
        this.averaged = averaged;
    }

    /**
     * InputException if the metric that decides is none, or is undefined on the data.
     *
     * @param name as {@code metric_for_best_model} gives it, with {@code eval_}
     */
    void require(String name, Dataset evaluation) {
        if (!areKnown()) {
            return; // the first evaluation will tell
        }
        Set<String> all = known();
        if (!all.contains(name)) {
            throw new InputException("metric_for_best_model '" + name + "' is not one of the metrics; did you mean "
                    + NearestName.to(name, all) + "? Available are " + String.join(", ", all));
        }
        Optional<Set<String>> defined = definedOn(evaluation);
        if (defined.isPresent() && !defined.get().contains(name)) {
            throw new InputException("metric_for_best_model '" + name
                    + "' is undefined on the validation split: " + why()
                    + "; choose another metric, such as eval_loss, or"
                    + " validate on more images");
        }
    }

    private boolean areKnown() {
        return lossOnly || (metrics.isRepeatable() && (long) samples() * labels <= MOST_PREDICTIONS);
    }

    /** As many as are needed for every metric to be defined. */
    private int samples() {
        return type == ProblemType.SINGLE_LABEL ? Math.max(labels, 2) : NUMBERS;
    }

    private String why() {
        return switch (type) {
            case SINGLE_LABEL -> "it needs images of different classes";
            case MULTI_LABEL -> "it needs images with the label and images without it";
            case REGRESSION -> "it needs images with different numbers";
        };
    }

    /** Those that an evaluation lacks although other data would have them. */
    List<String> missingFrom(Metrics evaluated) {
        return !areKnown()
                ? List.of()
                : known().stream().filter(name -> !evaluated.has(name)).toList();
    }

    /** Those that data with all classes, or with different numbers, has. */
    private Set<String> known() {
        List<float[]> truths = new ArrayList<>();
        for (int i = 0; i < samples(); i++) {
            float[] truth = new float[type == ProblemType.SINGLE_LABEL ? 1 : labels];
            for (int j = 0; j < truth.length; j++) {
                truth[j] = type == ProblemType.SINGLE_LABEL ? i % labels : type == ProblemType.MULTI_LABEL ? i % 2 : i;
            }
            truths.add(truth);
        }
        return names(truths);
    }

    /** Those that the data has; empty if its labels are of another kind. */
    private Optional<Set<String>> definedOn(Dataset data) {
        List<float[]> truths = new ArrayList<>();
        Set<List<Float>> seen = new HashSet<>();
        int width = type == ProblemType.SINGLE_LABEL ? 1 : labels;
        int different = type == ProblemType.MULTI_LABEL ? 2 : type == ProblemType.SINGLE_LABEL ? labels : NUMBERS;
        int[] count = new int[width];
        for (int i = 0; i < data.size(); i++) {
            float[] truth = data.labels(i);
            if (truth.length != width) {
                return Optional.empty();
            }
            boolean isNew = i == 0;
            for (int j = 0; j < width; j++) {
                if (count[j] < different && !Float.isNaN(truth[j]) && seen.add(List.of((float) j, truth[j]))) {
                    count[j]++;
                    isNew = true;
                }
            }
            if (isNew) {
                truths.add(truth);
            }
        }
        return Optional.of(names(truths));
    }

    private Set<String> names(List<float[]> truths) {
        int samples = truths.size();
        int width = type == ProblemType.SINGLE_LABEL ? 1 : labels;
        float[] truth = new float[samples * width];
        float[] predictions = new float[samples * labels];
        for (int i = 0; i < samples; i++) {
            System.arraycopy(truths.get(i), 0, truth, i * width, width);
            for (int j = 0; j < labels; j++) {
                predictions[i * labels + j] = (31 * i + 17 * j) % 97 / 97F - 0.4F;
            }
        }
        Map<String, Double> computed =
                lossOnly ? Map.of() : metrics.compute(new EvalPrediction(type, samples, labels, predictions, truth));
        Metrics evaluation = Metrics.ofEvaluation(0, computed, 1, 1);
        Set<String> names = new LinkedHashSet<>((averaged ? evaluation.withAveraged(0, computed) : evaluation)
                .values()
                .keySet());
        names.add("eval_steps_per_second");
        return names;
    }
}
