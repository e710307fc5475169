package io.vit4j.report;

import io.vit4j.Swept;
import io.vit4j.Swept.Trial;
import io.vit4j.search.Search;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** {@code sweep.html}: all trials as parallel coordinates, and as a table. */
final class SweepPage {
    private static final String FILE = "sweep.html";

    private final Swept swept;
    private final Search search;

    private SweepPage(Swept swept) {
        this.swept = swept;
        search = swept.search();
    }

    static Path write(Swept swept) {
        return new SweepPage(swept).write();
    }

    private Path write() {
        long failed = swept.trials().stream()
                .filter(trial -> trial.failure().isPresent())
                .count();
        Map<String, String> sections = new LinkedHashMap<>();
        sections.put("settings", "Settings");
        sections.put("trials", "Trials");
        StudyPage page = new StudyPage(
                swept.folder().toAbsolutePath().normalize().getFileName().toString(),
                swept.complete() ? "finished" : "stopped",
                search.method().name().toLowerCase(Locale.ROOT).replace('_', ' ') + " search · "
                        + swept.trials().size() + " trials" + (failed > 0 ? ", " + failed + " of them failed" : "")
                        + " · compared by " + search.metric() + " on the validation split",
                sections);
        page.tiles(this::tiles);
        page.section(
                "settings",
                "Which settings do better?",
                "Each line is a trial; it crosses each axis at its value. On the last axis better is higher, and better"
                        + " trials are darker. The best of many trials is partly lucky, so its number is too optimistic:"
                        + " measure it on a split that chose nothing.");
        new ParallelCoordinates(swept).draw(page.html());
        page.endSection();
        page.section("trials", "Every trial", "The best come first, then those that failed.");
        table(page);
        page.endSection();
        return page.write(swept.folder().resolve(FILE));
    }

    private void tiles(StudyPage page) {
        swept.best().ifPresent(best -> {
            page.tile(
                    Numbers.fixed(best.score().getAsDouble(), 4),
                    "Best " + search.metric(),
                    best.folder().getFileName().toString());
            best.settings().forEach((name, value) -> page.tile(value, name, "of the best trial"));
        });
    }

    /** Best first: of successive halving, the last rung. */
    static List<Trial> ranked(Swept swept) {
        double sign = swept.search().maximize() ? -1 : 1;
        return swept.trials().stream()
                .sorted(Comparator.comparing((Trial trial) -> trial.score().isEmpty())
                        .thenComparing(Comparator.comparingInt(Trial::rung).reversed())
                        .thenComparingDouble(trial -> sign * trial.score().orElse(0))
                        .thenComparingInt(Trial::number))
                .toList();
    }

    /** Names of all settings, in the order in which the trials have them. */
    static Set<String> settings(Swept swept) {
        Set<String> names = new LinkedHashSet<>();
        swept.trials().forEach(trial -> names.addAll(trial.settings().keySet()));
        return names;
    }

    /** The deciding metric, then the usual ones that the trials have. */
    static List<String> metrics(Swept swept) {
        Set<String> names = new LinkedHashSet<>(List.of(swept.search().metric()));
        for (String usual :
                List.of("eval_loss", "eval_roc_auc", "eval_accuracy", "eval_f1_macro", "eval_mae", "eval_r2")) {
            if (swept.trials().stream().anyMatch(trial -> trial.metrics().has(usual))) {
                names.add(usual);
            }
        }
        return List.copyOf(names);
    }

    private void table(StudyPage page) {
        Set<String> settings = settings(swept);
        List<String> metrics = metrics(swept);
        List<String> header = new ArrayList<>(List.of("Trial"));
        header.addAll(settings);
        metrics.forEach(name -> header.add(CrossValidationPage.title(name)));
        header.add("Failure");
        List<StudyPage.Row> rows = new ArrayList<>();
        for (Trial trial : ranked(swept)) {
            List<String> cells =
                    new ArrayList<>(List.of(trial.folder().getFileName().toString()));
            settings.forEach(name -> cells.add(trial.settings().getOrDefault(name, "")));
            metrics.forEach(
                    name -> cells.add(Numbers.fixed(trial.metrics().find(name).orElse(Double.NaN), 4)));
            cells.add(trial.failure().orElse(""));
            rows.add(new StudyPage.Row(swept.best().equals(java.util.Optional.of(trial)), cells));
        }
        page.table("table_of_trials", "Every trial", header, 1, rows);
    }
}
