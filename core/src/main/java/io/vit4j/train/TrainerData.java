package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.data.Datasets;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sampler;
import io.vit4j.data.Targets;
import io.vit4j.data.UncertainLabels;
import io.vit4j.data.augment.ErasingCollator;
import io.vit4j.data.augment.Mixing;
import io.vit4j.data.augment.MixingCollator;
import io.vit4j.data.augment.RandomErasing;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.train.arguments.LossArguments;
import io.vit4j.train.arguments.MixingArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.engine.Engine;
import io.vit4j.train.engine.TrainingRun;
import io.vit4j.walk.BatchChunk;
import io.vit4j.walk.DistillationLoss;
import io.vit4j.walk.Objective;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/** The data of a run: which samples, in which order, how they become batches, and what is minimised over them. */
final class TrainerData implements AutoCloseable {
    private final Optional<Dataset> training;
    private final Optional<Dataset> evaluation;
    private final ImageTransform trainTransform;
    private final ImageTransform evalTransform;
    private final Collator plain;
    private final Collator collator;
    private final Optional<RandomErasing> erasing;
    private final Optional<Mixing> mixing;
    private final long seed;
    private final Sampler sampler;
    private final Objective objective;
    private final int outputs;
    private final DataLoader.Workers workers;
    private final FloatBuffers trainBuffers; // kept from epoch to epoch
    private final FloatBuffers evalBuffers;
    private final Objective trained;
    private final Optional<Tutor> tutor;

    TrainerData(TrainerBuilder builder, TrainingArguments arguments, RunLayout layout, Dtype dtype) {
        VisionModel model = builder.model;
        UncertainLabels uncertain = UncertainLabels.named(arguments.uncertainLabels());
        training = builder.trainDataset
                .map(data -> first(data, arguments.maxTrainSamples()))
                .map(data -> uncertain.counted(data, arguments.seed()));
        evaluation = builder.evalDataset.map(data -> first(data, arguments.maxEvalSamples()));
        trainTransform = builder.trainTransform;
        evalTransform = builder.evalTransform;
        outputs = model.definition().outputs();
        Dataset any = training.or(() -> evaluation).orElseThrow(() -> new InputException("no data set was given"));
        objective = builder.objective.orElseGet(() -> LossArguments.of(arguments, model.definition(), any, training));
        plain = builder.collator.orElseGet(() -> Collator.normalising(
                model.processor()::normalise, model.definition().channels()));
        collator = model.definition().views().isPresent() ? plain : plain.withTargets(this::targets);
        erasing = builder.erasing;
        mixing = MixingArguments.of(arguments);
        seed = arguments.seed();
        sampler = builder.sampler.orElseGet(() -> sampler(arguments, any));
        Device device = model.parameters().device();
        workers = TrainingRun.workers(arguments, device, layout.localRanks());
        trainBuffers = BatchChunk.buffers(device, workers);
        evalBuffers = BatchChunk.buffers(device, workers);
        boolean learns = arguments.teacher().isPresent() && training.isPresent();
        trained = learns ? new DistillationLoss(objective, LossArguments.distillation(arguments)) : objective;
        tutor = model.definition().views().isPresent()
                ? Optional.of(new SelfTeacher(
                        model, layout, TrainingRun.settings(arguments, model, dtype, device, layout.localRanks())))
                : learns && layout.takesPictures()
                        ? Optional.of(Teacher.open(arguments, model, dtype, layout.localRanks(), builder.progress))
                        : Optional.empty();
    }

    private static Sampler sampler(TrainingArguments arguments, Dataset data) {
        return switch (arguments.trainSamplingStrategy()) {
            case RANDOM -> Sampler.random(arguments.dataSeed());
            case SEQUENTIAL -> Sampler.sequential();
            case SHARDED -> Sampler.sharded(arguments.dataSeed(), data::shardOf);
        };
    }

    private static Dataset first(Dataset data, OptionalInt most) {
        return most.isPresent() ? Datasets.first(data, most.getAsInt()) : data;
    }

    /** What is trained on; InputException if there is nothing. */
    Dataset training() {
        return training.orElseThrow(() -> new InputException("no training data set was given"));
    }

    /** What is evaluated on. */
    Optional<Dataset> evaluation() {
        return evaluation;
    }

    /** The order of the training samples in an epoch. */
    int[] order(int epoch) {
        return sampler.order(training().size(), epoch);
    }

    /** The loss of the labels. */
    Objective objective() {
        return objective;
    }

    /** What is minimised: the loss of the labels, and of a teacher's predictions if there is a teacher. */
    Objective trained() {
        return trained;
    }

    /** Who says what batches are to come out as, beside their labels; empty if nobody does. */
    Optional<Tutor> tutor() {
        return tutor;
    }

    /**
     * The batches of one step, with what the tutor says of them.
     *
     * @param count how many they are
     */
    Iterator<Batch> taught(DataLoader loader, int count, Engine engine, int epoch) {
        return tutor.map(who -> who.step(loader, count, engine, epoch)).orElse(loader);
    }

    /** The same of batches to evaluate on. */
    Iterator<Batch> taughtEvaluation(DataLoader loader, Engine engine, int epoch) {
        return tutor.map(who -> who.evaluation(loader, engine, epoch)).orElse(loader);
    }

    /** Numbers that the model predicts of a sample. */
    int outputs() {
        return outputs;
    }

    /** Entries of one sample's targets. */
    int entriesOfSample() {
        return Math.max(1, outputs);
    }

    private Targets targets(float[] labels, int samples) {
        return objective.targets(labels, samples, outputs);
    }

    /** What batches are made from: pictures, or the features of a frozen backbone in their place. */
    record Source(Dataset data, Collator collator, ImageTransform transform) {}

    /**
     * Training samples as they come to the engine.
     *
     * @param frozen computes features, if the backbone is frozen
     * @param ended whether training was asked to end meanwhile
     * @throws FrozenBackbone.Ended if it was
     */
    Source trainSource(Optional<FrozenBackbone> frozen, BooleanSupplier ended) {
        return source(training(), trainTransform, frozen, ended);
    }

    /** Training samples as pictures. */
    Source trainPictures() {
        return new Source(training(), collator, trainTransform);
    }

    /**
     * The same samples, erased and mixed with each other as the arguments say.
     *
     * @param steps rows of each of the steps to come
     * @param firstStep number of the first of them since training began
     */
    Source changed(Source source, List<int[]> steps, long firstStep) {
        if (erasing.isEmpty() && mixing.isEmpty()) {
            return source;
        }
        Collator erased =
                erasing.<Collator>map(part -> new ErasingCollator(plain, part)).orElse(plain);
        int classes = objective.problemType() == ProblemType.SINGLE_LABEL ? outputs : 0;
        Collator mixed = mixing.<Collator>map(
                        mix -> new MixingCollator(erased, mix.epoch(steps, firstStep, seed), classes))
                .orElse(erased);
        return new Source(source.data(), mixed.withTargets(this::targets), source.transform());
    }

    /** The same of samples to evaluate on. */
    Source evalSource(Dataset data, Optional<FrozenBackbone> frozen) {
        return source(data, evalTransform, frozen, () -> false);
    }

    private Source source(
            Dataset data, ImageTransform transform, Optional<FrozenBackbone> frozen, BooleanSupplier ended) {
        return frozen.map(backbone -> backbone.features(data, transform, collator, ended))
                .map(features -> new Source(features, features.withTargets(this::targets), ImageTransform.none()))
                .orElseGet(() -> new Source(data, collator, transform));
    }

    /** Batches to train on, made ahead. */
    DataLoader trainLoader(Source source, List<int[]> batches, RandomKey epoch) {
        return new DataLoader(
                source.data(), batches, source.collator(), source.transform(), epoch, workers, trainBuffers);
    }

    /** Batches to evaluate on, made ahead. */
    DataLoader evalLoader(Source source, List<int[]> batches) {
        return new DataLoader(
                source.data(), batches, source.collator(), source.transform(), RandomKey.of(0), workers, evalBuffers);
    }

    @Override
    public void close() {
        tutor.ifPresent(Tutor::close);
    }
}
