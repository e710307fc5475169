package io.vit4j.report;

import io.vit4j.CrossValidated;
import io.vit4j.Swept;
import io.vit4j.base.TerminalText;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.metrics.Spread;
import java.util.ArrayList;
import java.util.List;

/** Cross-validations and sweeps as tables for a terminal. */
public final class StudyText {
    /** Trials of a table that anybody reads. */
    private static final int MOST_TRIALS = 20;

    private StudyText() {}

    /** The spread over folds, and over seeds. */
    public static String of(CrossValidated result) {
        StringBuilder text = new StringBuilder();
        for (CrossValidated.Repeat repeat : result.repeats()) {
            Evaluation pooled = repeat.evaluation();
            text.append("Seed ")
                    .append(repeat.seed())
                    .append(", ")
                    .append(repeat.folds().size());
            text.append(" folds, ").append(Numbers.count(pooled.samples())).append(" pictures");
            if (pooled.patientsKnown()) {
                text.append(" of ").append(Numbers.count(pooled.patients())).append(" patients");
            }
            text.append("\n\n");
            TextTable table = new TextTable()
                    .row(List.of("metric", "all predictions", "mean of folds", "deviation", "lowest", "highest"));
            for (String name : CrossValidationPage.metrics(repeat)) {
                Spread folds = repeat.overFolds().get(name);
                table.row(List.of(
                        name,
                        Numbers.fixed(repeat.pooled().find(name).orElse(Double.NaN), 4),
                        Numbers.fixed(folds.mean(), 4),
                        Numbers.fixed(folds.deviation(), 4),
                        Numbers.fixed(folds.lowest(), 4),
                        Numbers.fixed(folds.highest(), 4)));
            }
            text.append(table).append('\n');
        }
        if (!result.overSeeds().isEmpty()) {
            text.append("Over ").append(result.repeats().size()).append(" seeds, of all predictions\n\n");
            TextTable table = new TextTable().row(List.of("metric", "mean", "deviation", "95%"));
            for (String name : CrossValidationPage.metrics(result.repeats().get(0))) {
                Spread seeds = result.overSeeds().get(name);
                if (seeds != null) {
                    table.row(List.of(
                            name,
                            Numbers.fixed(seeds.mean(), 4),
                            Numbers.fixed(seeds.deviation(), 4),
                            Numbers.interval(seeds.interval(Evaluation.LEVEL))));
                }
            }
            text.append(table).append('\n');
        }
        return text.toString();
    }

    /** The best trials, with their settings. */
    public static String of(Swept swept) {
        List<String> settings = List.copyOf(SweepPage.settings(swept));
        List<String> header = new ArrayList<>(List.of("trial"));
        header.addAll(settings);
        header.add(swept.search().metric());
        TextTable table = new TextTable().row(header);
        List<Swept.Trial> ranked = SweepPage.ranked(swept);
        for (Swept.Trial trial : ranked.subList(0, Math.min(MOST_TRIALS, ranked.size()))) {
            List<String> row =
                    new ArrayList<>(List.of(trial.folder().getFileName().toString()));
            settings.forEach(name -> row.add(trial.settings().getOrDefault(name, "")));
            row.add(
                    trial.score().isPresent()
                            ? Numbers.fixed(trial.score().getAsDouble(), 4)
                            : trial.failure().isPresent() ? "failed" : Numbers.NONE);
            table.row(row);
        }
        StringBuilder text = new StringBuilder().append(table);
        if (ranked.size() > MOST_TRIALS) {
            text.append("  and ").append(ranked.size() - MOST_TRIALS).append(" more\n");
        }
        swept.best()
                .ifPresent(best -> text.append("\nBest: ")
                        .append(TerminalText.of(best.folder().toString()))
                        .append('\n'));
        return text.toString();
    }
}
