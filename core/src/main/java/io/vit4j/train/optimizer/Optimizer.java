package io.vit4j.train.optimizer;

import java.util.List;
import java.util.SortedMap;
import org.bytedeco.pytorch.Tensor;

/**
 * Moves weights along their gradients. It works on stretches of the flat buffers ({@link io.vit4j.model.Parameters}), so
 * that lanes and replicas can each step their share.
 */
public interface Optimizer extends AutoCloseable {
    /**
     * The settings of one step.
     *
     * @param learningRate of this step
     * @param number optimizer steps done, including this one; from 1
     * @param gradientFactor what gradients are multiplied with first: clipping and the inverse of the loss scale
     * @param decayFactor what weight decay is multiplied with
     */
    record Step(double learningRate, long number, double gradientFactor, double decayFactor) {
        /** A step at the whole weight decay. */
        public Step(double learningRate, long number, double gradientFactor) {
            this(learningRate, number, gradientFactor, 1);
        }
    }

    /**
     * A part of one weight, and how it is stepped.
     *
     * @param from first number of the flat buffers
     * @param to the number after the last
     * @param weightDecay of it
     * @param rateFactor what the learning rate is multiplied with
     */
    record ParameterRange(long from, long to, double weightDecay, double rateFactor) {
        /** A part that is stepped at the whole learning rate. */
        public ParameterRange(long from, long to, double weightDecay) {
            this(from, to, weightDecay, 1);
        }

        /** {@return its numbers} */
        public long length() {
            return to - from;
        }

        /** The part of a flat buffer. */
        public Tensor of(Tensor flat) {
            return flat.narrow(0, from, length());
        }

        /** How much it decays. */
        public double decay(Step step) {
            return weightDecay * step.decayFactor();
        }

        /** The rate that it is stepped at. */
        public double rate(Step step) {
            return step.learningRate() * rateFactor;
        }
    }

    /**
     * Steps a part of one weight. Called for disjoint parts, from several threads at once. Gradients may be changed.
     */
    void step(Step step, ParameterRange part);

    /**
     * Steps several parts, in the order of the flat buffers. On a GPU, where each call has a cost, fewer calls are better.
     */
    default void step(Step step, List<ParameterRange> parts) {
        parts.forEach(part -> step(step, part));
    }

    /** The state needed to continue after a restart: flat buffers by kind, laid out as {@link #shape} says. */
    SortedMap<String, Tensor> state();

    /** Which numbers a kind of state has for each weight. */
    default StateShape shape(String kind) {
        return StateShape.OF_WEIGHTS;
    }

    /** Whether it keeps an average of the weights, a kind of state named {@link ModelEma#KIND}. */
    default boolean averages() {
        return false;
    }

    /** Puts the average in the weights' place, and the weights in its place; a second call puts both back. */
    default void swapAveraged() {
        throw new IllegalStateException("this optimizer keeps no average of the weights");
    }

    /** Whether a step needs whole weights (LAMB does), not just any stretch of one. */
    default boolean needsWholeWeights() {
        return false;
    }

    @Override
    void close();
}
