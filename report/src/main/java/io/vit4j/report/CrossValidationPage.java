package io.vit4j.report;

import io.vit4j.CrossValidated;
import io.vit4j.CrossValidated.Fold;
import io.vit4j.CrossValidated.Repeat;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.Spread;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code crossval.html}: folds and seeds, and the evaluation of all predictions together. */
final class CrossValidationPage {
    private static final String FILE = "crossval.html";

    private final CrossValidated result;
    private final Repeat first;
    private final Evaluation pooled;

    private CrossValidationPage(CrossValidated result) {
        this.result = result;
        first = result.repeats().get(0);
        pooled = first.evaluation();
    }

    static Path write(CrossValidated result) {
        return new CrossValidationPage(result).write();
    }

    private Path write() {
        Map<String, String> sections = new LinkedHashMap<>();
        sections.put("folds", "Folds");
        if (!result.overSeeds().isEmpty()) {
            sections.put("seeds", "Seeds");
        }
        sections.put(pooled.regression().isPresent() ? "regression" : "labels", "All predictions");
        String people = pooled.patientsKnown() ? " of " + Numbers.count(pooled.patients()) + " patients" : "";
        StudyPage page = new StudyPage(
                result.folder().toAbsolutePath().normalize().getFileName().toString(),
                "finished",
                first.folds().size() + " folds" + (pooled.patientsKnown() ? " by patient" : "") + " · "
                        + result.repeats().size() + (result.repeats().size() == 1 ? " seed" : " seeds") + " · "
                        + Numbers.count(pooled.samples()) + " pictures" + people
                        + ", each predicted by a model that has not seen its "
                        + (pooled.patientsKnown() ? "patient" : "picture"),
                sections);
        page.tiles(this::tiles);
        folds(page);
        if (!result.overSeeds().isEmpty()) {
            seeds(page);
        }
        evaluation(page);
        return page.write(result.folder().resolve(FILE));
    }

    /** The metrics whose names are not those of single labels. */
    static List<String> metrics(Repeat repeat) {
        List<String> labels = repeat.evaluation().measured().labels();
        return repeat.overFolds().keySet().stream()
                .filter(name -> labels.stream().noneMatch(label -> name.endsWith("_" + label)))
                .toList();
    }

    static String title(String metric) {
        return metric.replaceFirst("^eval_", "").replace('_', ' ');
    }

    private void tiles(StudyPage page) {
        Optional<Estimate> area = pooled.intervals().map(i -> i.averages().get("macro"));
        if (area.isPresent() && Double.isFinite(pooled.rocAuc().macro())) {
            page.tile(
                    Numbers.three(pooled.rocAuc().macro()),
                    "Macro AUROC of all predictions",
                    "95%: " + Numbers.three(area.get().low()) + " to "
                            + Numbers.three(area.get().high()));
        }
        for (String name : List.of("eval_roc_auc", "eval_loss")) {
            Spread spread = first.overFolds().get(name);
            if (spread != null) {
                page.tile(
                        Numbers.three(spread.mean()),
                        "Mean over folds, " + title(name),
                        "deviation " + Numbers.three(spread.deviation()));
            }
            Spread seeds = result.overSeeds().get(name);
            if (seeds != null) {
                Estimate interval = seeds.interval(Evaluation.LEVEL);
                page.tile(
                        Numbers.three(seeds.mean()),
                        "Mean over seeds, " + title(name),
                        "95%: " + Numbers.three(interval.low()) + " to " + Numbers.three(interval.high()));
            }
        }
    }

    private void folds(StudyPage page) {
        page.section(
                "folds",
                "How far do the folds differ?",
                "Each row is a model that was trained on the other folds and measured on this one. The deviation shows how"
                        + " far a result moves with the pictures that are measured. It is not the error of the mean: each"
                        + " two models share most of their training pictures.");
        List<String> names = metrics(first);
        Chart chart = new Chart("Fold", "macro AUROC");
        for (Repeat repeat : result.repeats()) {
            chart.line(
                    "seed " + repeat.seed(),
                    repeat.folds().stream().mapToDouble(Fold::number).toArray(),
                    repeat.folds().stream()
                            .mapToDouble(
                                    fold -> fold.metrics().find("eval_roc_auc").orElse(Double.NaN))
                            .toArray(),
                    Chart.Look.POINTS);
        }
        if (names.contains("eval_roc_auc")) {
            TrainingSections.figure(page.html(), page.charts(), "roc_auc_of_folds", "Macro AUROC of each fold", chart);
        }
        List<String> header = new ArrayList<>(List.of("Seed", "Fold", "Trained on", "Pictures", "Patients"));
        names.forEach(name -> header.add(title(name)));
        List<StudyPage.Row> rows = new ArrayList<>();
        for (Repeat repeat : result.repeats()) {
            for (Fold fold : repeat.folds()) {
                List<String> cells = new ArrayList<>(List.of(
                        Long.toString(repeat.seed()),
                        Integer.toString(fold.number()),
                        Numbers.count(fold.trained()),
                        Numbers.count(fold.pictures()),
                        pooled.patientsKnown() ? Numbers.count(fold.patients()) : Numbers.NONE));
                names.forEach(name ->
                        cells.add(Numbers.fixed(fold.metrics().find(name).orElse(Double.NaN), 4)));
                rows.add(new StudyPage.Row(false, cells));
            }
            rows.add(sum(repeat, "mean", names, Spread::mean));
            rows.add(sum(repeat, "deviation", names, Spread::deviation));
        }
        page.table("table_of_folds", "Every fold", header, 2, rows);
        page.endSection();
    }

    /** A number of a spread. */
    private interface Figure {
        double of(Spread spread);
    }

    private static StudyPage.Row sum(Repeat repeat, String what, List<String> names, Figure figure) {
        List<String> cells = new ArrayList<>(List.of(Long.toString(repeat.seed()), what, "", "", ""));
        for (String name : names) {
            Spread spread = repeat.overFolds().get(name); // of another seed than that which names were taken from
            cells.add(Numbers.fixed(spread == null ? Double.NaN : figure.of(spread), 4));
        }
        return new StudyPage.Row(true, cells);
    }

    private void seeds(StudyPage page) {
        page.section(
                "seeds",
                "How far do the seeds differ?",
                "All folds were trained again with other seeds: another head, another order of pictures. Each number is of"
                        + " the predictions of all folds together. The intervals (95%) are Student's over the seeds; they say"
                        + " nothing of other pictures.");
        List<String> names =
                metrics(first).stream().filter(result.overSeeds()::containsKey).toList();
        List<String> header = new ArrayList<>(List.of("Metric"));
        result.repeats().forEach(repeat -> header.add("Seed " + repeat.seed()));
        header.addAll(List.of("Mean", "Deviation", "95%"));
        List<StudyPage.Row> rows = new ArrayList<>();
        for (String name : names) {
            List<String> cells = new ArrayList<>(List.of(title(name)));
            result.repeats()
                    .forEach(repeat ->
                            cells.add(Numbers.fixed(repeat.pooled().find(name).orElse(Double.NaN), 4)));
            Spread spread = result.overSeeds().get(name);
            cells.add(Numbers.fixed(spread.mean(), 4));
            cells.add(Numbers.fixed(spread.deviation(), 4));
            cells.add(Numbers.interval(spread.interval(Evaluation.LEVEL)));
            rows.add(new StudyPage.Row(false, cells));
        }
        page.table("table_of_seeds", "Every seed", header, 1, rows);
        page.endSection();
    }

    private void evaluation(StudyPage page) {
        List<String> note = result.repeats().size() > 1
                ? List.of("These are the predictions with seed " + first.seed()
                        + "; those of the others are evaluated in their folders.")
                : List.of();
        if (pooled.regression().isPresent()) {
            new RegressionSection(pooled, page.html(), page.charts()).write(note);
            return;
        }
        EvaluationSections sections = new EvaluationSections(pooled, page.html(), page.charts());
        sections.labels(note);
        sections.curves();
        sections.calibration();
    }
}
