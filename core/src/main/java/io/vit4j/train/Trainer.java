package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.Sampler;
import io.vit4j.data.Targets;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.BatchArithmetic;
import io.vit4j.parallel.ModelCost;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.FailedAllocation;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.train.arguments.LossArguments;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.Checkpoint;
import io.vit4j.train.checkpoint.Saving;
import io.vit4j.train.checkpoint.TrainerFiles;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.train.engine.Engine;
import io.vit4j.train.engine.MemoryNeed;
import io.vit4j.train.engine.TrainingRun;
import io.vit4j.train.optimizer.Optimizer;
import io.vit4j.train.schedule.LrSchedule;
import io.vit4j.walk.BatchChunk;
import io.vit4j.walk.Objective;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLogger;

/**
 * Fine-tunes a model: the loop of transformers' {@code Trainer}, with its names, meanings and logs.
 *
 * <pre>{@code
 * try (Trainer trainer = Trainer.builder(model, arguments)
 *         .trainDataset(data.split("train"))
 *         .evalDataset(data.split("validation"))
 *         .metrics(new MultilabelMetrics(labels))
 *         .build()) {
 *     trainer.train();
 *     trainer.evaluate();
 *     trainer.saveModel();
 * }
 * }</pre>
 */
public final class Trainer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

    private final Logger log;
    private final VisionModel model;
    private final TrainingArguments arguments;
    private final Optional<Checkpoint> resumed;
    private final RunLayout layout;
    private final boolean chosenDtype;
    private final Optional<Dataset> trainDataset;
    private final Optional<Dataset> evalDataset;
    private final ImageTransform trainTransform;
    private final ImageTransform evalTransform;
    private final Collator collator;
    private final Optional<Sampler> sampler;
    private final MetricFunction metrics;
    private final List<TrainerCallback> callbacks;
    private final Progress.Factory progress;
    private final Dtype dtype;
    private final double flopsOfSample;
    private final Objective objective;
    private final Optional<FrozenBackbone> frozen;
    private final Engine engine;
    private final LossScale lossScale;
    private final Nonfinite nonfinite;
    private final TrainerFiles files;
    private final Saving saving;
    private final DataLoader.Workers workers;
    private final FloatBuffers trainBuffers; // kept from epoch to epoch
    private final FloatBuffers evalBuffers;
    private final TrainerControl control = new TrainerControl();
    private final Pace pace = new Pace();
    private TrainerState state = new TrainerState();
    private LrSchedule schedule;
    private long returnedAt;

    Trainer(TrainerBuilder builder, RunLayout layout) {
        this.layout = layout;
        log = layout.isFirst() ? LOG : NOPLogger.NOP_LOGGER;
        model = builder.model;
        Device device = model.parameters().device();
        resumed = layout.resumeFrom(builder.arguments);
        arguments = TrainingRun.resolved(
                ParallelArguments.decided(builder.arguments, layout.asked()),
                resumed,
                layout.all(!device.isCpu() || TorchRuntime.cpuHasBfloat16()));
        chosenDtype = builder.arguments.dtype() == TrainingArguments.Precision.AUTO;
        trainDataset = builder.trainDataset;
        evalDataset = builder.evalDataset.map(data -> arguments.maxEvalSamples().isPresent()
                ? io.vit4j.data.Datasets.first(data, arguments.maxEvalSamples().getAsInt())
                : data);
        trainTransform = builder.trainTransform;
        evalTransform = builder.evalTransform;
        workers = TrainingRun.workers(arguments, device, layout.localRanks());
        trainBuffers = BatchChunk.buffers(device, workers);
        evalBuffers = BatchChunk.buffers(device, workers);
        sampler = builder.sampler;
        metrics = builder.metrics;
        callbacks = layout.isFirst() ? List.copyOf(builder.callbacks) : List.of();
        progress = layout.isFirst() ? builder.progress : Progress.NONE;
        dtype = TrainingRun.dtype(arguments);
        flopsOfSample = new ModelCost(model.definition(), dtype).trainingFlops();
        Dataset any = trainDataset.or(() -> evalDataset).orElseThrow(() -> new InputException("no data set was given"));
        objective = builder.objective.orElseGet(
                () -> LossArguments.of(arguments, model.definition(), any, trainDataset.map(this::limited)));
        collator = builder.collator
                .orElseGet(() -> Collator.normalising(
                        model.processor()::normalise, model.definition().channels()))
                .withTargets(this::targets);
        EngineChoice chosen = EngineChoice.of(builder, layout, arguments, dtype, objective);
        frozen = chosen.frozen();
        engine = chosen.engine();
        lossScale = LossScale.of(arguments, dtype);
        nonfinite = new Nonfinite(arguments.onNonfinite(), dtype, lossScale, this::trainData, log);
        files = new TrainerFiles(
                arguments, layout.rankOfFiles(), model, chosen.state(), chosen.readOptimizer(), builder.files);
        saving = new Saving(
                files, layout.isFirst(), chosen.state(), chosen.roomForCopy(), arguments.onSaveError(), this::saved);
    }

    private void saved(TrainerState after, Path checkpoint) {
        callbacks.forEach(callback -> callback.onSave(after, checkpoint));
    }

    /**
     * Begins a trainer.
     * @param model what is trained; the caller closes it, after the trainer
     * @param arguments how
     * @return to be completed
     */
    public static TrainerBuilder builder(VisionModel model, TrainingArguments arguments) {
        return new TrainerBuilder(model, arguments);
    }

    /** Where the run stands. */
    public TrainerState state() {
        return state;
    }

    /** The type that products are computed in. */
    public Dtype dtype() {
        return dtype;
    }

    /** Whether this is the rank that logs, writes files and tells callbacks; the only one is. */
    public boolean isWorldProcessZero() {
        return layout.isFirst();
    }

    /**
     * Asks training to end after the step it is in, with a checkpoint; for signal handlers, so safe from any thread.
     */
    public void interrupt() {
        control.interrupted = true;
    }

    /** Whether {@link #interrupt} ended training. */
    public boolean wasInterrupted() {
        return control.interruptedHere;
    }

    /**
     * Trains to the end, from the start or from a checkpoint, and writes checkpoints, logs and {@code trainer_state.json} on
     * the way.
     *
     * @return what {@code train_results.json} holds: {@code train_loss}, {@code train_runtime} and rates
     */
    public Metrics train() {
        return layout.guarded(this::trainToTheEnd);
    }

    /**
     * What {@code compile_only} asks for: walks the first micro-batches of a step forward and backward, as many as the
     * pipeline has stages, and leaves the weights as they are. Every rank calls it.
     *
     * @return line by line, the placement and what each rank holds and keeps; nothing on ranks other than the first
     */
    public List<String> compileOnly() {
        return layout.guarded(this::walkedOnce);
    }

    private List<String> walkedOnce() {
        Dataset data = trainData();
        int[] order = sampler().order(data.size(), 0);
        int microBatches = Math.min(
                arguments.gradientAccumulationSteps(),
                layout.placement(model.definition()).stages());
        long samples = (long) arguments.perDeviceTrainBatchSize() * layout.replicas() * microBatches;
        int[] rows = Arrays.copyOf(order, (int) Math.min(samples, order.length));
        Engine.Share share = engine.share(rows, arguments.perDeviceTrainBatchSize());
        Source source = source(data, trainTransform, () -> false);
        List<int[]> batches = engine.takesBatches() ? share.batches() : List.of();
        try (DataLoader loader = new DataLoader(
                source.data(),
                batches,
                source.collator(),
                source.transform(),
                RandomKey.of(0),
                DataLoader.Workers.of(0))) {
            engine.walk(loader, share, (double) rows.length * labelsPerSample(), RandomKey.of(0));
            engine.finish();
        }
        layout.notes().forEach(log::info);
        List<String> lines =
                new ArrayList<>(layout.placement(model.definition()).describe());
        lines.addAll(held());
        lines.addAll(engine.report());
        return layout.isFirst() ? lines : List.of();
    }

    /** A line a rank. */
    private List<String> held() {
        List<String> lines = new ArrayList<>();
        Engine.RankMemory held = engine.held();
        double[][] ofRanks = layout.table(held.weights(), held.gradients(), held.optimizer());
        for (int rank = 0; rank < ofRanks.length; rank++) {
            lines.add(String.format(
                    Locale.ROOT,
                    "Rank %d: weights %.1f MiB, gradients %.1f MiB, optimizer state %.1f MiB",
                    rank,
                    ofRanks[rank][0] / (1 << 20),
                    ofRanks[rank][1] / (1 << 20),
                    ofRanks[rank][2] / (1 << 20)));
        }
        return lines;
    }

    /** This rank's number within its job. */
    int rank() {
        return layout.mesh().map(mesh -> mesh.world().rank()).orElse(0);
    }

    Engine engine() {
        return engine;
    }

    private Metrics trainToTheEnd() {
        Dataset data = trainData();
        TrainPlan plan = TrainPlan.of(data.size(), arguments, layout);
        schedule = arguments.lrSchedule(plan.totalSteps());
        files.prepareOutput();
        resumed.ifPresent(checkpoint -> {
            state = files.restore(checkpoint, data.size(), plan.totalSteps());
            schedule = schedule.withState(state.lrScheduler());
            lossScale.restore(state.lossScale());
        });
        control.stop = outOfPatience(); // a run that ended early stays ended
        state.plan(plan.totalSteps(), plan.epochs(plan.totalSteps()), data.size(), arguments);
        announce(plan);
        callbacks.forEach(callback -> callback.onTrainBegin(state, control));
        control.agree(engine);

        long startStep = state.globalStep();
        returnedAt = startStep;
        Stopwatch clock = new Stopwatch(state.trainSeconds());
        Source source = trainSource(data);
        if (arguments.evalOnStart() && startStep == 0 && evalDataset.isPresent()) {
            evaluateInTraining();
        }
        try (Progress bar = progress.start("Training", plan.totalSteps())) {
            bar.begin(startStep);
            while (state.globalStep() < plan.totalSteps() && !control.ended()) {
                trainEpoch(source, plan, bar, clock);
            }
            saving.finish(state, clock::seconds);
        } finally {
            saving.await();
        }
        state.addSeconds(clock.stop());
        if (!control.interruptedHere && arguments.loadBestModelAtEnd()) {
            String best = layout.fromFirst(() -> state.bestModelCheckpoint().orElse(""));
            files.loadBest(state, Optional.of(best).filter(name -> !name.isEmpty()));
        }
        Metrics results = trainResults(plan, clock.seconds());
        if (!control.interruptedHere) {
            state.log(results);
        }
        logged(results);
        if (layout.mesh().isPresent()) {
            held().forEach(log::info);
        }
        engine.report().forEach(log::info);
        files.writeState(state);
        callbacks.forEach(callback -> callback.onTrainEnd(state));
        return results;
    }

    /** What batches are made from: pictures, or the features of a frozen backbone in their place. */
    record Source(Dataset data, Collator collator, ImageTransform transform) {}

    /** That of training; where it is control to end while features are computed, no step is taken. */
    private Source trainSource(Dataset data) {
        try {
            return source(data, trainTransform, () -> control.stop || control.interrupted);
        } catch (FrozenBackbone.Ended e) {
            control.interruptedHere = control.interrupted;
            return new Source(data, collator, trainTransform);
        }
    }

    private Source source(Dataset data, ImageTransform transform, BooleanSupplier ended) {
        return frozen.map(backbone -> backbone.features(data, transform, collator, ended))
                .map(features -> new Source(features, features.withTargets(this::targets), ImageTransform.none()))
                .orElseGet(() -> new Source(data, collator, transform));
    }

    private Targets targets(float[] labels, int samples) {
        return objective.targets(labels, samples, model.definition().labels().size());
    }

    private Dataset trainData() {
        return limited(trainDataset.orElseThrow(() -> new InputException("no training data set was given")));
    }

    private Dataset limited(Dataset data) {
        return arguments.maxTrainSamples().isPresent()
                ? io.vit4j.data.Datasets.first(data, arguments.maxTrainSamples().getAsInt())
                : data;
    }

    private void announce(TrainPlan plan) {
        log.info(
                "Training in {}{}",
                dtype,
                !chosenDtype
                        ? ""
                        : resumed.isPresent()
                                ? " (as in the resumed run)"
                                : " (chosen for this processor; --bf16 false for float32)");
        double epochs = plan.maxSteps().isPresent() ? plan.epochs(plan.totalSteps()) : plan.epochs();
        BatchArithmetic batches = new BatchArithmetic(
                arguments.perDeviceTrainBatchSize(),
                layout.replicas(),
                plan.accumulation(),
                layout.layout().deviceIterations());
        if (layout.written().isPresent()) {
            layout.notes().forEach(log::info);
            layout.placement(model.definition()).describe().forEach(log::info);
            batches.describe(plan.samples(), epochs, plan.totalSteps()).forEach(log::info);
        } else {
            log.info(
                    "***** Running training *****  Num examples = {} / Num Epochs = {} / Instantaneous batch size per device ="
                            + " {} / Gradient Accumulation steps = {} / Total train batch size = {} / Total optimization"
                            + " steps = {}",
                    plan.samples(),
                    epochs,
                    batches.microBatch(),
                    plan.accumulation(),
                    plan.totalBatchSize(),
                    plan.totalSteps());
        }
        if (state.globalStep() > 0) {
            log.info("Continuing at step {} (epoch {})", state.globalStep(), state.epoch());
        }
    }

    /** One epoch, or what is left of it: read the steps' samples, walk, clip, step, log. */
    private void trainEpoch(Source source, TrainPlan plan, Progress bar, Stopwatch clock) {
        int epoch = plan.epochAfter(state.globalStep());
        int[] order = sampler().order(plan.samples(), epoch);
        long doneInEpoch = arguments.ignoreDataSkip() ? 0 : state.globalStep() % plan.stepsPerEpoch();
        List<int[]> steps = plan.steps(order, doneInEpoch);
        List<Engine.Share> shares = new ArrayList<>();
        List<int[]> batches = new ArrayList<>();
        for (int[] rows : steps) {
            Engine.Share share = engine.share(rows, arguments.perDeviceTrainBatchSize());
            shares.add(share);
            batches.addAll(engine.takesBatches() ? share.batches() : List.of());
        }
        RandomKey epochKey = RandomKey.of(arguments.seed()).with("epoch").with(epoch);
        try (DataLoader loader = new DataLoader(
                source.data(), batches, source.collator(), source.transform(), epochKey, workers, trainBuffers)) {
            pace.newLoader();
            for (int step = 0; step < steps.size(); step++) {
                int[] rows = steps.get(step);
                if (state.globalStep() == plan.totalSteps() || control.ended()) {
                    return;
                }
                long started = System.nanoTime();
                trainStep(rows, shares.get(step), loader, plan);
                pace.step(rows.length, (System.nanoTime() - started) / 1e9, loader.waitSeconds());
                bar.advance(1);
                boolean epochEnds = state.globalStep() % plan.stepsPerEpoch() == 0;
                if (returns(plan, epochEnds)) {
                    afterStep(plan, epochEnds, bar, clock);
                    returnedAt = state.globalStep();
                }
            }
        }
    }

    /** Whether the step returns to logging and callbacks: with device_iterations n every n-th does. */
    private boolean returns(TrainPlan plan, boolean epochEnds) {
        long step = state.globalStep();
        return epochEnds || step == plan.totalSteps() || step % layout.layout().deviceIterations() == 0;
    }

    private Sampler sampler() {
        return sampler.orElseGet(
                () -> arguments.trainSamplingStrategy() == TrainingArguments.SamplingStrategy.SEQUENTIAL
                        ? Sampler.sequential()
                        : Sampler.random(arguments.dataSeed()));
    }

    /** One optimizer step over these samples. */
    private void trainStep(int[] rows, Engine.Share share, DataLoader loader, TrainPlan plan) {
        RandomKey key = RandomKey.of(arguments.seed()).with("step").with(state.globalStep());
        double entries = (double) rows.length * labelsPerSample();
        Engine.StepLoss walked = FailedAllocation.orRefuse(
                () -> engine.walk(loader, share, entries / lossScale.value(), key), MemoryNeed::mend);
        double unscale = entries / walked.divisor() / lossScale.value();
        double norm = engine.gradientNorm() * unscale;
        double rate = schedule.rate(state.optimizerSteps());
        if (Double.isFinite(norm) && Double.isFinite(walked.lossSum())) {
            double clip = arguments.maxGradNorm() > 0 ? Math.min(1, arguments.maxGradNorm() / (norm + 1e-6)) : 1;
            engine.step(new Optimizer.Step(rate, state.optimizerSteps() + 1, unscale * clip));
            lossScale.good();
        } else {
            nonfinite.stepped(state.globalStep() + 1, rows, walked, norm);
            state.skipped();
        }
        engine.finish();
        control.gradientNorm = norm;
        control.rate = rate;
        control.loss = walked.loss();
        double flos = rows.length * flopsOfSample;
        double loss = Double.isFinite(walked.loss()) ? walked.loss() : state.meanLoss();
        state.stepped(plan.epochs(state.globalStep() + 1), loss, flos);
    }

    private int labelsPerSample() {
        return Math.max(1, model.definition().labels().size());
    }

    /** Log, evaluate, save: whatever is due after a step, in transformers' order. */
    private void afterStep(TrainPlan plan, boolean epochEnds, Progress bar, Stopwatch clock) {
        saving.look(state);
        bar.note(pace.note(state, control.loss, control.rate));
        callbacks.forEach(callback -> callback.onStepEnd(state, control));
        if (epochEnds) {
            callbacks.forEach(callback -> callback.onEpochEnd(state, control));
        }
        control.interruptedHere = control.agree(engine); // one that comes later ends the next step
        boolean last = state.globalStep() == plan.totalSteps();
        long step = state.globalStep();
        List<StepFlow> due = new ArrayList<>();
        for (long since = returnedAt + 1; since <= step; since++) {
            due.add(new StepFlow(
                    arguments, since, plan.totalSteps(), epochEnds && since == step, last && since == step));
        }
        if ((due.stream().anyMatch(StepFlow::log) || control.stop) && state.hasUnlogged()) {
            Metrics entry = Metrics.NONE
                    .with("loss", state.takeMeanLoss())
                    .with("grad_norm", control.gradientNorm)
                    .with("learning_rate", control.rate);
            state.log(entry);
            // the share is not in the state, which a resumed run repeats to the bit
            logged(entry.with(Pace.WAIT_SHARE, pace.takeWaitShare()));
            control.agree(engine);
        }
        boolean best = false;
        if (evalDataset.isPresent() && (due.stream().anyMatch(StepFlow::evaluate) | control.takeEvaluate())) {
            best = decide(evaluateInTraining());
            control.agree(engine);
        }
        boolean save = control.takeSave()
                | (arguments.saveStrategy() == TrainingArguments.Strategy.BEST
                        ? best
                        : due.stream().anyMatch(StepFlow::save));
        if (save || control.interruptedHere) {
            state.addSeconds(clock.lap());
            state.lrScheduler(schedule.state());
            state.lossScale(lossScale.state());
            // a checkpoint that only an interrupt control for is not there in the run that was never interrupted
            saving.begin(state, best && save);
            control.agree(engine);
        }
    }

    /** Takes note of an evaluation: the best so far, the schedule's plateau, the end of patience. */
    private boolean decide(Metrics evaluation) {
        Optional<String> name = arguments.metricForBestModel();
        if (name.isEmpty()) {
            return false;
        }
        if (!evaluation.has(name.get())) {
            throw new InputException(
                    "metric_for_best_model '" + name.get() + "' is not one of the metrics; available are "
                            + String.join(", ", evaluation.values().keySet()));
        }
        double metric = evaluation.get(name.get());
        schedule = schedule.after(metric);
        boolean best = state.evaluated(metric, arguments.greaterIsBetter(), arguments.earlyStoppingThreshold());
        if (outOfPatience()) {
            log.info(
                    "Stopping early: {} has not improved for {} evaluations",
                    name.get(),
                    state.evaluationsWithoutGain());
            control.stop = true;
        }
        return best;
    }

    private boolean outOfPatience() {
        return arguments.earlyStoppingPatience().isPresent()
                && state.evaluationsWithoutGain()
                        >= arguments.earlyStoppingPatience().getAsInt();
    }

    private Metrics evaluateInTraining() {
        Metrics metrics = evaluate();
        state.log(metrics);
        logged(metrics);
        return metrics;
    }

    private void logged(Metrics entry) {
        callbacks.forEach(callback -> callback.onLog(state, entry));
        log.info("{}", new LogLine(state.globalStep(), state.epoch(), entry));
    }

    /** Metrics of the evaluation data set, each name with {@code eval_} in front. */
    public Metrics evaluate() {
        return layout.guarded(this::evaluated);
    }

    private Metrics evaluated() {
        Dataset data = evalDataset.orElseThrow(() -> new InputException("no evaluation data set was given"));
        long start = System.nanoTime();
        Engine.PredictionOutput predicted = predictedBy(data);
        double seconds = (System.nanoTime() - start) / 1e9;
        if (!layout.isFirst()) {
            return Metrics.of(JsonObject.parse(layout.fromFirst(() -> ""), "rank 0's metrics"));
        }
        MetricFunction function = arguments.predictionLossOnly() ? none -> Map.of() : metrics;
        Metrics evaluation = Metrics.ofEvaluation(
                        predicted.loss(), function.compute(predicted.prediction()), data.size(), seconds)
                .with(
                        "eval_steps_per_second",
                        Math.ceil((double) data.size() / arguments.perDeviceEvalBatchSize()) / seconds);
        layout.fromFirst(() -> evaluation.toJson().line()); // all ranks decide by the same numbers
        callbacks.forEach(callback -> callback.onEvaluate(state, evaluation, predicted.prediction()));
        return evaluation;
    }

    /** Logits, labels and the mean loss of a data set, in its order. */
    public Engine.PredictionOutput predict(Dataset data) {
        return layout.guarded(() -> predictedBy(data));
    }

    private Engine.PredictionOutput predictedBy(Dataset data) {
        int[] order = Sampler.sequential().order(data.size(), 0);
        Engine.Share share = engine.share(order, arguments.perDeviceEvalBatchSize());
        List<int[]> plan = engine.takesBatches() ? share.batches() : List.of();
        Source source = source(data, evalTransform, () -> false);
        try (DataLoader loader = new DataLoader(
                source.data(), plan, source.collator(), source.transform(), RandomKey.of(0), workers, evalBuffers)) {
            return FailedAllocation.orRefuse(
                    () -> engine.predict(loader, share, data.size(), objective),
                    () -> "lower --per-device-eval-batch-size, or use --walk-micro-batch 1 or fewer --threads");
        }
    }

    private Metrics trainResults(TrainPlan plan, double seconds) {
        double samples = Math.min(
                (double) state.globalStep() * plan.totalBatchSize(), plan.samples() * plan.epochs(state.globalStep()));
        return Metrics.NONE
                .with("train_runtime", seconds)
                .with("train_samples_per_second", samples / seconds)
                .with("train_steps_per_second", state.globalStep() / seconds)
                .with("total_flos", state.totalFlos())
                .with("train_loss", state.meanLoss())
                .with("save_time_share", saving.seconds() / seconds)
                .with(Pace.WAIT_SHARE, pace.waitShare());
    }

    /** Writes the model into the output folder, as {@code from_pretrained} reads it. */
    public void saveModel() {
        layout.guarded(() -> {
            files.saveModel();
            return true;
        });
    }

    /** Writes {@code SPLIT_results.json} and adds to {@code all_results.json}, as transformers' {@code save_metrics}. */
    public void saveMetrics(String split, Metrics metrics) {
        files.saveMetrics(split, metrics);
    }

    @Override
    public void close() {
        saving.close();
        files.close();
        frozen.ifPresent(FrozenBackbone::close);
        engine.close();
        layout.close();
    }
}
