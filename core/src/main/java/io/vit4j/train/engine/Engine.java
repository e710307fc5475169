package io.vit4j.train.engine;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.BatchPlan;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.train.optimizer.Optimizer;
import io.vit4j.walk.Objective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * Where and how walks run: the trainer's loop knows of nothing below this. A step is {@link #walk}, {@link #gradientNorm},
 * {@link #step}.
 */
public interface Engine extends AutoCloseable {
    /** What this engine walks of the samples of one optimizer step, or of an evaluation, cut into batches as it likes them. */
    Share share(int[] rows, int microBatch);

    /**
     * Some samples of a whole.
     *
     * @param batches their numbers in the data set, batch by batch
     * @param firsts where within the whole each batch begins
     */
    record Share(List<int[]> batches, int[] firsts) {
        /** Everything, in batches of so many. */
        public static Share whole(int[] rows, int size) {
            List<int[]> batches = BatchPlan.of(rows, size, false);
            int[] firsts = new int[batches.size()];
            Arrays.setAll(firsts, i -> i * size);
            return new Share(batches, firsts);
        }

        /** A replica's contiguous share of every global micro-batch; the last may be short, or empty for some replicas. */
        public static Share ofReplica(int[] rows, int microBatch, int replica, int replicas) {
            List<int[]> batches = new ArrayList<>();
            List<Integer> firsts = new ArrayList<>();
            int global = Math.multiplyExact(microBatch, replicas);
            for (int from = 0; from < rows.length; from += Math.min(global, rows.length - from)) {
                long count = Math.min(global, rows.length - from);
                int first = from + (int) (count * replica / replicas);
                int end = from + (int) (count * (replica + 1) / replicas);
                if (end > first) {
                    batches.add(Arrays.copyOfRange(rows, first, end));
                    firsts.add(first);
                }
            }
            return new Share(batches, firsts.stream().mapToInt(i -> i).toArray());
        }

        /** Samples of each batch. */
        public int[] sizes() {
            return batches.stream().mapToInt(rows -> rows.length).toArray();
        }
    }

    /** Whether this engine takes batches; a pipeline's later stages do not. */
    default boolean takesBatches() {
        return true;
    }

    /**
     * Forward and backward over all samples of one optimizer step; gradients are those of the sum of the losses of all
     * counted entries over {@code entries}.
     *
     * @param batches those of the share, in order; each is closed here
     * @param entries what the gradient is divided by: the entries of the global batch if all were counted
     * @param key names this step's random choices
     */
    StepLoss walk(Iterator<Batch> batches, Share share, double entries, RandomKey key);

    /**
     * What a step's walks gave.
     *
     * @param lossSum the losses of all counted entries, summed
     * @param counted how many entries counted, or the sum of their weights
     */
    record StepLoss(double lossSum, double counted) {
        /** The mean loss over the global batch. */
        public double loss() {
            return lossSum / divisor();
        }

        /** What sums become means by. */
        public double divisor() {
            return counted > 0 ? counted : 1;
        }

        StepLoss plus(StepLoss other) {
            return new StepLoss(lossSum + other.lossSum, counted + other.counted);
        }
    }

    /** Forgets this step's gradients of some weights, so that they stay as they are but for weight decay. */
    default void hold(Set<String> weights) {
        if (!weights.isEmpty()) {
            throw new IllegalStateException("this engine cannot hold single weights");
        }
    }

    /** The Euclidean norm of all gradients together, over all ranks. */
    double gradientNorm();

    /** Moves the weights. */
    void step(Optimizer.Step step);

    /** Whether an average of the weights is kept ({@code model_ema_decay}). */
    default boolean averages() {
        return false;
    }

    /** Puts the average in the weights' place, and the weights in its place; a second call puts both back. Every rank calls it. */
    default void swapAveraged() {
        throw new IllegalStateException("no average of the weights is kept");
    }

    /** Ends the step: weights may have moved, gradients are forgotten. Called also where the step was skipped. */
    void finish();

    /**
     * Logits and labels of samples, in their order, and the mean loss.
     *
     * @param batches those of the share, in order, each closed here
     * @param samples of all shares
     */
    PredictionOutput predict(Iterator<Batch> batches, Share share, int samples, Objective objective);

    /** Predictions, none if the objective keeps none, and the mean loss over all counted entries. */
    record PredictionOutput(EvalPrediction prediction, double loss) {}

    /** What this rank holds between steps. */
    RankMemory held();

    /**
     * Bytes of what is trained and of what it takes to train it.
     *
     * @param weights on this rank, those that are frozen too
     * @param gradients of this rank, of all lanes
     * @param optimizer its share of the optimizer's state
     */
    record RankMemory(long weights, long gradients, long optimizer) {}

    /** For each question whether any rank says yes. */
    default boolean[] any(boolean... asked) {
        return asked;
    }

    /** What rank 0 says. */
    default String fromFirst(String text) {
        return text;
    }

    /** A report on the walks since the last call, line by line. Every rank calls it. */
    default List<String> report() {
        return List.of();
    }

    @Override
    void close();
}
