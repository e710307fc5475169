package io.vit4j.parallel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The order in which each pipeline stage walks a step's micro-batches forward and backward. A stage receives what it
 * needs from its neighbour before an action and sends the result after it; sends do not block.
 *
 * <p>Training is "one forward, one backward" (1F1B; PipeDream-Flush, Narayanan et al., ICML 2021): a stage first fills
 * the pipeline behind it, then alternates, so that stage {@code s} of {@code S} never keeps more than {@code S - s}
 * micro-batches. Inference is forward alone.
 *
 * @param stages pipeline stages
 * @param microBatches micro-batches of a step
 * @param training whether there is a backward
 */
public record PipelineSchedule(int stages, int microBatches, boolean training) {
    public PipelineSchedule {
        if (stages < 1 || microBatches < 1) {
            throw new IllegalArgumentException(stages + " stages, " + microBatches + " micro-batches");
        }
    }

    /**
     * The schedule of a step: every micro-batch forward and backward.
     * @param stages at least 1
     * @param microBatches at least 1
     * @return one forward, one backward (1F1B)
     */
    public static PipelineSchedule training(int stages, int microBatches) {
        return new PipelineSchedule(stages, microBatches, true);
    }

    /**
     * The schedule of an evaluation: every micro-batch forward.
     * @param stages at least 1
     * @param microBatches at least 1
     * @return forward only
     */
    public static PipelineSchedule inference(int stages, int microBatches) {
        return new PipelineSchedule(stages, microBatches, false);
    }

    /** Which way a micro-batch is walked. */
    public enum Direction {
        /** From the first block to the last. */
        FORWARD,
        /** From the last block to the first. */
        BACKWARD
    }

    /** One walk of one micro-batch (from 0) over a stage's blocks. */
    public record Action(Direction direction, int microBatch) {
        static Action forward(int microBatch) {
            return new Action(Direction.FORWARD, microBatch);
        }

        static Action backward(int microBatch) {
            return new Action(Direction.BACKWARD, microBatch);
        }

        @Override
        public String toString() {
            return (direction == Direction.FORWARD ? "F" : "B") + microBatch;
        }
    }

    /** What stage {@code stage} does, in order. */
    public List<Action> actions(int stage) {
        List<Action> actions = new ArrayList<>(microBatches * (training ? 2 : 1));
        int ahead = training ? inFlight(stage) - 1 : microBatches;
        for (int m = 0; m < ahead; m++) {
            actions.add(Action.forward(m));
        }
        if (training) {
            for (int m = 0; m < microBatches; m++) {
                if (ahead + m < microBatches) {
                    actions.add(Action.forward(ahead + m));
                }
                actions.add(Action.backward(m));
            }
        }
        return actions;
    }

    /** Micro-batches that a stage keeps at most at once between their forward and their backward. */
    public int inFlight(int stage) {
        if (stage < 0 || stage >= stages) {
            throw new IndexOutOfBoundsException("stage " + stage + " of " + stages);
        }
        return training ? Math.min(stages - stage, microBatches) : 0;
    }

    /** The share of time that a stage idles when all take equally long and transfers nothing: (S-1) / (M+S-1). */
    public double bubbleOfEqualStages() {
        return (stages - 1) / (double) (microBatches + stages - 1);
    }

    /**
     * What a run took.
     *
     * @param makespan seconds from the first action's start to the last one's end
     * @param busy seconds that each stage computed
     * @param finish when each stage ended its last action, in seconds
     */
    public record Timing(double makespan, double[] busy, double[] finish) {
        /** The share of the makespan in which a stage waited. */
        public double bubble(int stage) {
            return makespan == 0 ? 0 : 1 - busy[stage] / makespan;
        }

        /** The share of all stages' time in which they waited. */
        public double bubble() {
            double sum = 0;
            for (int stage = 0; stage < busy.length; stage++) {
                sum += bubble(stage);
            }
            return sum / busy.length;
        }
    }

    /** What each action of each stage takes. */
    @FunctionalInterface
    public interface Durations {
        /**
         * One action's time.
         *
         * @param stage from 0
         * @param action one of its {@link PipelineSchedule#actions}
         * @return seconds; NaN if the stage skips the action, as a frozen stage skips backward
         */
        double seconds(int stage, Action action);
    }

    /**
     * Simulates the schedule with these times, the same for all micro-batches.
     *
     * @param forwardSeconds of one micro-batch on each stage
     * @param backwardSeconds of one micro-batch on each stage; not read at inference
     * @param transferSeconds of one micro-batch between neighbours, either way, while both may compute
     * @throws IllegalStateException if the stages wait for each other forever
     */
    public Timing simulate(double[] forwardSeconds, double[] backwardSeconds, double transferSeconds) {
        return simulate(forwardSeconds, backwardSeconds, everywhere(transferSeconds));
    }

    /**
     * The same with a time of its own for every cut between two stages.
     *
     * @param transferSeconds of one micro-batch, either way, between each stage and the next
     */
    public Timing simulate(double[] forwardSeconds, double[] backwardSeconds, double[] transferSeconds) {
        return simulate(
                (stage, action) ->
                        action.direction() == Direction.FORWARD ? forwardSeconds[stage] : backwardSeconds[stage],
                transferSeconds);
    }

    private double[] everywhere(double transferSeconds) {
        double[] transfers = new double[stages - 1];
        Arrays.fill(transfers, transferSeconds);
        return transfers;
    }

    /**
     * Simulates the schedule: every action begins when the stage has finished the previous one and its input has arrived.
     *
     * @param durations of every action
     * @param transferSeconds of one micro-batch between neighbours, either way, while both may compute
     * @throws IllegalStateException if the stages wait for each other forever
     */
    public Timing simulate(Durations durations, double transferSeconds) {
        return simulate(durations, everywhere(transferSeconds));
    }

    private Timing simulate(Durations durations, double[] transferSeconds) {
        double[][] forwardEnd = new double[stages][microBatches];
        double[][] backwardEnd = new double[stages][microBatches];
        for (int stage = 0; stage < stages; stage++) {
            Arrays.fill(forwardEnd[stage], Double.NaN);
            Arrays.fill(backwardEnd[stage], Double.NaN);
        }
        List<List<Action>> todo = new ArrayList<>();
        for (int stage = 0; stage < stages; stage++) {
            todo.add(actions(stage));
        }
        int[] next = new int[stages];
        double[] clock = new double[stages];
        double[] busy = new double[stages];
        for (boolean moved = true; moved; ) {
            moved = false;
            for (int stage = 0; stage < stages; stage++) {
                while (next[stage] < todo.get(stage).size()) {
                    Action action = todo.get(stage).get(next[stage]);
                    boolean forward = action.direction() == Direction.FORWARD;
                    double seconds = durations.seconds(stage, action);
                    if (Double.isNaN(seconds)) {
                        next[stage]++;
                        moved = true;
                        continue;
                    }
                    double arrival = arrival(action, stage, forwardEnd, backwardEnd, transferSeconds);
                    if (Double.isNaN(arrival)) {
                        break;
                    }
                    clock[stage] = Math.max(clock[stage], arrival) + seconds;
                    busy[stage] += seconds;
                    (forward ? forwardEnd : backwardEnd)[stage][action.microBatch()] = clock[stage];
                    next[stage]++;
                    moved = true;
                }
            }
        }
        double makespan = 0;
        for (int stage = 0; stage < stages; stage++) {
            if (next[stage] < todo.get(stage).size()) {
                throw new IllegalStateException("stage " + stage + " waits for ever before "
                        + todo.get(stage).get(next[stage]));
            }
            makespan = Math.max(makespan, clock[stage]);
        }
        return new Timing(makespan, busy, clock);
    }

    /** When what an action needs has come in; NaN while that is not known. */
    private double arrival(
            Action action, int stage, double[][] forwardEnd, double[][] backwardEnd, double[] transferSeconds) {
        int m = action.microBatch();
        if (action.direction() == Direction.FORWARD) {
            return stage == 0 ? 0 : forwardEnd[stage - 1][m] + transferSeconds[stage - 1];
        }
        return stage == stages - 1 ? forwardEnd[stage][m] : backwardEnd[stage + 1][m] + transferSeconds[stage];
    }
}
