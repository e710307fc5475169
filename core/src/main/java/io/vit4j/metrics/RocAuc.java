package io.vit4j.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * The area under the ROC curve, for every label and averaged over labels as scikit-learn's {@code roc_auc_score}
 * averages. Unknown truth (NaN) is left out label by label. A label with only one class has no such area: it is listed, and
 * left out of macro and weighted averages.
 *
 * @param perLabel the area of every label that has one
 * @param undefinedLabels labels with only one class
 * @param macro mean over labels; NaN if no label has an area
 * @param findings mean over all labels but "No Finding", which is the literature's mean over 14 labels on NIH
 *     ChestX-ray14
 * @param weighted mean over labels, weighted by their positives
 */
public record RocAuc(
        Map<String, Double> perLabel, List<String> undefinedLabels, double macro, double findings, double weighted) {

    /** The area for one label; empty if {@code truth} (0, 1 or NaN for unknown) has only one class. */
    public static OptionalDouble of(float[] scores, float[] truth) {
        LabelColumns column = LabelColumns.of(scores, truth);
        return optional(Ranking.of(column.scores[0], column.truth[0]).rocAuc());
    }

    /** Single-label truth counts as one class against the rest, ranked by softmax probabilities. Throws InputException at a score that is not finite. */
    public static RocAuc of(EvalPrediction prediction, List<String> labels) {
        LabelColumns columns = LabelColumns.of(prediction, labels);
        return of(columns.names, rank(columns));
    }

    /**
     * The micro average: the area over all (sample, label) pairs taken together, including labels with only one class;
     * empty if all pairs are of one class. It is separate because it takes as long as all the others.
     */
    public static OptionalDouble micro(EvalPrediction prediction, List<String> labels) {
        LabelColumns columns = LabelColumns.of(prediction, labels);
        return optional(Ranking.of(columns.scores, columns.truth).rocAuc());
    }

    /** Whether a label says that there is nothing to find: "No Finding", in any case, with a blank or an underscore. */
    public static boolean isNoFinding(String label) {
        return label.replace('_', ' ').strip().equalsIgnoreCase("No Finding");
    }

    static Ranking[] rank(LabelColumns columns) {
        return IntStream.range(0, columns.labels())
                .parallel()
                .mapToObj(j -> Ranking.of(columns.scores[j], columns.truth[j]))
                .toArray(Ranking[]::new);
    }

    static RocAuc of(List<String> labels, Ranking[] rankings) {
        double[] areas =
                Arrays.stream(rankings).parallel().mapToDouble(Ranking::rocAuc).toArray();
        double[] positives =
                Arrays.stream(rankings).mapToDouble(r -> r.positives).toArray();
        Map<String, Double> perLabel = new LinkedHashMap<>();
        List<String> undefined = new ArrayList<>();
        for (int j = 0; j < areas.length; j++) {
            if (Double.isNaN(areas[j])) {
                undefined.add(labels.get(j));
            } else {
                perLabel.put(labels.get(j), areas[j]);
            }
        }
        boolean[] findings = findings(labels);
        return new RocAuc(
                perLabel,
                undefined,
                mean(areas, null, null),
                mean(areas, findings, null),
                mean(areas, null, positives));
    }

    private static OptionalDouble optional(double area) {
        return Double.isNaN(area) ? OptionalDouble.empty() : OptionalDouble.of(area);
    }

    static boolean[] findings(List<String> labels) {
        boolean[] findings = new boolean[labels.size()];
        for (int j = 0; j < findings.length; j++) {
            findings[j] = !isNoFinding(labels.get(j));
        }
        return findings;
    }

    /** Mean over the values that are not NaN; of the chosen ones, and weighted, where these are not null. */
    static double mean(double[] values, boolean[] chosen, double[] weights) {
        double sum = 0;
        double weight = 0;
        for (int j = 0; j < values.length; j++) {
            if (!Double.isNaN(values[j]) && (chosen == null || chosen[j])) {
                double w = weights == null ? 1 : weights[j];
                sum += w * values[j];
                weight += w;
            }
        }
        return sum / weight;
    }
}
