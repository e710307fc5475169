package io.vit4j.train;

import io.vit4j.metrics.Metrics;
import io.vit4j.model.ModelDefinition;
import io.vit4j.parallel.BatchArithmetic;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.train.engine.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The lines that a run logs before its first step and after its last. */
final class RunSummary {
    private static final int MEBIBYTE = 1 << 20;

    private final TrainingArguments arguments;
    private final RunLayout layout;
    private final ModelDefinition model;

    RunSummary(TrainingArguments arguments, RunLayout layout, ModelDefinition model) {
        this.arguments = arguments;
        this.layout = layout;
        this.model = model;
    }

    /** Sizes of the run, and how it is laid out. */
    List<String> beginning(TrainPlan plan, TrainerState state) {
        double epochs = plan.maxSteps().isPresent() ? plan.epochs(plan.totalSteps()) : plan.epochs();
        BatchArithmetic batches = new BatchArithmetic(
                arguments.perDeviceTrainBatchSize(),
                layout.replicas(),
                plan.accumulation(),
                layout.layout().deviceIterations());
        List<String> lines = new ArrayList<>();
        if (layout.written().isPresent()) {
            lines.addAll(layout.notes());
            lines.addAll(layout.placement(model).describe());
            lines.addAll(batches.describe(plan.samples(), epochs, plan.totalSteps()));
        } else {
            lines.add("***** Running training *****  Num examples = " + plan.samples() + " / Num Epochs = " + epochs
                    + " / Instantaneous batch size per device = " + batches.microBatch()
                    + " / Gradient Accumulation steps = " + plan.accumulation() + " / Total train batch size = "
                    + plan.totalBatchSize() + " / Total optimization steps = " + plan.totalSteps());
        }
        if (state.globalStep() > 0) {
            lines.add("Continuing at step " + state.globalStep() + " (epoch " + state.epoch() + ")");
        }
        return lines;
    }

    /** The content of {@code train_results.json} after so many seconds, but for what is measured of loading and saving. */
    Metrics results(TrainPlan plan, TrainerState state, double seconds) {
        double samples = Math.min(
                (double) state.globalStep() * plan.totalBatchSize(), plan.samples() * plan.epochs(state.globalStep()));
        return Metrics.NONE
                .with("train_runtime", seconds)
                .with("train_samples_per_second", samples / seconds)
                .with("train_steps_per_second", state.globalStep() / seconds)
                .with("total_flos", state.totalFlos())
                .with("train_loss", state.meanLoss());
    }

    /** What each rank holds between steps, a line a rank; every rank calls it. */
    List<String> memoryOfRanks(Engine.RankMemory held) {
        List<String> lines = new ArrayList<>();
        double[][] ofRanks = layout.table(held.weights(), held.gradients(), held.optimizer());
        for (int rank = 0; rank < ofRanks.length; rank++) {
            lines.add(String.format(
                    Locale.ROOT,
                    "Rank %d: weights %.1f MiB, gradients %.1f MiB, optimizer state %.1f MiB",
                    rank,
                    ofRanks[rank][0] / MEBIBYTE,
                    ofRanks[rank][1] / MEBIBYTE,
                    ofRanks[rank][2] / MEBIBYTE));
        }
        return lines;
    }

    /** Placement, and what each rank holds and keeps; every rank calls it. */
    List<String> compiled(Engine engine) {
        List<String> lines = new ArrayList<>(layout.placement(model).describe());
        lines.addAll(memoryOfRanks(engine.held()));
        lines.addAll(engine.report());
        return lines;
    }
}
