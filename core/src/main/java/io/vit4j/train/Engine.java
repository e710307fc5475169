package io.vit4j.train;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.walk.Loss;
import java.util.Iterator;

/**
 * Where and how walks run: the trainer's loop knows of nothing below this. A step is {@link #walk}, {@link #gradientNorm},
 * {@link #step}.
 */
public interface Engine extends AutoCloseable {
    /** How many samples {@link #walk} likes to be handed at a time, where a micro-batch has {@code microBatch}. */
    int chunk(int microBatch);

    /**
     * Forward and backward over all samples of one optimizer step; gradients are those of the sum of the losses of all
     * counted entries over {@code entries}.
     *
     * @param batches the step's samples in order, in chunks of any size; each is closed here
     * @param count how many batches to take
     * @param entries what the gradient is divided by: the entries of the global batch if all were counted
     * @param key names this step's random choices
     */
    Walked walk(Iterator<Batch> batches, int count, double entries, RandomKey key);

    /**
     * What a step's walks gave.
     *
     * @param lossSum the losses of all counted entries, summed
     * @param counted how many entries counted, or the sum of their weights
     */
    record Walked(double lossSum, double counted) {
        /** The mean loss over the global batch. */
        public double loss() {
            return lossSum / divisor();
        }

        /** What sums become means by. */
        double divisor() {
            return counted > 0 ? counted : 1;
        }

        Walked plus(Walked other) {
            return new Walked(lossSum + other.lossSum, counted + other.counted);
        }
    }

    /** The Euclidean norm of all gradients together, over all ranks. */
    double gradientNorm();

    /** Moves the weights. */
    void step(Optimizer.Step step);

    /** Ends the step: weights may have moved, gradients are forgotten. Called also where the step was skipped. */
    void finish();

    /**
     * Logits and labels of samples, in their order, and the mean loss.
     *
     * @param batches in order, each closed here
     */
    Predicted predict(Iterator<Batch> batches, int samples, Loss loss);

    /** Predictions and the mean loss over all counted entries. */
    record Predicted(EvalPrediction prediction, double loss) {}

    @Override
    void close();
}
