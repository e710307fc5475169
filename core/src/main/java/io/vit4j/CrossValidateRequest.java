package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Split;
import io.vit4j.evaluate.Folds;
import io.vit4j.evaluate.SampleGroups;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.Metrics;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.train.arguments.TrainingArguments;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a model for every fold of a data set, each on the pictures of the other folds, so that every picture is predicted once by a
 * model that has not seen its patient. Each is trained as {@link FineTuneRequest} says. Called again, it continues: finished folds
 * are kept, and the one that was interrupted goes on from its checkpoint.
 *
 * <pre>{@code
 * FineTuneRequest recipe = Vit4j.fineTune("google/vit-base-patch16-224-in21k").on(dataset).epochs(3).output(folder);
 * CrossValidated result = Vit4j.crossValidate(recipe).folds(5).seeds(3).run(Progress.NONE);
 * System.out.println(result.overSeeds().get("eval_roc_auc").mean());
 * }</pre>
 */
public final class CrossValidateRequest {
    private static final Logger LOG = LoggerFactory.getLogger(CrossValidateRequest.class);

    /** The plan in the output folder. */
    private static final String PLAN = "crossval-plan.json";

    /** In a fold's folder once it is done: its numbers. */
    private static final String DONE = "fold.json";

    private final FineTuneRequest recipe;
    private int folds = 5;
    private int seeds = 1;
    private long foldSeed = 42;
    private double validation = 0.1;
    private boolean includesTest;
    private Optional<FineTuneRequest> running = Optional.empty();
    private boolean interrupted;

    CrossValidateRequest(FineTuneRequest recipe) {
        this.recipe = recipe;
    }

    /** How many folds; by default 5. */
    public CrossValidateRequest folds(int count) {
        folds = count;
        return this;
    }

    /** How often all of it is repeated, with the seeds {@code seed}, {@code seed + 1} and so on; by default once. */
    public CrossValidateRequest seeds(int count) {
        seeds = count;
        return this;
    }

    /** The seed of the folds, which are the same for all seeds of training; by default 42. */
    public CrossValidateRequest foldSeed(long seed) {
        foldSeed = seed;
        return this;
    }

    /**
     * The share of a fold's training pictures, by patient, that is its validation split: for early stopping, the best checkpoint and the
     * temperature. By default 0.1; 0 for none. It is one patient in so many: 0.3 is one in three.
     */
    public CrossValidateRequest validation(double share) {
        validation = share;
        return this;
    }

    /** Whether the pictures of the data set's test split take part; by default they are left alone. */
    public CrossValidateRequest includeTest(boolean include) {
        includesTest = include;
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

    private synchronized boolean begins(FineTuneRequest fold) {
        running = Optional.of(fold);
        return !interrupted;
    }

    /** Does it, or as much as is left to do. */
    public CrossValidated run(Progress.Factory progress) {
        TrainingArguments arguments = recipe.arguments();
        requireAlone();
        requireSense(arguments);
        Path prepared = recipe.prepared(arguments);
        try (ArrowDataset data = recipe.open(arguments, progress)) {
            if (data.info().patientColumn().isEmpty()) {
                LOG.warn(
                        "The data set names no patients, so each picture is in a fold for itself: pictures of one patient"
                                + " may be in several folds");
            }
            Folds shared = Folds.of(data, rows(prepared, data), folds, foldSeed);
            long[] all =
                    LongStream.range(0, seeds).map(i -> arguments.seed() + i).toArray();
            List<String> runs =
                    Arrays.stream(all).mapToObj(CrossValidateRequest::name).toList();
            try (StudyFolder study = StudyFolder.open(arguments, PLAN, plan(arguments, data), runs)) {
                for (long seed : all) {
                    for (int fold = 0; fold < folds; fold++) {
                        Run run = new Run(arguments, prepared, data, shared, seed, fold);
                        if (!Files.exists(run.folder().resolve(DONE)) && !trained(run, progress)) {
                            return new CrossValidated(
                                    arguments.outputDir(), false, List.of(), Map.of(), Optional.empty());
                        }
                    }
                }
                return new OutOfFold(arguments.outputDir(), data, shared, this::done).result(all);
            }
        }
    }

    private static void requireAlone() {
        int ranks = RankEnvironment.read(System.getenv())
                .map(RankEnvironment::worldSize)
                .orElse(1);
        if (ranks > 1) {
            throw new InputException(
                    "a cross-validation runs in one process, not in " + ranks + " ranks; start it without launch");
        }
    }

    private void requireSense(TrainingArguments arguments) {
        if (seeds < 1) {
            throw new InputException(seeds + " seeds: use 1 or more");
        }
        if (!(validation >= 0 && validation <= 0.5)) {
            throw new InputException("a validation share of " + validation + ": it must be from 0 to 0.5");
        }
        boolean chooses = arguments.evalStrategy() != TrainingArguments.Strategy.NO
                || arguments.metricForBestModel().isPresent();
        if (validation == 0 && chooses) {
            throw new InputException("eval_strategy and the choice of a checkpoint need validation pictures within the"
                    + " training pictures of each fold; give them a share, such as 0.1, or leave those arguments out");
        }
    }

    private int[] rows(Path prepared, ArrowDataset data) {
        IntStream own =
                IntStream.concat(Arrays.stream(data.rows(Split.TRAIN)), Arrays.stream(data.rows(Split.VALIDATION)));
        int[] test = data.rows(Split.TEST);
        if (test.length > 0 && !includesTest) {
            LOG.info("The {} pictures of the test split take no part (--include-test uses them, too)", test.length);
        }
        int[] rows = (includesTest ? IntStream.concat(own, Arrays.stream(test)) : own)
                .sorted()
                .toArray();
        if (rows.length == 0) {
            throw InputException.in(prepared, "has no pictures to train on; prepare it with another split");
        }
        return rows;
    }

    private JsonObject plan(TrainingArguments arguments, ArrowDataset data) {
        return JsonObject.empty()
                .with("folds", folds)
                .with("fold_seed", foldSeed)
                .with("validation", validation)
                .with("include_test", includesTest)
                .with("model", recipe.startsFrom())
                .with("dataset", data.info().digest())
                .with("arguments", StudyFolder.thatMatter(arguments));
    }

    private static String name(long seed) {
        return "seed-" + seed;
    }

    private static Path folder(TrainingArguments arguments, long seed, int fold) {
        return arguments.outputDir().resolve(name(seed)).resolve("fold-" + (fold + 1));
    }

    /** The pictures of a fold are its test split; a part of the others, again by patient, is for validation. */
    private ArrowDataset divided(ArrowDataset data, Folds shared, int fold) {
        Map<String, int[]> splits = new LinkedHashMap<>();
        splits.put(Split.TEST, shared.in(fold));
        int[] others = shared.outside(fold);
        if (validation > 0) {
            int parts = (int) Math.round(1 / validation);
            int patients = SampleGroups.of(data, others).patients();
            if (patients < parts) {
                throw new InputException("fold " + (fold + 1) + " is trained on "
                        + (data.info().patientColumn().isPresent()
                                ? "pictures of " + patients + " patients"
                                : patients + " pictures")
                        + ", too few to set one in " + parts
                        + " apart for validation; use a larger --validation, or 0 for none");
            }
            Folds inner = Folds.of(data, others, parts, foldSeed + 1 + fold);
            splits.put(Split.VALIDATION, inner.in(0));
            splits.put(Split.TRAIN, inner.outside(0));
        } else {
            splits.put(Split.TRAIN, others);
        }
        return data.withSplits(splits);
    }

    /** The training of one fold with one seed. */
    private record Run(
            TrainingArguments arguments, Path prepared, ArrowDataset data, Folds shared, long seed, int fold) {
        Path folder() {
            return CrossValidateRequest.folder(arguments, seed, fold);
        }
    }

    /** Trains and measures a fold; false if it was interrupted. */
    private boolean trained(Run run, Progress.Factory progress) {
        Path folder = run.folder();
        LOG.info("Fold {} of {}, seed {}: {}", run.fold() + 1, folds, run.seed(), folder);
        UnaryOperator<ArrowDataset> division = data -> divided(data, run.shared(), run.fold());
        FineTuneRequest request = recipe.variant(
                run.prepared(), more -> StudyFolder.continuing(more, folder).seed(run.seed()), division);
        if (!begins(request) || request.run(progress).end() != Tuned.End.COMPLETE) {
            return false;
        }
        Evaluated held = Vit4j.evaluate(folder)
                .on(run.prepared())
                .splits(division)
                .split(Split.TEST)
                .settings(settings(run.arguments()))
                .device(recipe.computesOn(run.arguments()))
                .reportImages(run.arguments().reportImages())
                .run(progress)
                .orElseThrow();
        DurableFiles.SYSTEM.write(
                folder.resolve(DONE),
                JsonObject.empty()
                        .with("trained", division.apply(run.data()).rows(Split.TRAIN).length)
                        .with("pictures", held.evaluation().samples())
                        .with("patients", held.evaluation().patients())
                        .with("metrics", OutOfFold.withoutTimes(held.metrics()).toJson())
                        .pretty());
        return true;
    }

    private static Predictor.Settings settings(TrainingArguments arguments) {
        return new Predictor.Settings(
                Dtype.FLOAT32,
                arguments.perDeviceEvalBatchSize(),
                Math.max(1, arguments.dataloaderNumWorkers()),
                TorchRuntime.threads());
    }

    /** What a finished fold left. */
    private CrossValidated.Fold done(long seed, int fold) {
        Path folder = folder(recipe.arguments(), seed, fold);
        JsonObject json = JsonObject.read(folder.resolve(DONE));
        return new CrossValidated.Fold(
                fold + 1,
                folder,
                json.integer("trained"),
                json.integer("pictures"),
                json.integer("patients"),
                Metrics.of(json.object("metrics")));
    }
}
