package io.vit4j.train;

import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.metrics.Metrics;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ModelCost;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.FailedAllocation;
import io.vit4j.torch.TorchRuntime;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    private final TrainingArguments arguments;
    private final RunLayout layout;
    private final Optional<Checkpoint> resumed;
    private final Dtype dtype;
    private final boolean chosenDtype;
    private final ModelDefinition definition;
    private final TrainerData data;
    private final List<TrainerCallback> callbacks;
    private final Progress.Factory progress;
    private final double flopsOfSample;
    private final EngineChoice chosen;
    private final Engine engine;
    private final EvaluationLoop evaluation;
    private final RunSummary summary;
    private final LossScale lossScale;
    private final Nonfinite nonfinite;
    private final TrainerFiles files;
    private final Saving saving;
    private final TrainerControl control = new TrainerControl();
    private final Pace pace = new Pace();
    private TrainerState state = new TrainerState();
    private LrSchedule schedule;
    private StepFigures figures = StepFigures.NONE;
    private long returnedAt;

    Trainer(TrainerBuilder builder, RunLayout layout) {
        this.layout = layout;
        log = layout.isFirst() ? LOG : NOPLogger.NOP_LOGGER;
        VisionModel model = builder.model;
        resumed = layout.resumeFrom(builder.arguments, builder.absentCheckpoints);
        TrainingArguments resolved = TrainingRun.resolved(
                ParallelArguments.decided(builder.arguments, layout.asked()),
                resumed,
                layout.all(!model.parameters().device().isCpu() || TorchRuntime.cpuHasBfloat16()));
        arguments = resolved.scaledTo(TrainPlan.batch(resolved, layout));
        dtype = TrainingRun.dtype(arguments);
        chosenDtype = builder.arguments.dtype() == TrainingArguments.Precision.AUTO;
        definition = model.definition();
        data = new TrainerData(builder, arguments, layout, dtype);
        callbacks = layout.isFirst() ? List.copyOf(builder.callbacks) : List.of();
        progress = layout.isFirst() ? builder.progress : Progress.NONE;
        flopsOfSample = new ModelCost(definition, dtype).trainingFlops();
        chosen = EngineChoice.of(builder, layout, arguments, dtype, data);
        engine = chosen.engine();
        evaluation = new EvaluationLoop(arguments, layout, data, chosen, builder.metrics, callbacks, log);
        summary = new RunSummary(arguments, layout, definition);
        lossScale = LossScale.of(arguments, dtype);
        nonfinite = new Nonfinite(arguments.onNonfinite(), dtype, lossScale, data::training, log);
        files = new TrainerFiles(
                arguments,
                layout.rankOfFiles(),
                model,
                chosen.state(),
                chosen.reader(),
                builder.files,
                builder.absentCheckpoints);
        saving = new Saving(
                files, layout.isFirst(), chosen.state(), chosen.roomForCopy(), arguments.onSaveError(), this::saved);
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

    /**
     * Trains to the end, from the start or from a checkpoint, and writes checkpoints, logs and {@code trainer_state.json}
     * along the way.
     *
     * @return the content of {@code train_results.json}: {@code train_loss}, {@code train_runtime} and rates
     */
    public Metrics train() {
        return layout.guarded(this::trainToTheEnd);
    }

    private Metrics trainToTheEnd() {
        TrainPlan plan = begin();
        Stopwatch clock = new Stopwatch(state.trainSeconds());
        TrainerData.Source source = trainSource();
        if (arguments.evalOnStart()
                && state.globalStep() == 0
                && data.evaluation().isPresent()) {
            evaluateInTraining();
        }
        try (Progress bar = progress.start("Training", plan.totalSteps())) {
            bar.begin(state.globalStep());
            while (state.globalStep() < plan.totalSteps() && !control.ended()) {
                trainEpoch(source, plan, bar, clock);
            }
            saving.finish(state, clock::seconds);
        } finally {
            saving.await();
        }
        return end(plan, clock);
    }

    /** Plans the run, and takes up one that was begun before. */
    private TrainPlan begin() {
        evaluation.requireMetricForBestModel();
        int samples = data.training().size();
        TrainPlan plan = TrainPlan.of(samples, arguments, layout);
        schedule = arguments.lrSchedule(plan.totalSteps());
        files.prepareOutput();
        resumed.ifPresent(checkpoint -> {
            state = files.restore(checkpoint, samples, plan.totalSteps());
            schedule = schedule.withState(state.lrScheduler());
            lossScale.restore(state.lossScale());
        });
        control.stop = EvaluationVerdict.outOfPatience(arguments, state); // a run that ended early stays ended
        state.plan(plan.totalSteps(), plan.epochs(plan.totalSteps()), samples, arguments);
        log.info("Training in {}{}", dtype, whyThisType());
        summary.beginning(plan, state).forEach(log::info);
        callbacks.forEach(callback -> callback.onTrainBegin(state, control));
        control.agree(engine);
        returnedAt = state.globalStep();
        return plan;
    }

    private String whyThisType() {
        if (!chosenDtype) {
            return "";
        }
        return resumed.isPresent()
                ? " (as in the resumed run)"
                : " (chosen for this processor; --bf16 false for float32)";
    }

    /** If training is asked to end while a frozen backbone's features are computed, no step is taken. */
    private TrainerData.Source trainSource() {
        try {
            return data.trainSource(chosen.frozen(), () -> control.stop || control.interrupted);
        } catch (FrozenBackbone.Ended e) {
            control.interruptedHere = control.interrupted;
            return data.trainPictures();
        }
    }

    /** One epoch, or what is left of it: read the steps' samples, walk, clip, step, log. */
    private void trainEpoch(TrainerData.Source source, TrainPlan plan, Progress bar, Stopwatch clock) {
        int epoch = plan.epochAfter(state.globalStep());
        long doneInEpoch = arguments.ignoreDataSkip() ? 0 : state.globalStep() % plan.stepsPerEpoch();
        List<int[]> steps = plan.steps(data.order(epoch), doneInEpoch);
        List<Engine.Share> shares = new ArrayList<>();
        List<int[]> batches = new ArrayList<>();
        for (int[] rows : steps) {
            Engine.Share share = engine.share(rows, arguments.perDeviceTrainBatchSize());
            shares.add(share);
            batches.addAll(engine.takesBatches() ? share.batches() : List.of());
        }
        RandomKey epochKey = RandomKey.of(arguments.seed()).with("epoch").with(epoch);
        TrainerData.Source changed = data.changed(source, steps, state.globalStep());
        try (DataLoader loader = data.trainLoader(changed, batches, epochKey)) {
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

    /** One optimizer step over these samples. */
    private void trainStep(int[] rows, Engine.Share share, DataLoader loader, TrainPlan plan) {
        RandomKey key = RandomKey.of(arguments.seed()).with("step").with(state.globalStep());
        double entries = (double) rows.length * data.entriesOfSample();
        Engine.StepLoss walked = FailedAllocation.orRefuse(
                () -> engine.walk(
                        data.taught(loader, share.batches().size(), engine, plan.epochAfter(state.globalStep())),
                        share,
                        entries / lossScale.value(),
                        key),
                MemoryNeed::mend);
        data.tutor().ifPresent(tutor -> engine.hold(tutor.still(plan.epochAfter(state.globalStep()))));
        double unscale = entries / walked.divisor() / lossScale.value();
        double norm = engine.gradientNorm() * unscale;
        double rate = schedule.rate(state.optimizerSteps());
        if (Double.isFinite(norm) && Double.isFinite(walked.lossSum())) {
            double clip = arguments.maxGradNorm() > 0 ? Math.min(1, arguments.maxGradNorm() / (norm + 1e-6)) : 1;
            engine.step(new Optimizer.Step(
                    rate,
                    state.optimizerSteps() + 1,
                    unscale * clip,
                    arguments.decayFactor(state.optimizerSteps(), plan.totalSteps())));
            lossScale.good();
        } else {
            nonfinite.stepped(state.globalStep() + 1, rows, walked, norm);
            state.skipped();
        }
        engine.finish();
        figures = new StepFigures(walked.loss(), norm, rate);
        double loss = Double.isFinite(walked.loss()) ? walked.loss() : state.meanLoss();
        state.stepped(plan.epochs(state.globalStep() + 1), loss, rows.length * flopsOfSample);
    }

    /** Log, evaluate, save: whatever is due after a step, in transformers' order. */
    private void afterStep(TrainPlan plan, boolean epochEnds, Progress bar, Stopwatch clock) {
        saving.look(state);
        bar.note(pace.note(state, figures.loss(), figures.rate()));
        callbacks.forEach(callback -> callback.onStepEnd(state, control));
        if (epochEnds) {
            callbacks.forEach(callback -> callback.onEpochEnd(state, control));
        }
        control.interruptedHere = control.agree(engine); // one that comes later ends the next step
        List<StepFlow> steps = StepFlow.since(returnedAt, state.globalStep(), arguments, plan, epochEnds);
        if ((steps.stream().anyMatch(StepFlow::log) || control.stop) && state.hasUnlogged()) {
            logStep();
            control.agree(engine);
        }
        boolean best = false;
        if (data.evaluation().isPresent() && (steps.stream().anyMatch(StepFlow::evaluate) | control.takeEvaluate())) {
            best = decide(evaluateInTraining());
            control.agree(engine);
        }
        boolean save = control.takeSave()
                | (arguments.saveStrategy() == TrainingArguments.Strategy.BEST
                        ? best
                        : steps.stream().anyMatch(StepFlow::save));
        if (save || control.interruptedHere) {
            state.addSeconds(clock.lap());
            state.lrScheduler(schedule.state());
            state.lossScale(lossScale.state());
            // a checkpoint that only an interrupt asks for is not there in the run that was never interrupted
            saving.begin(state, best && save);
            control.agree(engine);
        }
    }

    private void logStep() {
        Metrics step = Metrics.NONE
                .with("loss", state.takeMeanLoss())
                .with("grad_norm", figures.gradientNorm())
                .with("learning_rate", figures.rate());
        Metrics entry = data.tutor().map(tutor -> tutor.noted(step)).orElse(step);
        state.log(entry);
        // the share is not in the state, which a resumed run repeats to the bit
        logged(entry.with(Pace.WAIT_SHARE, pace.takeWaitShare()));
    }

    private Metrics evaluateInTraining() {
        Metrics metrics = evaluate();
        state.log(metrics);
        logged(metrics);
        return metrics;
    }

    /** Whether the evaluation is the best so far; the schedule may follow it, and the run end with it. */
    private boolean decide(Metrics evaluated) {
        EvaluationVerdict verdict = EvaluationVerdict.of(evaluated, arguments, state, schedule, log);
        schedule = verdict.schedule();
        control.stop |= verdict.outOfPatience();
        return verdict.best();
    }

    private void logged(Metrics entry) {
        callbacks.forEach(callback -> callback.onLog(state, entry));
        log.info("{}", new LogLine(state.globalStep(), state.epoch(), entry));
    }

    private void saved(TrainerState after, Path checkpoint) {
        callbacks.forEach(callback -> callback.onSave(after, checkpoint));
    }

    /** Loads the best weights, and says what the run came to. */
    private Metrics end(TrainPlan plan, Stopwatch clock) {
        state.addSeconds(clock.stop());
        if (!control.interruptedHere && arguments.loadBestModelAtEnd()) {
            String best = layout.fromFirst(() -> state.bestModelCheckpoint().orElse(""));
            files.loadBest(state, Optional.of(best).filter(name -> !name.isEmpty()));
        }
        Metrics results = summary.results(plan, state, clock.seconds())
                .with("save_time_share", saving.seconds() / clock.seconds())
                .with(Pace.WAIT_SHARE, pace.waitShare());
        if (!control.interruptedHere) {
            state.log(results);
        }
        logged(results);
        if (layout.mesh().isPresent()) {
            summary.memoryOfRanks(engine.held()).forEach(log::info);
        }
        engine.report().forEach(log::info);
        files.writeState(state);
        callbacks.forEach(callback -> callback.onTrainEnd(state));
        return results;
    }

    /** Metrics of the evaluation data set, each name with {@code eval_} in front. */
    public Metrics evaluate() {
        return layout.guarded(() -> evaluation.evaluate(state));
    }

    /** Logits, labels and the mean loss of a data set, in its order. */
    public Engine.PredictionOutput predict(Dataset samples) {
        return layout.guarded(() -> evaluation.predict(samples, (int) state.epoch()));
    }

    /**
     * Implements {@code compile_only}: runs the first micro-batches of a step forward and backward, as many as the pipeline
     * has stages, and leaves the weights unchanged. Every rank calls it.
     *
     * @return the placement and the memory of each rank, line by line; empty on ranks other than the first
     */
    public List<String> compileOnly() {
        return layout.guarded(() -> {
            int stages = layout.placement(definition).stages();
            CompileOnly.walk(arguments, stages, layout.replicas(), data, chosen);
            layout.notes().forEach(log::info);
            List<String> lines = summary.compiled(engine);
            return layout.isFirst() ? lines : List.of();
        });
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

    /** The state of the run. */
    public TrainerState state() {
        return state;
    }

    /** The type that products are computed in. */
    public Dtype dtype() {
        return dtype;
    }

    /** Whether this rank logs, writes files and notifies callbacks; true if there is only one rank. */
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

    /** This rank's number within its job. */
    int rank() {
        return layout.mesh().map(mesh -> mesh.world().rank()).orElse(0);
    }

    Engine engine() {
        return engine;
    }

    @Override
    public void close() {
        saving.close();
        files.close();
        chosen.frozen().ifPresent(FrozenBackbone::close);
        engine.close();
        data.close();
        layout.close();
    }
}
