package io.vit4j.train;

import io.vit4j.model.ViTConfig;
import io.vit4j.parallel.BlockRange;
import io.vit4j.parallel.ModelCost;
import io.vit4j.parallel.Pipeline;
import io.vit4j.parallel.PipelineSchedule;
import io.vit4j.parallel.Placement;
import io.vit4j.parallel.RankMesh;
import io.vit4j.torch.NativeMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What the stages did in the steps since the last time it was asked: how long they computed and waited, how many
 * micro-batches they kept, and how much memory that took, each beside what schedule and model predict.
 */
final class StageReport {
    /** Numbers of each rank that the first one sees. */
    private static final int FIGURES = 8;

    private static final int STEPS_LOOKED_AT = 2;

    private static final double NANOS = 1e9;
    private static final double MEBIBYTE = 1 << 20;

    private final RankMesh mesh;
    private final ModelCost cost;
    private final Placement placement;
    private final LocalEngine.Settings settings;
    private double forwardSeconds;
    private double backwardSeconds;
    private double seconds;
    private long microBatches;
    private int microBatchesOfStep;
    private long steps;
    private long allSteps;
    private boolean firstIsIn;
    private int inFlight;
    private long samplesInFlight;
    private long waitedNanos;
    private volatile boolean looks;
    private long before;
    private long most;

    StageReport(RankMesh mesh, ViTConfig config, Placement placement, LocalEngine.Settings settings) {
        this.mesh = mesh;
        this.cost = new ModelCost(config, settings.dtype());
        this.placement = placement;
        this.settings = settings;
    }

    /** A step begins: what memory is in use now is not the step's. Only the first steps are looked at: looking takes time. */
    void begin(int samplesOfMicroBatch) {
        looks = allSteps < STEPS_LOOKED_AT;
        before = NativeMemory.inUse().orElse(0);
        samplesInFlight = Math.max(samplesInFlight, samplesOfMicroBatch);
    }

    /** Looks at the memory in use. */
    synchronized void look() {
        if (!looks) {
            return;
        }
        NativeMemory.inUse().ifPresent(now -> most = Math.max(most, now - before));
    }

    /** Takes note of a step. The run's first is forgotten once there is a second: code is compiled during it. */
    void ran(Pipeline.Ran ran, int microBatchesHere) {
        if (firstIsIn) {
            clearTimes();
        }
        firstIsIn = allSteps++ == 0;
        forwardSeconds += ran.forwardSeconds();
        backwardSeconds += ran.backwardSeconds();
        seconds += ran.seconds();
        microBatches += microBatchesHere;
        microBatchesOfStep = Math.max(microBatchesOfStep, microBatchesHere);
        inFlight = Math.max(inFlight, ran.mostInFlight());
        steps++;
    }

    void waitedForReplicas(long nanos) {
        waitedNanos += nanos;
    }

    private double[] figures() {
        return new double[] {
            forwardSeconds, backwardSeconds, seconds, microBatches, inFlight, most, waitedNanos / NANOS, samplesInFlight
        };
    }

    /** A line a stage and one of them all, of the first replica; the figures begin anew. Called by every rank at once. */
    List<String> lines() {
        double[] all = new double[FIGURES * mesh.world().size()];
        double[] own = figures();
        System.arraycopy(own, 0, all, FIGURES * mesh.world().rank(), FIGURES);
        all = mesh.world().sums(all);
        int stages = mesh.stages();
        double[] forward = new double[stages];
        double[] backward = new double[stages];
        double makespan = 0;
        for (int stage = 0; stage < stages; stage++) {
            double count = Math.max(1, all[FIGURES * stage + 3]);
            forward[stage] = all[FIGURES * stage] / count;
            backward[stage] = all[FIGURES * stage + 1] / count;
            makespan = Math.max(makespan, all[FIGURES * stage + 2]);
        }
        List<String> lines = new ArrayList<>();
        if (steps > 0 && makespan > 0) {
            lines.addAll(lines(all, forward, backward, makespan));
        }
        clear();
        return lines;
    }

    private List<String> lines(double[] all, double[] forward, double[] backward, double makespan) {
        int stages = mesh.stages();
        PipelineSchedule schedule = PipelineSchedule.training(stages, microBatchesOfStep);
        PipelineSchedule.Timing predicted = schedule.simulate(forward, backward, 0);
        List<String> lines = new ArrayList<>();
        double waits = 0;
        for (int stage = 0; stage < stages; stage++) {
            double[] of = Arrays.copyOfRange(all, FIGURES * stage, FIGURES * (stage + 1));
            double bubble = 1 - (of[0] + of[1]) / makespan;
            waits += bubble / stages;
            lines.add(String.format(
                    Locale.ROOT,
                    "Stage %d: forward %.1f ms, backward %.1f ms a micro-batch; waiting %.1f%% of the pipeline's time"
                            + " (schedule: %.1f%%); at most %d micro-batches in flight (schedule: %d), %s kept for"
                            + " backward (plan: %.1f MiB)",
                    stage,
                    1e3 * forward[stage],
                    1e3 * backward[stage],
                    100 * bubble,
                    100 * predicted.bubble(stage),
                    (int) of[4],
                    schedule.inFlight(stage),
                    of[5] > 0 ? String.format(Locale.ROOT, "%.1f MiB", of[5] / MEBIBYTE) : "unknown memory",
                    planned(stage, schedule.inFlight(stage), (int) of[7]) / MEBIBYTE));
        }
        lines.add(String.format(
                Locale.ROOT,
                "Pipeline: bubble %.1f%% of %.3f s a step (schedule: %.1f%%); waiting for other replicas' gradients %.1f ms a"
                        + " step",
                100 * waits,
                makespan / steps,
                100 * predicted.bubble(),
                1e3 * all[6] / steps));
        return lines;
    }

    /** Bytes for backward, with the step's copies of weights. */
    private double planned(int stage, int microBatchesKept, int samples) {
        BlockRange blocks = placement.blocks(stage);
        long kept = 0;
        long largest = 0;
        long copies = 0;
        for (int block = blocks.first(); block < blocks.end(); block++) {
            kept += settings.recompute() ? cost.inputBytes(block) : cost.activationBytes(block);
            largest = Math.max(largest, cost.activationBytes(block) - cost.inputBytes(block));
            copies += cost.stepWeightBytes(block);
        }
        return (double) samples * (microBatchesKept * kept + (settings.recompute() ? largest : 0)) + copies;
    }

    private void clearTimes() {
        forwardSeconds = 0;
        backwardSeconds = 0;
        seconds = 0;
        microBatches = 0;
        steps = 0;
        waitedNanos = 0;
    }

    private void clear() {
        clearTimes();
        firstIsIn = false;
        microBatchesOfStep = 0;
        inFlight = 0;
        samplesInFlight = 0;
        most = 0;
    }
}
