package io.vit4j;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.CheckpointSource;
import io.vit4j.hub.HubSettings;
import io.vit4j.image.ImageProcessor;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pooling;
import io.vit4j.model.Sides;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.torch.Device;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArgumentsBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A model trained on a data set, saved, and evaluated on the validation split. What is not said is what transformers' Trainer would
 * take.
 *
 * <pre>{@code
 * Tuned tuned = Vit4j.fineTune("google/vit-base-patch16-224-in21k")
 *         .on(Path.of("photos"))
 *         .epochs(3)
 *         .learningRate(2e-4)
 *         .arguments(more -> more.lrSchedulerType("cosine").warmupSteps(0.25))
 *         .output(Path.of("tuned"))
 *         .run(Progress.NONE);
 * }</pre>
 */
public final class FineTuneRequest {
    private final Start start;
    private Optional<Path> data = Optional.empty();
    private UnaryOperator<PrepareRequest> preparing = UnaryOperator.identity();
    private UnaryOperator<TrainingArgumentsBuilder> changes = UnaryOperator.identity();
    private Optional<TrainingArguments> whole = Optional.empty();
    private Optional<Device> device = Optional.empty();
    private Optional<RankEnvironment> rank = Optional.empty();
    private boolean replacesClassifier;
    private boolean shufflesLabels;
    private final List<TrainerCallback> callbacks = new ArrayList<>();
    private Consumer<Path> absentCheckpoints = folder -> {};
    private final Interruption interruption = new Interruption();
    private UnaryOperator<ArrowDataset> splits = UnaryOperator.identity();

    /** What training starts from. */
    sealed interface Start permits FromCheckpoint, FromScratch {}

    /** A folder, or a name on the hub. */
    record FromCheckpoint(String name) implements Start {}

    /** A new model. */
    record FromScratch(ModelDefinition definition) implements Start {}

    FineTuneRequest(Start start) {
        this.start = start;
    }

    /**
     * The data set, which is required: a prepared one, or a folder or archive of pictures with their labels. The latter is
     * prepared for the model, next to the output folder as {@code OUTPUT-dataset}. If that already exists and still fits
     * pictures, labels and model, it is used unchanged.
     */
    public FineTuneRequest on(Path folder) {
        data = Optional.of(folder);
        return this;
    }

    /** The same, with settings for how pictures are prepared. */
    public FineTuneRequest on(Path folder, UnaryOperator<PrepareRequest> how) {
        preparing = how;
        return on(folder);
    }

    /** Passes over the training pictures. */
    public FineTuneRequest epochs(double count) {
        return arguments(builder -> builder.numTrainEpochs(count));
    }

    /** The learning rate at its highest. */
    public FineTuneRequest learningRate(double rate) {
        return arguments(builder -> builder.learningRate(rate));
    }

    /**
     * The size of pictures that the model is made for; by default the checkpoint's own. Position embeddings are interpolated once, as the
     * family's own code does, and the tuned model has the others.
     *
     * @param height rows
     * @param width columns
     */
    public FineTuneRequest imageSize(int height, int width) {
        return arguments(builder -> builder.imageSize(new Sides(height, width).toString()));
    }

    /** What the classifier reads; by default what the checkpoint says. Only for families that leave the choice. */
    public FineTuneRequest pooling(Pooling pooling) {
        return arguments(builder -> builder.pooling(pooling.toString()));
    }

    /** Folder for checkpoints, results and the tuned model; it must be given, here or among the arguments. */
    public FineTuneRequest output(Path folder) {
        return arguments(builder -> builder.outputDir(folder));
    }

    /** More training arguments; if one is given twice, the last value wins. */
    public FineTuneRequest arguments(UnaryOperator<TrainingArgumentsBuilder> more) {
        UnaryOperator<TrainingArgumentsBuilder> before = changes;
        changes = builder -> more.apply(before.apply(builder));
        return this;
    }

    /** All training arguments, instead of those that were or will be given one by one. */
    public FineTuneRequest arguments(TrainingArguments all) {
        whole = Optional.of(all);
        return this;
    }

    /**
     * Where to compute; by default on an NVIDIA GPU if this build can use one, else on the CPU. {@code use_cpu} goes before the
     * default.
     */
    public FineTuneRequest device(Device chosen) {
        device = Optional.of(chosen);
        return this;
    }

    /**
     * The identity of this process (or thread) among the ranks of a job; by default read from the environment ({@code RANK},
     * {@code WORLD_SIZE}, ...). Every rank makes the same request and runs it.
     */
    public FineTuneRequest rank(RankEnvironment self) {
        rank = Optional.of(self);
        return this;
    }

    private Optional<RankEnvironment> rank() {
        return rank.or(() -> RankEnvironment.read(System.getenv()));
    }

    /** Replaces a classifier that the checkpoint has for another number of labels; by default that is an error. */
    public FineTuneRequest replaceClassifier(boolean replace) {
        replacesClassifier = replace;
        return this;
    }

    /** Gives the training pictures each other's labels: what is learned then must be nothing. */
    public FineTuneRequest shuffleLabels(boolean shuffle) {
        shufflesLabels = shuffle;
        return this;
    }

    /** Told what the run does; may be called several times. */
    public FineTuneRequest callback(TrainerCallback callback) {
        callbacks.add(callback);
        return this;
    }

    /**
     * Brings a checkpoint that this rank needs but does not have: where the ranks are on several machines that share no output folder, only
     * rank 0's has them. By default nothing does, and the folder must be one that all ranks can see.
     *
     * @param fetch called on every rank, on the training thread, with the checkpoint's folder in the output folder, which is absent
     */
    public FineTuneRequest absentCheckpoints(Consumer<Path> fetch) {
        absentCheckpoints = fetch;
        return this;
    }

    /**
     * Asks the run to end after the step it is in, with a checkpoint; from any thread.
     *
     * @return false if the tuned model is saved already, so that there is nothing left to interrupt
     */
    public boolean interrupt() {
        return interruption.ask();
    }

    /**
     * This request on a prepared data set, with other arguments and another division of its pictures; what is asked of either later
     * leaves the other as it is. Callbacks are shared.
     *
     * @param prepared folder of the data set
     */
    FineTuneRequest variant(
            Path prepared, UnaryOperator<TrainingArgumentsBuilder> more, UnaryOperator<ArrowDataset> division) {
        FineTuneRequest other = new FineTuneRequest(start);
        other.data = Optional.of(prepared);
        other.whole = Optional.of(more.apply(arguments().toBuilder()).build());
        other.device = device;
        other.rank = rank;
        other.replacesClassifier = replacesClassifier;
        other.shufflesLabels = shufflesLabels;
        other.callbacks.addAll(callbacks);
        other.absentCheckpoints = absentCheckpoints;
        other.splits = division;
        return other;
    }

    /** What training starts from, in words that tell it from another. */
    String startsFrom() {
        return start instanceof FromCheckpoint from
                ? from.name()
                : ((FromScratch) start).definition().config().line();
    }

    /** Where it computes. */
    Device computesOn(TrainingArguments arguments) {
        return device.orElseGet(() -> arguments.useCpu()
                ? Device.CPU
                : Device.parse("auto", rank().map(RankEnvironment::localRank).orElse(0)));
    }

    /** Prepares if it must, trains, saves, evaluates. Every rank of a job calls it. */
    public Tuned run(Progress.Factory progress) {
        TrainingArguments arguments = arguments();
        try (ArrowDataset dataset = open(arguments, progress)) {
            return job(arguments, splits.apply(dataset), progress).run();
        }
    }

    /**
     * Implements {@code compile_only}: tries the first micro-batches of a step, and leaves the weights unchanged.
     *
     * @return the placement and the memory of each rank, line by line; empty on ranks other than the first
     */
    public List<String> compile(Progress.Factory progress) {
        TrainingArguments arguments = arguments();
        try (ArrowDataset dataset = open(arguments, progress)) {
            return job(arguments, splits.apply(dataset), progress).compile();
        }
    }

    private FineTuneJob job(TrainingArguments arguments, ArrowDataset dataset, Progress.Factory progress) {
        return new FineTuneJob(
                model(arguments, progress),
                new FineTuneJob.Data(prepared(arguments), dataset, shufflesLabels),
                arguments,
                rank(),
                callbacks,
                absentCheckpoints,
                progress,
                interruption);
    }

    /** What is trained, fetched if it must be. */
    FineTuneJob.Model model(TrainingArguments arguments, Progress.Factory progress) {
        return new FineTuneJob.Model(
                start instanceof FromCheckpoint from ? Optional.of(checkpoint(from, progress)) : Optional.empty(),
                start instanceof FromCheckpoint named && !Files.isDirectory(Path.of(named.name()))
                        ? Optional.of(named.name())
                        : Optional.empty(),
                start instanceof FromScratch scratch ? Optional.of(scratch.definition()) : Optional.empty(),
                computesOn(arguments),
                replacesClassifier);
    }

    /** Those who are told what the run does. */
    List<TrainerCallback> callbacks() {
        return callbacks;
    }

    /** All of them. */
    TrainingArguments arguments() {
        return whole.orElseGet(() -> changes.apply(TrainingArguments.builder()).build());
    }

    private static Path checkpoint(FromCheckpoint from, Progress.Factory progress) {
        return CheckpointSource.resolve(from.name(), HubSettings.fromEnvironment(), progress);
    }

    private Path folder() {
        return data.orElseThrow(() -> new InputException("no data to train on was given; name a folder"));
    }

    /** The folder of the prepared data set, which {@link #open} may have to make. */
    Path prepared(TrainingArguments arguments) {
        Path folder = folder();
        if (ArrowDataset.isIn(folder)) {
            return folder;
        }
        Path output = arguments.outputDir().toAbsolutePath().normalize();
        return output.resolveSibling(output.getFileName() + "-dataset");
    }

    /** The data set, prepared if it must be. */
    ArrowDataset open(TrainingArguments arguments, Progress.Factory progress) {
        Path folder = folder();
        Path prepared = prepared(arguments);
        if (!prepared.equals(folder)) {
            boolean alone = rank().map(RankEnvironment::worldSize).orElse(1).equals(1);
            if (!alone) {
                throw InputException.in(
                        folder,
                        "is not a prepared data set; run vit4j prepare first, because several ranks cannot do it together");
            }
            preparing
                    .apply(Vit4j.prepare(folder)
                            .processor(processor(arguments, progress))
                            .output(prepared))
                    .run(progress);
        }
        return ArrowDataset.open(prepared);
    }

    private ImageProcessor processor(TrainingArguments arguments, Progress.Factory progress) {
        ImageProcessor own = processor(progress);
        return arguments
                .imageSize()
                .map(size -> own.scaledTo(size.height(), size.width()))
                .orElse(own);
    }

    private ImageProcessor processor(Progress.Factory progress) {
        if (start instanceof FromCheckpoint from) {
            return CheckpointFiles.imageProcessor(checkpoint(from, progress));
        }
        ModelDefinition definition = ((FromScratch) start).definition();
        return ImageProcessor.defaults().withSize(definition.imageHeight(), definition.imageWidth());
    }
}
