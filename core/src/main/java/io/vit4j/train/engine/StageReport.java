package io.vit4j.train.engine;

import io.vit4j.model.ModelDefinition;
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
    /** Numbers of each rank that the first one sees, in front of its times. */
    private static final int FIGURES = 4;

    private static final int STEPS_LOOKED_AT = 2;

    private static final double NANOS = 1e9;
    private static final double MEBIBYTE = 1 << 20;

    private final RankMesh mesh;
    private final ModelCost cost;
    private final Placement placement;
    private final EngineSettings settings;
    private final StageTimes times = new StageTimes();
    private int microBatchesOfStep;
    private long steps;
    private long allSteps;
    private int inFlight;
    private long samplesInFlight;
    private long waitedNanos;
    private volatile boolean looks;
    private long before;
    private long most;

    StageReport(RankMesh mesh, ModelDefinition config, Placement placement, EngineSettings settings) {
        this.mesh = mesh;
        this.cost = new ModelCost(config, settings.dtype());
        this.placement = placement;
        this.settings = settings;
    }

    /**
     * A step begins: what memory is in use now is not the step's. Only the first steps are looked at, as looking takes time, and
     * of those the last counts: in the run's first step libraries make themselves at home.
     */
    void begin(int samplesOfMicroBatch) {
        looks = allSteps < STEPS_LOOKED_AT;
        if (looks) {
            most = 0;
        }
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

    /** Takes note of a step. */
    void ran(Pipeline.Ran ran, int microBatchesHere) {
        times.add(ran);
        if (allSteps++ == 1) {
            steps = 0; // as the times do, this forgets the run's first step
            waitedNanos = 0;
        }
        microBatchesOfStep = Math.max(microBatchesOfStep, microBatchesHere);
        inFlight = Math.max(inFlight, ran.mostInFlight());
        steps++;
    }

    void waitedForReplicas(long nanos) {
        waitedNanos += nanos;
    }

    /** Every rank's numbers, rank by rank, each with zeros behind where another has more. */
    private List<double[]> ofAllRanks(double[] own) {
        int longest = (int) mesh.world().max(own.length);
        double[] all = new double[longest * mesh.world().size()];
        System.arraycopy(own, 0, all, longest * mesh.world().rank(), own.length);
        double[] summed = mesh.world().sums(all);
        List<double[]> ranks = new ArrayList<>();
        for (int rank = 0; rank < mesh.world().size(); rank++) {
            ranks.add(Arrays.copyOfRange(summed, longest * rank, longest * (rank + 1)));
        }
        return ranks;
    }

    /** A line a stage and one of them all, of the first replica; the figures begin anew. Called by every rank at once. */
    List<String> lines() {
        double[] figures = {inFlight, most, waitedNanos / NANOS, samplesInFlight};
        List<double[]> ofStages = ofAllRanks(figures(figures, times.numbers())).subList(0, mesh.stages());
        List<String> lines = new ArrayList<>();
        if (steps > 0) {
            lines.addAll(lines(ofStages));
        }
        clear();
        return lines;
    }

    private static double[] figures(double[] own, double[] times) {
        double[] all = Arrays.copyOf(own, own.length + times.length);
        System.arraycopy(times, 0, all, own.length, times.length);
        return all;
    }

    private List<String> lines(List<double[]> ofStages) {
        StageTimes.Summary summary = StageTimes.summary(ofStages.stream()
                .map(of -> Arrays.copyOfRange(of, FIGURES, of.length))
                .toList());
        PipelineSchedule schedule = PipelineSchedule.training(mesh.stages(), microBatchesOfStep);
        List<String> lines = new ArrayList<>();
        for (int stage = 0; stage < mesh.stages(); stage++) {
            double[] of = ofStages.get(stage);
            StageTimes.StageFigures times = summary.stages().get(stage);
            lines.add(String.format(
                    Locale.ROOT,
                    "Stage %d: forward %.1f ms, backward %.1f ms per micro-batch; waiting %.1f%% of the pipeline's"
                            + " time (these times by schedule: %.1f%%), receiving %.1f%%, sending %.1f%%; at most %d"
                            + " micro-batches in flight (schedule: %d), %s kept for backward (plan: %.1f MiB)",
                    stage,
                    1e3 * times.forwardSeconds(),
                    1e3 * times.backwardSeconds(),
                    100 * times.waiting(),
                    100 * times.scheduled(),
                    100 * times.receiving(),
                    100 * times.sending(),
                    (int) of[0],
                    schedule.inFlight(stage),
                    of[1] > 0 ? String.format(Locale.ROOT, "%.1f MiB", of[1] / MEBIBYTE) : "unknown memory",
                    planned(stage, schedule.inFlight(stage), (int) of[3]) / MEBIBYTE));
        }
        lines.add(String.format(
                Locale.ROOT,
                "Pipeline: bubble %.1f%% of %.3f s per step (these times by schedule: %.1f%%); waiting for"
                        + " other replicas' gradients %.1f ms per step",
                100 * summary.bubble(),
                summary.pipelineSeconds(),
                100 * summary.scheduledBubble(),
                1e3 * ofStages.get(0)[2] / steps));
        return lines;
    }

    /** Bytes for backward, with the step's copies of weights. */
    private double planned(int stage, int microBatchesKept, int samples) {
        BlockRange blocks = placement.blocks(stage);
        long atOnce = Math.min(samples, (long) settings.lanes() * settings.chunkSize());
        long kept = cost.keptBytes(blocks, settings.recompute(), (long) microBatchesKept * samples, atOnce);
        return (double) kept + cost.stepWeightBytes(blocks);
    }

    private void clear() {
        times.clear();
        steps = 0;
        waitedNanos = 0;
        microBatchesOfStep = 0;
        inFlight = 0;
        samplesInFlight = 0;
        most = 0;
    }
}
