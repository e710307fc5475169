package io.vit4j.train.engine;

import io.vit4j.parallel.Pipeline;
import io.vit4j.parallel.PipelineSchedule;
import io.vit4j.parallel.PipelineSchedule.Direction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * What every forward and backward of this stage took in the last steps, and how long it waited: in a form that ranks can
 * send each other, to see how much of the waiting follows from the schedule.
 */
final class StageTimes {
    /** Steps that are remembered. */
    private static final int MOST_STEPS = 64;

    /** Numbers of a step in front of its micro-batches' times. */
    private static final int FIGURES = 4;

    private final Deque<Pipeline.Ran> steps = new ArrayDeque<>();
    private long all;

    /** Takes note of a step. The run's first is forgotten once there is a second: code is compiled during it. */
    void add(Pipeline.Ran ran) {
        if (all++ == 1) {
            steps.clear();
        }
        steps.add(ran);
        if (steps.size() > MOST_STEPS) {
            steps.remove();
        }
    }

    /** Forgets all steps, but not that there have been some. */
    void clear() {
        steps.clear();
    }

    /** All of it, step after step. */
    double[] numbers() {
        List<double[]> parts = new ArrayList<>();
        for (Pipeline.Ran ran : steps) {
            int microBatches = ran.forwardSeconds().length;
            parts.add(new double[] {microBatches, ran.seconds(), ran.receivingSeconds(), ran.sendingSeconds()});
            parts.add(ran.forwardSeconds());
            parts.add(ran.backwardSeconds());
        }
        return parts.stream().flatMapToDouble(Arrays::stream).toArray();
    }

    /** The steps in a stage's {@link #numbers}, which may have zeros behind them. */
    private static List<Pipeline.Ran> steps(double[] numbers) {
        List<Pipeline.Ran> steps = new ArrayList<>();
        int at = 0;
        while (at < numbers.length && numbers[at] > 0) {
            int microBatches = (int) numbers[at];
            int forward = at + FIGURES;
            int backward = forward + microBatches;
            int end = backward + microBatches;
            steps.add(new Pipeline.Ran(
                    Arrays.copyOfRange(numbers, forward, backward),
                    Arrays.copyOfRange(numbers, backward, end),
                    numbers[at + 1],
                    numbers[at + 2],
                    numbers[at + 3],
                    0));
            at = end;
        }
        return steps;
    }

    /**
     * What one stage did in some steps. Shares are of the pipeline's time: from a step's first action to its last one's end,
     * over all stages.
     *
     * @param forwardSeconds mean of a micro-batch
     * @param backwardSeconds mean of a micro-batch; 0 if there is no backward
     * @param waiting share in which it did not compute
     * @param scheduled share in which it cannot compute when the schedule is played with the times that each forward and
     *     backward of each stage really took, and nothing else takes any
     * @param receiving share in which it waited for a neighbour's message
     * @param sending share that sending took it
     */
    record StageFigures(
            double forwardSeconds,
            double backwardSeconds,
            double waiting,
            double scheduled,
            double receiving,
            double sending) {}

    /**
     * What the stages of a pipeline did.
     *
     * @param pipelineSeconds of a step, the mean
     * @param steps that were looked at
     */
    record Summary(List<StageFigures> stages, double pipelineSeconds, int steps) {
        /** Share of all stages' time in which they did not compute. */
        double bubble() {
            return stages.stream().mapToDouble(StageFigures::waiting).average().orElse(0);
        }

        /** The same as the schedule and the measured times predict it. */
        double scheduledBubble() {
            return stages.stream()
                    .mapToDouble(StageFigures::scheduled)
                    .average()
                    .orElse(0);
        }
    }

    /** What follows from all stages' {@link #numbers}, in their order. */
    static Summary summary(List<double[]> numbers) {
        List<List<Pipeline.Ran>> all = numbers.stream().map(StageTimes::steps).toList();
        int stages = all.size();
        int steps = all.get(0).size();
        double seconds = 0;
        double played = 0;
        for (int i = 0; i < steps; i++) {
            int step = i;
            List<Pipeline.Ran> ran = all.stream().map(of -> of.get(step)).toList();
            seconds += ran.stream().mapToDouble(Pipeline.Ran::seconds).max().orElse(0);
            played += PipelineSchedule.training(stages, ran.get(0).forwardSeconds().length)
                    .simulate(
                            (stage, action) -> (action.direction() == Direction.FORWARD
                                            ? ran.get(stage).forwardSeconds()
                                            : ran.get(stage).backwardSeconds())
                                    [action.microBatch()],
                            0)
                    .makespan();
        }
        List<StageFigures> result = new ArrayList<>();
        for (List<Pipeline.Ran> of : all) {
            result.add(stage(of, seconds, played));
        }
        return new Summary(result, steps == 0 ? 0 : seconds / steps, steps);
    }

    private static StageFigures stage(List<Pipeline.Ran> steps, double seconds, double played) {
        double[] forward = steps.stream()
                .flatMapToDouble(ran -> Arrays.stream(ran.forwardSeconds()))
                .toArray();
        double[] backward = steps.stream()
                .flatMapToDouble(ran -> Arrays.stream(ran.backwardSeconds()))
                .filter(each -> !Double.isNaN(each))
                .toArray();
        double busy = Arrays.stream(forward).sum() + Arrays.stream(backward).sum();
        return new StageFigures(
                Arrays.stream(forward).average().orElse(0),
                Arrays.stream(backward).average().orElse(0),
                1 - busy / seconds,
                1 - busy / played,
                steps.stream().mapToDouble(Pipeline.Ran::receivingSeconds).sum() / seconds,
                steps.stream().mapToDouble(Pipeline.Ran::sendingSeconds).sum() / seconds);
    }
}
