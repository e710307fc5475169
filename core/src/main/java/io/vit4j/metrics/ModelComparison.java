package io.vit4j.metrics;

import io.vit4j.data.LabelNames;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Two models on the same samples.
 *
 * @param perLabel DeLong's paired test of each label that has two samples of either class
 * @param adjustedP the tests' p-values made fit for as many tests as there are labels (Holm, Scandinavian Journal of
 *     Statistics 1979)
 * @param averages DeLong's paired test of the macro average, of the findings' and of the micro average, as far as there are
 *     such; over the labels of {@code perLabel}
 * @param difference AUROC of the first model minus that of the second, per label and averaged, with intervals by
 *     cluster (patient)
 */
public record ModelComparison(
        Map<String, DeLong.PairedTest> perLabel,
        Map<String, Double> adjustedP,
        Map<AverageDeLong.Average, DeLong.PairedTest> averages,
        Bootstrap.Intervals difference) {

    /** @param clusters of each sample, for the bootstrap */
    public static ModelComparison of(
            EvalPrediction model, EvalPrediction otherModel, List<String> names, int[] clusters, Bootstrap bootstrap) {
        EvalPrediction first = model.ranked();
        EvalPrediction second = otherModel.ranked();
        List<String> labels = LabelNames.distinct(names);
        Bootstrap.Intervals difference = bootstrap.difference(first, second, labels, clusters);
        Map<String, DeLong.PairedTest> tests = new LinkedHashMap<>();
        for (int j = 0; j < labels.size(); j++) {
            float[] truth = first.truth(j);
            if (DeLong.comparable(truth)) {
                tests.put(labels.get(j), DeLong.compare(first.scores(j), second.scores(j), truth, bootstrap.level()));
            }
        }
        Map<AverageDeLong.Average, DeLong.PairedTest> averages = new EnumMap<>(AverageDeLong.Average.class);
        for (AverageDeLong.Average average : AverageDeLong.Average.values()) {
            AverageDeLong.compare(first, second, labels, average, bootstrap.level())
                    .ifPresent(test -> averages.put(average, test));
        }
        return new ModelComparison(tests, holm(tests), averages, difference);
    }

    private static Map<String, Double> holm(Map<String, DeLong.PairedTest> tests) {
        List<String> byP = new ArrayList<>(tests.keySet());
        byP.sort(Comparator.comparingDouble(label -> tests.get(label).p()));
        Map<String, Double> adjusted = new LinkedHashMap<>();
        tests.keySet().forEach(label -> adjusted.put(label, 1.0));
        double largest = 0;
        for (int i = 0; i < byP.size(); i++) {
            largest = Math.max(
                    largest,
                    Math.min(1, (byP.size() - i) * tests.get(byP.get(i)).p()));
            adjusted.put(byP.get(i), largest);
        }
        return adjusted;
    }
}
