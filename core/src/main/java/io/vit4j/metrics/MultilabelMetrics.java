package io.vit4j.metrics;

import io.vit4j.base.InputException;
import io.vit4j.data.LabelNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The metrics of multi-label data. A label is called positive if the sigmoid of its score reaches 0.5, that is, if the
 * score reaches 0. Undefined values (the AUROC of a label with only one class) have no entry.
 *
 * <ul>
 *   <li>{@code roc_auc}, {@code roc_auc_micro}, {@code roc_auc_weighted}: AUROC of the raw scores, averaged as
 *       scikit-learn does
 *   <li>{@code roc_auc_findings}: mean over all labels but "No Finding"
 *   <li>{@code roc_auc_softmax}, {@code roc_auc_softmax_findings}: the same of the softmax of each row
 *   <li>{@code roc_auc_LABEL}: AUROC of one label
 *   <li>{@code average_precision}: mean over the labels that have positives
 *   <li>{@code exact_match}: share of samples with every known label right (scikit-learn's {@code accuracy_score})
 *   <li>{@code label_accuracy}, {@code accuracy_LABEL}: share of right calls (1 - Hamming loss), of all and of one label
 *   <li>{@code f1_macro}, {@code f1_micro}: as scikit-learn; a label neither present nor called counts 0
 * </ul>
 */
public final class MultilabelMetrics implements MetricFunction {
    private final List<String> labels;

    /** @param labels label names, in the order of the columns */
    public MultilabelMetrics(List<String> labels) {
        this.labels = LabelNames.distinct(labels);
    }

    /**
     * One label, as a row of a table.
     *
     * @param positives samples that have the label
     * @param negatives samples that do not
     * @param unknown samples whose truth is unknown
     * @param rocAuc NaN if the label has only one class
     * @param averagePrecision NaN if the label has no positives
     * @param accuracy share of right calls
     * @param precision share of right ones among the positive calls; 0 without any
     * @param recall share of the positives that were called so; 0 without any
     */
    public record Row(
            String label,
            long positives,
            long negatives,
            long unknown,
            double rocAuc,
            double averagePrecision,
            double accuracy,
            double precision,
            double recall,
            double f1) {}

    @Override
    public boolean isRepeatable() {
        return true;
    }

    @Override
    public Map<String, Double> compute(EvalPrediction prediction) {
        if (prediction.singleLabel()) {
            throw new InputException("These predictions have one class per sample: use the single-label metrics");
        }
        LabelColumns columns = LabelColumns.of(prediction, labels);
        Ranking[] rankings = RocAuc.rank(columns);
        RocAuc raw = RocAuc.of(labels, rankings);
        double[] soft = Arrays.stream(RocAuc.rank(LabelColumns.of(prediction.softmax(), labels)))
                .mapToDouble(Ranking::rocAuc)
                .toArray();
        Calls[] calls = calls(columns);
        List<Row> rows = rows(rankings, calls);
        Calls all = Arrays.stream(calls).reduce(new Calls(0, 0, 0, 0, 0), Calls::plus);

        Map<String, Double> metrics = new LinkedHashMap<>();
        metrics.put("roc_auc", raw.macro());
        metrics.put("roc_auc_findings", raw.findings());
        metrics.put("roc_auc_micro", Ranking.of(columns.scores, columns.truth).rocAuc());
        metrics.put("roc_auc_weighted", raw.weighted());
        metrics.put("roc_auc_softmax", RocAuc.mean(soft, null, null));
        metrics.put("roc_auc_softmax_findings", RocAuc.mean(soft, RocAuc.findings(labels), null));
        metrics.put("average_precision", mean(rows, Row::averagePrecision));
        metrics.put("exact_match", exactMatch(columns));
        metrics.put("label_accuracy", all.accuracy());
        metrics.put("f1_macro", mean(rows, Row::f1));
        metrics.put("f1_micro", all.f1());
        rows.forEach(row -> metrics.put("roc_auc_" + row.label(), row.rocAuc()));
        rows.forEach(row -> metrics.put("accuracy_" + row.label(), row.accuracy()));
        metrics.values().removeIf(value -> value.isNaN());
        return metrics;
    }

    /** The numbers of each label. */
    public List<Row> rows(EvalPrediction prediction) {
        LabelColumns columns = LabelColumns.of(prediction, labels);
        return rows(RocAuc.rank(columns), calls(columns));
    }

    private List<Row> rows(Ranking[] rankings, Calls[] calls) {
        List<Row> rows = new ArrayList<>();
        for (int j = 0; j < rankings.length; j++) {
            Calls c = calls[j];
            rows.add(new Row(
                    labels.get(j),
                    rankings[j].positives,
                    rankings[j].negatives,
                    c.unknown,
                    rankings[j].rocAuc(),
                    rankings[j].averagePrecision(),
                    c.accuracy(),
                    Calls.orZero(c.tp, c.tp + c.fp),
                    Calls.orZero(c.tp, c.tp + c.fn),
                    c.f1()));
        }
        return rows;
    }

    private static double mean(List<Row> rows, ToDoubleFunction<Row> of) {
        return RocAuc.mean(rows.stream().mapToDouble(of).toArray(), null, null);
    }

    private static double exactMatch(LabelColumns columns) {
        int exact = 0;
        int counted = 0;
        for (int i = 0; i < columns.samples; i++) {
            boolean right = true;
            boolean known = false;
            for (int j = 0; j < columns.labels(); j++) {
                byte truth = columns.truth[j][i];
                known |= truth != LabelColumns.UNKNOWN;
                right &= truth == LabelColumns.UNKNOWN || called(columns.scores[j][i]) == truth;
            }
            counted += known ? 1 : 0;
            exact += known && right ? 1 : 0;
        }
        return exact / (double) counted;
    }

    private static Calls[] calls(LabelColumns columns) {
        Calls[] calls = new Calls[columns.labels()];
        for (int j = 0; j < calls.length; j++) {
            long[] counts = new long[4]; // [truth * 2 + called]
            for (int i = 0; i < columns.samples; i++) {
                byte truth = columns.truth[j][i];
                if (truth != LabelColumns.UNKNOWN) {
                    counts[truth * 2 + called(columns.scores[j][i])]++;
                }
            }
            long known = counts[0] + counts[1] + counts[2] + counts[3];
            calls[j] = new Calls(counts[3], counts[1], counts[2], counts[0], columns.samples - known);
        }
        return calls;
    }

    private static int called(float score) {
        return score >= 0 ? 1 : 0;
    }

    /** True and false positives and negatives, and the samples of unknown truth. */
    private record Calls(long tp, long fp, long fn, long tn, long unknown) {
        Calls plus(Calls that) {
            return new Calls(tp + that.tp, fp + that.fp, fn + that.fn, tn + that.tn, unknown + that.unknown);
        }

        double accuracy() {
            return (tp + tn) / (double) (tp + fp + fn + tn);
        }

        double f1() {
            return orZero(2 * tp, 2 * tp + fp + fn);
        }

        static double orZero(long part, long whole) {
            return whole == 0 ? 0 : part / (double) whole;
        }
    }
}
