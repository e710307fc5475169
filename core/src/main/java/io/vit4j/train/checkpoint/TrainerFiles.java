package io.vit4j.train.checkpoint;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.hub.AdapterFolder;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.FolderManifest;
import io.vit4j.hub.WeightSource;
import io.vit4j.metrics.Metrics;
import io.vit4j.model.AdaptedModels;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.ParallelOptions;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.optimizer.ModelEma;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The output folder of a run: what is written there and read back, under transformers' names. */
public final class TrainerFiles {
    private static final Logger LOG = LoggerFactory.getLogger(TrainerFiles.class);
    private static final String ARGUMENTS = "training_args.json";

    private final TrainingArguments arguments;
    private final Optional<ParallelConfig> parallel;
    private final VisionModel model;
    private final int replicas;
    private final boolean writes;
    private final StateSource tensors;
    private final StateReader reader;
    private final DurableFiles files;
    private final Consumer<Path> fetch;
    private Optional<RunLock> lock = Optional.empty();
    private Optional<Path> resumedIn = Optional.empty();

    /**
     * What a rank does with the folder.
     *
     * @param writes whether it writes; the others only give their part of the state
     * @param replicas copies of the model, among which a global batch is divided
     * @param parallel the configuration that is kept beside a checkpoint; empty if there is none to keep
     */
    public record Rank(boolean writes, int replicas, Optional<ParallelConfig> parallel) {}

    /**
     * @param rank what this one does
     * @param tensors of the whole model
     * @param reader fills the optimizer's state from a checkpoint's folder
     * @param fetch brings a checkpoint that this rank needs but does not have
     */
    public TrainerFiles(
            TrainingArguments arguments,
            Rank rank,
            VisionModel model,
            StateSource tensors,
            StateReader reader,
            DurableFiles files,
            Consumer<Path> fetch) {
        this.arguments = arguments;
        this.replicas = rank.replicas();
        this.parallel = rank.parallel();
        this.model = model;
        this.writes = rank.writes();
        this.tensors = tensors;
        this.reader = reader;
        this.files = files;
        this.fetch = fetch;
    }

    /** Fills an optimizer's state from a checkpoint's folder. */
    @FunctionalInterface
    public interface StateReader {
        /** Fills these kinds of it. */
        void read(Path folder, Predicate<String> kinds);
    }

    /** Makes the output folder; one that holds a run already is refused unless it is resumed or overwritten. */
    public void prepareOutput() {
        if (!writes) {
            return;
        }
        Path folder = arguments.outputDir();
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be created (" + e.getMessage() + "); check its permissions", e);
        }
        if (!Files.isWritable(folder)) {
            throw InputException.in(folder, "is not writable; choose another --output or change its permissions");
        }
        lock = lock.isPresent() ? lock : Optional.of(RunLock.take(folder));
        files.removeLeftovers(folder);
        if (arguments.resume()) {
            return;
        }
        List<Checkpoint> before = Checkpoint.in(folder);
        boolean holdsRun = !before.isEmpty() || Files.exists(folder.resolve(TrainerState.FILE));
        if (holdsRun && !arguments.overwriteOutputDir()) {
            throw InputException.in(
                    folder,
                    "already contains a run; use --resume-from-checkpoint true to continue it, or"
                            + " --overwrite-output-dir true to start again");
        }
        before.forEach(checkpoint -> files.delete(checkpoint.folder()));
    }

    /** The checkpoint to go on from, if any, after a look at every byte. */
    public static Optional<Checkpoint> resumeFrom(TrainingArguments arguments) {
        if (!arguments.resume()) {
            return Optional.empty();
        }
        return arguments
                .resumeFromCheckpoint()
                .map(Checkpoint::open)
                .or(() -> Checkpoint.newestWhole(arguments.outputDir()));
    }

    /** The arguments that a checkpoint was written with. */
    public static TrainingArguments argumentsOf(Checkpoint checkpoint) {
        return TrainingArguments.read(checkpoint.folder().resolve(ARGUMENTS));
    }

    /** Fills model and optimizer from a checkpoint. */
    public TrainerState restore(Checkpoint checkpoint, int samples, long totalSteps) {
        TrainingArguments before = argumentsOf(checkpoint);
        List<TrainingArguments.Difference> differences = before.differencesThatChangeTheMathematics(arguments);
        if (!differences.isEmpty() && !arguments.allowChangedArguments()) {
            throw InputException.in(
                    checkpoint.folder(),
                    "was written with other arguments: " + differences
                            + "; use the same ones, or --allow-changed-arguments true");
        }
        requireSameGlobalBatch(checkpoint, before);
        loadWeights(checkpoint.folder());
        reader.read(checkpoint.folder(), kind -> true);
        resumedIn = Optional.ofNullable(checkpoint.folder().toAbsolutePath().getParent());
        TrainerState state = TrainerState.read(checkpoint.folder().resolve(TrainerState.FILE));
        if (state.trainSamples() != samples && !arguments.allowChangedArguments()) {
            throw InputException.in(
                    checkpoint.folder(),
                    "was written while training on " + state.trainSamples() + " samples, but now there are " + samples
                            + "; use the same data set, or --allow-changed-arguments true");
        }
        if (state.maxSteps() != totalSteps) {
            LOG.info(
                    "The run is now {} steps long instead of {}: the learning rate of step {} is {} instead of {}",
                    totalSteps,
                    state.maxSteps(),
                    state.globalStep() + 1,
                    arguments.lrSchedule(totalSteps).rate(state.optimizerSteps()),
                    before.lrSchedule(state.maxSteps()).rate(state.optimizerSteps()));
        }
        return state;
    }

    /** The same global batch may be divided in another way, over micro-batches, accumulation and replicas. */
    private void requireSameGlobalBatch(Checkpoint checkpoint, TrainingArguments before) {
        Path config = checkpoint.folder().resolve(ParallelConfig.FILE_NAME);
        int replicasBefore = Files.exists(config)
                ? ParallelConfig.read(config, ParallelOptions.NONE).replicas()
                : 1;
        long batchBefore = globalBatch(before, replicasBefore);
        long batch = globalBatch(arguments, replicas);
        if (batchBefore != batch && !arguments.allowChangedArguments()) {
            throw InputException.in(
                    checkpoint.folder(),
                    "was written while training on batches of " + batchBefore + ", but now they are of " + batch
                            + "; divide the same number among per_device_train_batch_size, gradient_accumulation_steps and"
                            + " replicas, or use --allow-changed-arguments true");
        }
    }

    private static long globalBatch(TrainingArguments arguments, int replicas) {
        return (long) arguments.perDeviceTrainBatchSize() * arguments.gradientAccumulationSteps() * replicas;
    }

    private void loadWeights(Path folder) {
        if (model.definition().adapter().isPresent()) {
            AdaptedModels.fill(model.parameters(), model.definition(), folder);
            return;
        }
        try (WeightSource weights =
                Pretrained.openWeights(folder, model.definition().architecture())) {
            Pretrained.fill(model.parameters(), model.definition(), weights, false, arguments.seed());
        }
    }

    /**
     * All that a checkpoint will hold, of one moment of the run.
     *
     * @param folder where it will be
     * @param tensors that stay as they are until it is written
     * @param state the content of {@code trainer_state.json}
     * @param best the checkpoint that must not be removed
     */
    record Draft(Path folder, long step, StateSnapshot tensors, String state, Optional<String> best) {}

    Draft draft(TrainerState state, StateSnapshot tensors) {
        long step = state.globalStep();
        return new Draft(
                arguments.outputDir().resolve(Checkpoint.name(step)),
                step,
                tensors,
                state.toJson().pretty(),
                state.bestModelCheckpoint());
    }

    /** Writes a checkpoint, then removes those beyond the limit; from any thread. */
    void write(Draft draft) {
        Checkpoint checkpoint = Checkpoint.write(files, arguments.outputDir(), draft.step(), folder -> {
            saveModels(folder, draft.tensors());
            if (!arguments.saveOnlyModel()) {
                OptimizerState.write(files, folder, draft.tensors().optimizer());
            }
            files.write(folder.resolve(TrainerState.FILE), draft.state());
            writeArguments(folder);
        });
        if (arguments.saveTotalLimit().isPresent()) {
            Checkpoint.rotate(
                    files, arguments.outputDir(), arguments.saveTotalLimit().getAsInt(), checkpoint, draft.best());
        }
    }

    /** The model, and in a folder of its own the model with averaged weights, if there are any. */
    private void saveModels(Path folder, StateSnapshot tensors) {
        model.save(files, folder, tensors.weights());
        tensors.averaged().ifPresent(weights -> {
            Path averaged = folder.resolve(OptimizerState.AVERAGED);
            if (!Files.isDirectory(averaged)) {
                files.createFolder(averaged);
            }
            model.save(files, averaged, weights);
        });
    }

    /**
     * Puts the weights of the best checkpoint into the model: the averaged ones if {@code metric_for_best_model} is of these. Their
     * average becomes that checkpoint's, too.
     *
     * @param named the checkpoint's folder in its run's
     */
    public void loadBest(TrainerState state, Optional<String> named) {
        if (named.isEmpty()) {
            LOG.warn("No checkpoint was saved at an evaluation, so the last weights are kept (load_best_model_at_end)");
            return;
        }
        String best = named.get();
        Path own = arguments.outputDir().resolve(best);
        Path folder = resumedIn
                .filter(before -> !Files.exists(own))
                .map(before -> before.resolve(best)) // the best came before a resume into another folder
                .orElse(own);
        if (!Files.exists(folder)) {
            fetch.accept(folder);
        }
        boolean averaged = arguments.metricForBestModel().orElse("").startsWith(TrainingArguments.AVERAGED_METRIC);
        Path chosen = averaged ? folder.resolve(OptimizerState.AVERAGED) : folder;
        loadWeights(chosen);
        if (arguments.modelEmaDecay().isPresent() || model.definition().views().isPresent()) {
            reader.read(folder, ModelEma.KIND::equals);
        }
        LOG.info(
                "Loaded the best model, {} ({} = {})",
                chosen,
                arguments.metricForBestModel().orElse("metric"),
                state.bestMetric().orElse(Double.NaN));
    }

    /** Writes {@code trainer_state.json} into the output folder. */
    public void writeState(TrainerState state) {
        if (!writes) {
            return;
        }
        files.write(
                arguments.outputDir().resolve(TrainerState.FILE), state.toJson().pretty());
    }

    /** Writes the model into the output folder. */
    public void saveModel() {
        StateSnapshot tensorsNow = tensors.model();
        if (!writes) {
            return;
        }
        Path folder = arguments.outputDir();
        files.delete(folder.resolve(FolderManifest.FILE)); // an earlier model's, which would tell lies meanwhile
        files.delete(folder.resolve(OptimizerState.AVERAGED));
        List<String> ofWeights = List.of(CheckpointFiles.SAFETENSORS);
        List<String> ofAdapters = List.of(AdapterFolder.CONFIG, AdapterFolder.SAFETENSORS);
        boolean adapts = model.definition().adapter().isPresent();
        (adapts ? ofWeights : ofAdapters).forEach(name -> files.delete(folder.resolve(name)));
        saveModels(folder, tensorsNow);
        writeArguments(folder);
        List<String> ofModel = Stream.concat(
                        Stream.of(CheckpointFiles.CONFIG, CheckpointFiles.PREPROCESSOR),
                        (adapts ? ofAdapters : ofWeights).stream())
                .toList();
        Stream<Path> models = Stream.of(folder, folder.resolve(OptimizerState.AVERAGED))
                .filter(Files::isDirectory)
                .flatMap(of -> ofModel.stream().map(of::resolve));
        Stream<Path> settings = Stream.of(ARGUMENTS, ParallelConfig.FILE_NAME)
                .filter(name -> parallel.isPresent() || !name.equals(ParallelConfig.FILE_NAME))
                .map(folder::resolve);
        List<Path> written = Stream.concat(models, settings).toList();
        FolderManifest.write(files, folder, written);
    }

    private void writeArguments(Path folder) {
        files.write(folder.resolve(ARGUMENTS), arguments.toJson().pretty());
        parallel.ifPresent(config -> files.write(
                folder.resolve(ParallelConfig.FILE_NAME), config.toJson().pretty()));
    }

    /** Writes {@code SPLIT_results.json} and adds to {@code all_results.json}. */
    public void saveMetrics(String split, Metrics metrics) {
        if (!writes) {
            return;
        }
        Path folder = arguments.outputDir();
        files.write(folder.resolve(split + "_results.json"), metrics.toJson().pretty());
        Path all = folder.resolve("all_results.json");
        JsonObject before = Files.exists(all) ? JsonObject.read(all) : JsonObject.empty();
        files.write(all, before.withAll(metrics.toJson()).pretty());
    }

    /** Lets another run have the output folder. */
    public void close() {
        lock.ifPresent(RunLock::close);
        lock = Optional.empty();
    }
}
