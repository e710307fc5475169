package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Split;
import io.vit4j.metrics.Metrics;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.search.Halving;
import io.vit4j.search.Search;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains with one setting after another, and compares them on the validation split. The test split is taken out of the data set
 * before anything begins. A trial that fails is recorded as failed. Called again, it continues: trials that are done are kept, and the
 * one that was interrupted goes on from its checkpoint.
 *
 * <pre>{@code
 * FineTuneRequest recipe = Vit4j.fineTune("google/vit-base-patch16-224-in21k").on(dataset).epochs(3).output(folder);
 * Swept swept = Vit4j.sweep(recipe, Search.read(Path.of("sweep.json"))).run(Progress.NONE);
 * System.out.println(swept.best().orElseThrow().settings());
 * }</pre>
 */
public final class SweepRequest {
    private static final Logger LOG = LoggerFactory.getLogger(SweepRequest.class);

    /** The plan in the output folder. */
    private static final String PLAN = "sweep-plan.json";

    private final FineTuneRequest recipe;
    private final Search search;
    private boolean keepsBestOnly;
    private Optional<FineTuneRequest> running = Optional.empty();
    private boolean interrupted;

    SweepRequest(FineTuneRequest recipe, Search search) {
        this.recipe = recipe;
        this.search = search;
    }

    /** Deletes the files of trials that are not the best so far, but for their numbers; by default all are kept. */
    public SweepRequest keepBestOnly(boolean best) {
        keepsBestOnly = best;
        return this;
    }

    /**
     * Asks it to end after the step it is in, with a checkpoint; from any thread.
     *
     * @return whether there is something to end
     */
    public synchronized boolean interrupt() {
        interrupted = true;
        running.ifPresent(FineTuneRequest::interrupt);
        return true;
    }

    private synchronized boolean begins(FineTuneRequest trial) {
        running = Optional.of(trial);
        return !interrupted;
    }

    /** Does it, or as much as is left to do; InputException if not a single trial succeeds. */
    public Swept run(Progress.Factory progress) {
        if (RankEnvironment.read(System.getenv())
                .filter(rank -> rank.worldSize() > 1)
                .isPresent()) {
            throw new InputException("a sweep runs in one process, not in several ranks; start it without launch");
        }
        TrainingArguments arguments = recipe.arguments();
        Path prepared = recipe.prepared(arguments);
        List<Map<String, String>> settings = search.settings();
        String digest;
        try (ArrowDataset data = recipe.open(arguments, progress)) {
            if (data.rows(Split.VALIDATION).length == 0) {
                throw InputException.in(
                        prepared,
                        "has no validation split, on which settings are compared; prepare it with --validation 0.1");
            }
            digest = withoutTest(data).info().digest();
        }
        JsonObject plan = search.toJson()
                .with("model", recipe.startsFrom())
                .with("dataset", digest)
                .with("arguments", StudyFolder.thatMatter(arguments));
        try (StudyFolder study = StudyFolder.open(arguments, PLAN, plan, names(settings.size()))) {
            Trials trials = new Trials(arguments, prepared, progress);
            boolean complete = trials.all(settings);
            Swept swept = new Swept(
                    arguments.outputDir(), complete, search, List.copyOf(trials.done), trials.best(), Optional.empty());
            if (complete && swept.best().isEmpty()) {
                Swept.Trial first = trials.done.get(0);
                throw new InputException("all " + trials.done.size() + " trials failed, the first because: "
                        + first.failure().orElse(search.metric() + " is undefined"));
            }
            return new SweepFiles(swept).write();
        }
    }

    private List<String> names(int settings) {
        int rungs = search.halving().map(h -> h.rungs().size()).orElse(1);
        return IntStream.rangeClosed(1, rungs)
                .boxed()
                .flatMap(rung -> IntStream.rangeClosed(1, settings).mapToObj(number -> name(number, rung)))
                .toList();
    }

    private String name(int number, int rung) {
        String name = String.format(Locale.ROOT, "trial-%03d", number);
        return search.halving().isPresent() ? name + "-rung-" + rung : name;
    }

    /** The test split is not there, whatever a trial may ask for. */
    private static ArrowDataset withoutTest(ArrowDataset data) {
        return data.withSplits(
                Map.of(Split.TRAIN, data.rows(Split.TRAIN), Split.VALIDATION, data.rows(Split.VALIDATION)));
    }

    /** The trials in their order, and what is known of those that are done. */
    private final class Trials {
        private final TrainingArguments arguments;
        private final Path prepared;
        private final Progress.Factory progress;
        private final List<Swept.Trial> done = new ArrayList<>();

        Trials(TrainingArguments arguments, Path prepared, Progress.Factory progress) {
            this.arguments = arguments;
            this.prepared = prepared;
            this.progress = progress;
        }

        /** Returns false if they were interrupted. */
        boolean all(List<Map<String, String>> settings) {
            List<Integer> numbers =
                    IntStream.rangeClosed(1, settings.size()).boxed().toList();
            if (search.halving().isEmpty()) {
                return rung(1, numbers, settings, Map.of());
            }
            Halving halving = search.halving().get();
            List<String> rungs = halving.rungs();
            for (int rung = 1; rung <= rungs.size(); rung++) {
                if (!rung(rung, numbers, settings, Map.of(halving.resource(), rungs.get(rung - 1)))) {
                    return false;
                }
                numbers = promoted(rung, halving.kept(numbers.size()));
            }
            return true;
        }

        private boolean rung(
                int rung, List<Integer> numbers, List<Map<String, String>> settings, Map<String, String> resource) {
            for (int number : numbers) {
                Map<String, String> setting = new LinkedHashMap<>(settings.get(number - 1));
                setting.putAll(resource);
                Optional<Swept.Trial> trial = trial(number, rung, setting);
                if (trial.isEmpty()) {
                    return false;
                }
                done.add(trial.get());
                if (keepsBestOnly) {
                    forgetAllButTheBest();
                }
            }
            return true;
        }

        /** The best of a rung; those that failed go no further. */
        private List<Integer> promoted(int rung, int most) {
            return done.stream()
                    .filter(trial -> trial.rung() == rung && trial.score().isPresent())
                    .sorted(byScore())
                    .limit(most)
                    .map(Swept.Trial::number)
                    .toList();
        }

        /** Best first; of equal ones the earlier. */
        private Comparator<Swept.Trial> byScore() {
            Comparator<Swept.Trial> ascending =
                    Comparator.comparingDouble(trial -> trial.score().getAsDouble());
            return (search.maximize() ? ascending.reversed() : ascending).thenComparingInt(Swept.Trial::number);
        }

        /** Of the last rung that has one, which is the one that was trained longest. */
        Optional<Swept.Trial> best() {
            return done.stream()
                    .filter(trial -> trial.score().isPresent())
                    .min(Comparator.comparingInt(Swept.Trial::rung).reversed().thenComparing(byScore()));
        }

        /** Empty if it was interrupted. */
        private Optional<Swept.Trial> trial(int number, int rung, Map<String, String> setting) {
            Path folder = arguments.outputDir().resolve(name(number, rung));
            if (Files.exists(folder.resolve(SweepFiles.TRIAL))) {
                return Optional.of(SweepFiles.read(folder, number, rung, setting, search.metric()));
            }
            LOG.info("{}: {}", folder.getFileName(), setting);
            Metrics metrics = Metrics.NONE;
            Optional<String> failure = Optional.empty();
            try {
                FineTuneRequest request = recipe.variant(
                        prepared, more -> StudyFolder.continuing(more.set(setting), folder), SweepRequest::withoutTest);
                if (!begins(request)) {
                    return Optional.empty();
                }
                Tuned tuned = request.run(progress);
                if (tuned.end() != Tuned.End.COMPLETE) {
                    return Optional.empty();
                }
                metrics = OutOfFold.withoutTimes(tuned.evaluated());
            } catch (RuntimeException | OutOfMemoryError e) {
                failure = Optional.of(String.valueOf(e.getMessage()));
                LOG.warn("{} failed: {}", folder.getFileName(), e.getMessage());
                LOG.debug("Its failure", e);
            }
            requireMetric(metrics, failure);
            Swept.Trial trial = new Swept.Trial(
                    number, rung, setting, folder, metrics, SweepFiles.score(metrics, search.metric()), failure);
            SweepFiles.keep(trial);
            return Optional.of(trial);
        }

        private void requireMetric(Metrics metrics, Optional<String> failure) {
            if (failure.isEmpty() && !metrics.has(search.metric())) {
                throw new InputException("the metric " + search.metric()
                        + " is not among those of an evaluation; use one of "
                        + String.join(", ", metrics.values().keySet()));
            }
        }

        private void forgetAllButTheBest() {
            Optional<Path> best = best().map(Swept.Trial::folder);
            for (Swept.Trial trial : done) {
                if (!best.equals(Optional.of(trial.folder())) && Files.isDirectory(trial.folder())) {
                    try (Stream<Path> files = Files.list(trial.folder())) {
                        files.filter(file -> !file.endsWith(SweepFiles.TRIAL)).forEach(DurableFiles.SYSTEM::delete);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            }
        }
    }
}
