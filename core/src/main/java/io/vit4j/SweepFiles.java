package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.JsonObject;
import io.vit4j.data.CsvTable;
import io.vit4j.metrics.Metrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** What a sweep writes: a file for each trial, and one table of all. */
final class SweepFiles {
    /** In a trial's folder once it is done. */
    static final String TRIAL = "trial.json";

    private final Swept swept;

    SweepFiles(Swept swept) {
        this.swept = swept;
    }

    /** Keeps a trial that is done. */
    static void keep(Swept.Trial trial) {
        try {
            Files.createDirectories(trial.folder()); // one that failed may have none
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        DurableFiles.SYSTEM.write(trial.folder().resolve(TRIAL), json(trial).pretty());
    }

    private static JsonObject json(Swept.Trial trial) {
        JsonObject json = JsonObject.empty()
                .with("trial", trial.number())
                .with("rung", trial.rung())
                .with("settings", trial.settings())
                .with("metrics", trial.metrics().toJson());
        return trial.failure().map(why -> json.with("failure", why)).orElse(json);
    }

    /** A trial that is done already. */
    static Swept.Trial read(Path folder, int number, int rung, Map<String, String> settings, String metric) {
        JsonObject json = JsonObject.read(folder.resolve(TRIAL));
        Metrics metrics = Metrics.of(json.object("metrics"));
        return new Swept.Trial(
                number,
                rung,
                settings,
                folder,
                metrics,
                score(metrics, metric),
                json.has("failure") ? Optional.of(json.text("failure")) : Optional.empty());
    }

    static OptionalDouble score(Metrics metrics, String metric) {
        OptionalDouble score = metrics.find(metric);
        return score.isPresent() && Double.isFinite(score.getAsDouble()) ? score : OptionalDouble.empty();
    }

    /** Writes {@code sweep.json} and {@code sweep.csv}, and has the report made. */
    Swept write() {
        List<JsonObject> trials = swept.trials().stream().map(SweepFiles::json).toList();
        JsonObject json = JsonObject.empty()
                .with("complete", swept.complete())
                .with("search", swept.search().toJson())
                .with("trials", trials);
        DurableFiles.SYSTEM.write(
                swept.folder().resolve("sweep.json"),
                swept.best()
                        .map(best -> json.with("best", json(best)))
                        .orElse(json)
                        .pretty());
        table();
        Optional<Path> page = Reporter.all().stream()
                .map(reporter -> reporter.swept(swept))
                .flatMap(Optional::stream)
                .findFirst();
        return new Swept(swept.folder(), swept.complete(), swept.search(), swept.trials(), swept.best(), page);
    }

    private void table() {
        Set<String> settings = new LinkedHashSet<>();
        Set<String> metrics = new LinkedHashSet<>();
        swept.trials().forEach(trial -> {
            settings.addAll(trial.settings().keySet());
            metrics.addAll(trial.metrics().values().keySet());
        });
        CsvTable.write(DurableFiles.SYSTEM, swept.folder().resolve("sweep.csv"), rows -> {
            List<String> row = new ArrayList<>(List.of("trial", "rung"));
            row.addAll(settings);
            row.addAll(metrics);
            row.add("failure");
            rows.accept(row);
            for (Swept.Trial trial : swept.trials()) {
                row.clear();
                row.add(Integer.toString(trial.number()));
                row.add(Integer.toString(trial.rung()));
                settings.forEach(name -> row.add(trial.settings().getOrDefault(name, "")));
                metrics.forEach(name -> row.add(
                        trial.metrics().has(name)
                                ? Double.toString(trial.metrics().get(name))
                                : ""));
                row.add(trial.failure().orElse(""));
                rows.accept(row);
            }
        });
    }
}
