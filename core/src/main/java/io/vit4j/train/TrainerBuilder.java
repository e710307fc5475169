package io.vit4j.train;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.MemoryRoom;
import io.vit4j.base.Progress;
import io.vit4j.data.Collator;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.Sampler;
import io.vit4j.data.augment.RandomErasing;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.optimizer.OptimizerFactory;
import io.vit4j.walk.Objective;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The parts of a {@link Trainer}; what is not given is what transformers' Trainer would use. */
public final class TrainerBuilder {
    final VisionModel model;
    final TrainingArguments arguments;
    final List<TrainerCallback> callbacks = new ArrayList<>();
    Optional<Dataset> trainDataset = Optional.empty();
    Optional<Dataset> evalDataset = Optional.empty();
    ImageTransform trainTransform = ImageTransform.none();
    ImageTransform evalTransform = ImageTransform.none();
    Optional<RandomErasing> erasing = Optional.empty();
    Optional<Collator> collator = Optional.empty();
    Optional<Sampler> sampler = Optional.empty();
    MetricFunction metrics = prediction -> Map.of();
    Optional<OptimizerFactory> optimizer = Optional.empty();
    Optional<Objective> objective = Optional.empty();
    Optional<ParallelConfig> parallel = Optional.empty();
    Optional<RankEnvironment> rank = RankEnvironment.read(System.getenv());
    Progress.Factory progress = Progress.NONE;
    DurableFiles files = DurableFiles.SYSTEM;
    Supplier<Optional<MemoryRoom>> memory = MemoryRoom::here;
    Consumer<Path> absentCheckpoints = folder -> {};

    TrainerBuilder(VisionModel model, TrainingArguments arguments) {
        VisionModel dropping = arguments.dropPath().isPresent()
                ? model.withDropPath(arguments.dropPath().getAsDouble())
                : model;
        this.model = arguments.teacher().isPresent() ? dropping.withClassifiersApart() : dropping;
        this.arguments = arguments;
    }

    /**
     * The samples to train on.
     * @param data read by several threads
     * @return this
     */
    public TrainerBuilder trainDataset(Dataset data) {
        trainDataset = Optional.of(data);
        return this;
    }

    /**
     * The samples to evaluate on.
     * @param data read by several threads
     * @return this
     */
    public TrainerBuilder evalDataset(Dataset data) {
        evalDataset = Optional.of(data);
        return this;
    }

    /** Changes pictures while training, and while evaluating. */
    public TrainerBuilder transforms(ImageTransform training, ImageTransform evaluation) {
        trainTransform = training;
        evalTransform = evaluation;
        return this;
    }

    /** Erases parts of the training samples once they are normalised; by default nothing. */
    public TrainerBuilder erasing(Optional<RandomErasing> erasing) {
        this.erasing = erasing;
        return this;
    }

    /**
     * Makes batches of samples; by default normalised as the model's processor says.
     * @param collator called by several threads
     * @return this
     */
    public TrainerBuilder collator(Collator collator) {
        this.collator = Optional.of(collator);
        return this;
    }

    /** The order of the training samples; by default as {@code train_sampling_strategy} says. */
    public TrainerBuilder sampler(Sampler sampler) {
        this.sampler = Optional.of(sampler);
        return this;
    }

    /**
     * Numbers from an evaluation's logits; by default none but the loss.
     * @param metrics their names get {@code eval_} in front
     * @return this
     */
    public TrainerBuilder metrics(MetricFunction metrics) {
        this.metrics = metrics;
        return this;
    }

    /**
     * Moves the weights; by default the one that the arguments name.
     * @param optimizer makes it for the model's weights
     * @return this
     */
    public TrainerBuilder optimizer(OptimizerFactory optimizer) {
        this.optimizer = Optional.of(optimizer);
        return this;
    }

    /**
     * What is minimised; by default the one that the arguments name.
     * @param objective sums over a micro-batch
     * @return this
     */
    public TrainerBuilder objective(Objective objective) {
        this.objective = Optional.of(objective);
        return this;
    }

    /** How the work is laid out over ranks; by default as the arguments say ({@code parallel}, {@code n_ipu}, ...). */
    public TrainerBuilder parallel(ParallelConfig config) {
        parallel = Optional.of(config);
        return this;
    }

    /**
     * The identity of this process (or thread) among the ranks of a job; by default read from the environment ({@code
     * RANK}, {@code WORLD_SIZE}, ...). Every rank builds its own trainer with the same arguments and data, and calls the
     * same methods on it. On a pipeline stage, the model then keeps only its own blocks.
     */
    public TrainerBuilder rank(RankEnvironment self) {
        rank = Optional.of(self);
        return this;
    }

    /**
     * Told what the run does; may be called several times.
     * @param callback called on the training thread
     * @return this
     */
    public TrainerBuilder callback(TrainerCallback callback) {
        callbacks.add(callback);
        return this;
    }

    /**
     * Shows how far the run is; by default nothing.
     * @param progress draws it
     * @return this
     */
    public TrainerBuilder progress(Progress.Factory progress) {
        this.progress = progress;
        return this;
    }

    /**
     * Brings a checkpoint that this rank needs but does not have, where ranks do not share an output folder; by default nothing does.
     * @param fetch called on every rank, on the training thread, with the checkpoint's folder, which is absent
     * @return this
     */
    public TrainerBuilder absentCheckpoints(Consumer<Path> fetch) {
        absentCheckpoints = fetch;
        return this;
    }

    /** How checkpoints are written; tests let operations fail. */
    TrainerBuilder files(DurableFiles files) {
        this.files = files;
        return this;
    }

    /** How much memory there is; tests say less. */
    TrainerBuilder memory(Supplier<Optional<MemoryRoom>> memory) {
        this.memory = memory;
        return this;
    }

    /**
     * Where there are other ranks, this meets them first.
     *
     * @throws io.vit4j.base.InputException if they do not come in time, or differ in arguments, model or data
     */
    public Trainer build() {
        RunLayout layout = RunLayout.join(this);
        try {
            return layout.guarded(() -> new Trainer(this, layout));
        } catch (RuntimeException | Error e) {
            layout.close();
            throw e;
        }
    }
}
