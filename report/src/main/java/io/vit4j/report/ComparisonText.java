package io.vit4j.report;

import io.vit4j.base.TerminalText;
import io.vit4j.evaluate.Comparison;
import io.vit4j.metrics.AverageDeLong.Average;
import io.vit4j.metrics.DeLong;
import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.ModelComparison;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A {@link Comparison} as a table for a terminal. */
public final class ComparisonText {
    private final Comparison comparison;
    private final ModelComparison numbers;

    private ComparisonText(Comparison comparison) {
        this.comparison = comparison;
        numbers = comparison.numbers();
    }

    /** The table. */
    public static String of(Comparison comparison) {
        return new ComparisonText(comparison).write();
    }

    String write() {
        StringBuilder text = new StringBuilder();
        text.append("A is ")
                .append(TerminalText.of(comparison.first().name()))
                .append(", B is ")
                .append(TerminalText.of(comparison.second().name()))
                .append("; ");
        text.append(Numbers.count(comparison.first().predictions().prediction().samples()))
                .append(" pictures");
        if (comparison.patientsKnown()) {
            text.append(" of ")
                    .append(Numbers.count(numbers.difference().clusters()))
                    .append(" patients");
        }
        text.append("; intervals are 95%\n\n");
        TextTable table = new TextTable();
        table.row(List.of(
                "label",
                "positives",
                "AUROC A",
                "AUROC B",
                "A - B",
                "DeLong",
                comparison.patientsKnown() ? "by patient" : "bootstrap",
                "p",
                "p (Holm)"));
        List<String> labels = comparison.first().predictions().labels();
        for (int j = 0; j < labels.size(); j++) {
            String label = labels.get(j);
            if (numbers.perLabel().containsKey(label)) {
                row(
                        table,
                        label,
                        Numbers.count(comparison.counts().positives()[j]),
                        numbers.perLabel().get(label),
                        Optional.ofNullable(numbers.difference().perLabel().get(label)),
                        Numbers.p(numbers.adjustedP().get(label)));
            }
        }
        numbers.averages()
                .forEach((average, test) -> row(
                        table,
                        average == Average.FINDINGS
                                ? "macro, findings only"
                                : average.name().toLowerCase(Locale.ROOT),
                        "",
                        test,
                        comparison.resampled(average),
                        ""));
        text.append(table);
        List<String> leftOut = labels.stream()
                .filter(label -> !numbers.perLabel().containsKey(label))
                .toList();
        if (!leftOut.isEmpty()) {
            text.append("\nNot compared, because fewer than two pictures have the label or fewer than two lack it: ")
                    .append(TerminalText.of(String.join(", ", leftOut)))
                    .append('\n');
        }
        text.append("\np is DeLong's, which treats pictures as independent; p (Holm) is corrected for the number of"
                + " labels tested.\n");
        return text.toString();
    }

    private static void row(
            TextTable table,
            String name,
            String positives,
            DeLong.PairedTest test,
            Optional<Estimate> resampled,
            String adjusted) {
        table.row(List.of(
                name,
                positives,
                Numbers.three(test.first()),
                Numbers.three(test.second()),
                Numbers.three(test.difference()),
                Numbers.interval(test.low(), test.high()),
                resampled.map(Numbers::interval).orElse(Numbers.NONE),
                Numbers.p(test.p()),
                adjusted));
    }
}
