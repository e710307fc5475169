package io.vit4j.report;

import io.vit4j.base.TerminalText;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.metrics.AverageDeLong.Average;
import io.vit4j.metrics.Calibration;
import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.OperatingPoint;
import io.vit4j.metrics.RegressionMetric;
import io.vit4j.metrics.RegressionScores;
import io.vit4j.metrics.Subgroups;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@link Evaluation} as tables for a terminal. */
public final class EvaluationText {
    private final Evaluation numbers;
    private final StringBuilder text = new StringBuilder();

    private EvaluationText(Evaluation numbers) {
        this.numbers = numbers;
    }

    /** Labels and averages, thresholds, calibration and groups, as tables. */
    public static String of(Evaluation evaluation) {
        return new EvaluationText(evaluation).write();
    }

    private String write() {
        text.append(Numbers.count(numbers.samples())).append(" pictures");
        if (numbers.patientsKnown()) {
            text.append(" of ").append(Numbers.count(numbers.patients())).append(" patients");
        }
        text.append(" (").append(TerminalText.of(numbers.title())).append("); intervals are 95%\n");
        String method = numbers.measured().method().sentence();
        text.append(method.isEmpty() ? "\n" : TerminalText.of(method) + "\n\n");
        if (numbers.regression().isPresent()) {
            numbers(numbers.regression().get());
            return text.toString();
        }
        labels();
        if (!numbers.rocAuc().undefinedLabels().isEmpty()) {
            text.append("\nNo AUROC, because all of these pictures have the same truth for them: ")
                    .append(TerminalText.of(String.join(", ", numbers.rocAuc().undefinedLabels())))
                    .append('\n');
        }
        numbers.choices().rules().stream().findFirst().ifPresent(this::thresholds);
        temperature();
        groups();
        numbers.walkthrough()
                .ifPresent(number -> text.append("\nThe 2022 walkthrough: ")
                        .append(number.sentence())
                        .append('\n'));
        return text.toString();
    }

    private void numbers(RegressionScores scores) {
        TextTable table = new TextTable();
        List<String> header = new ArrayList<>(List.of("output", "pictures"));
        for (RegressionMetric metric : RegressionMetric.values()) {
            header.add(metric.title());
            header.add(numbers.patientsKnown() ? "by patient" : "bootstrap");
        }
        table.row(header);
        for (RegressionScores.Output output : scores.outputs()) {
            table.row(row(output.name(), Numbers.count(output.known()), output.scores()));
        }
        if (scores.outputs().size() > 1) {
            table.row(row("mean", "", scores.means()));
        }
        text.append(table);
    }

    private static List<String> row(String name, String pictures, Map<RegressionMetric, Estimate> scores) {
        List<String> row = new ArrayList<>(List.of(name, pictures));
        for (RegressionMetric metric : RegressionMetric.values()) {
            Optional<Estimate> estimate = Optional.ofNullable(scores.get(metric));
            row.add(estimate.map(e -> Numbers.significant(e.value())).orElse(Numbers.NONE));
            row.add(estimate.map(Numbers::significantInterval).orElse(Numbers.NONE));
        }
        return row;
    }

    private void labels() {
        TextTable table = new TextTable();
        table.row(List.of(
                "label",
                "positives",
                "AUROC",
                "DeLong",
                numbers.patientsKnown() ? "by patient" : "bootstrap",
                "avg. precision",
                numbers.patientsKnown() ? "by patient" : "bootstrap",
                "ECE"));
        for (Evaluation.Label label : numbers.labels()) {
            table.row(List.of(
                    label.name(),
                    Numbers.count(label.positives()),
                    Numbers.three(label.auc().map(Estimate::value).orElse(Double.NaN)),
                    label.auc().map(Numbers::interval).orElse(Numbers.NONE),
                    interval(numbers.intervals().map(i -> i.perLabel().get(label.name()))),
                    Numbers.three(label.averagePrecision()),
                    interval(numbers.precision().map(p -> p.perLabel().get(label.name()))),
                    ece(label.calibration())));
        }
        average(table, "macro", numbers.rocAuc().macro(), "macro", Optional.of(Average.MACRO), Optional.empty());
        average(
                table,
                "macro, findings only",
                numbers.rocAuc().findings(),
                "findings",
                Optional.of(Average.FINDINGS),
                Optional.empty());
        average(
                table,
                "micro",
                numbers.averages().micro().orElse(Double.NaN),
                "micro",
                Optional.of(Average.MICRO),
                numbers.calibration());
        average(table, "weighted", numbers.rocAuc().weighted(), "weighted", Optional.empty(), Optional.empty());
        text.append(table);
    }

    private void average(
            TextTable table,
            String name,
            double area,
            String key,
            Optional<Average> average,
            Optional<Calibration> calibration) {
        Optional<Estimate> precision = numbers.precision().map(p -> p.averages().get(key));
        table.row(List.of(
                name,
                "",
                Numbers.three(area),
                interval(average.map(a -> numbers.averages().deLong().get(a))),
                interval(numbers.intervals().map(i -> i.averages().get(key))),
                Numbers.three(precision.map(Estimate::value).orElse(Double.NaN)),
                interval(precision),
                ece(calibration)));
    }

    private static String ece(Optional<Calibration> calibration) {
        return calibration.map(c -> Numbers.three(c.expectedError())).orElse("");
    }

    private static String interval(Optional<Estimate> estimate) {
        return estimate.map(Numbers::interval).orElse(Numbers.NONE);
    }

    private void thresholds(String rule) {
        List<Evaluation.Label> having = numbers.labels().stream()
                .filter(label -> label.points().containsKey(rule))
                .toList();
        if (having.isEmpty()) {
            return;
        }
        text.append("\nThresholds (")
                .append(TerminalText.of(rule))
                .append("), chosen on ")
                .append(TerminalText.of(numbers.choices().chosenOn().orElseThrow()))
                .append(", measured on ")
                .append(TerminalText.of(numbers.title()))
                .append("\n\n");
        TextTable table = new TextTable();
        table.row(List.of("label", "threshold", "sensitivity", "specificity", "PPV", "NPV"));
        for (Evaluation.Label label : having) {
            OperatingPoint point = label.points().get(rule);
            table.row(List.of(
                    label.name(),
                    Numbers.three(point.threshold()),
                    Numbers.withInterval(point.sensitivity()),
                    Numbers.withInterval(point.specificity()),
                    Numbers.withInterval(point.ppv()),
                    Numbers.withInterval(point.npv())));
        }
        text.append(table);
    }

    private void temperature() {
        numbers.scaling()
                .ifPresent(scaling -> text.append("\nTemperature ")
                        .append(Numbers.fixed(scaling.loss().temperature(), 3))
                        .append(": loss ")
                        .append(Numbers.fixed(scaling.loss().lossBefore(), 4))
                        .append(" to ")
                        .append(Numbers.fixed(scaling.loss().lossAfter(), 4))
                        .append(", calibration error ")
                        .append(ece(numbers.calibration()))
                        .append(" to ")
                        .append(Numbers.three(scaling.calibration().expectedError()))
                        .append('\n'));
    }

    private void groups() {
        if (numbers.subgroups().isEmpty()) {
            return;
        }
        TextTable table = new TextTable();
        table.row(
                List.of("", "group", "pictures", "macro AUROC", numbers.patientsKnown() ? "by patient" : "bootstrap"));
        String before = "";
        for (Subgroups.Group group : numbers.subgroups()) {
            Optional<Estimate> macro = DataSections.macro(group);
            List<String> row = new ArrayList<>();
            row.add(group.column().equals(before) ? "" : group.column());
            row.add(group.group());
            row.add(Numbers.count(group.samples()));
            row.add(Numbers.three(macro.map(Estimate::value).orElse(Double.NaN)));
            row.add(interval(macro));
            table.row(row);
            before = group.column();
        }
        text.append('\n').append(table);
    }
}
