package io.vit4j.model;

import io.vit4j.base.RandomKey;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * What a block knows about the walk it is part of.
 *
 * @param weights the weights in the form that products use, made once per step
 * @param dropout names the random numbers of dropout; empty at inference, where nothing is dropped
 * @param tap receives tensors from inside the block; empty if there is none
 * @param sharing the other lanes that compute the same pictures; empty if this one has all their tokens
 * @param labels the first label values of each sample, {@code [batch, n]} float32, for blocks that read them
 *     ({@link BlockDefinition#labelsRead}); empty if none does
 */
public record Context(
        StepWeights weights,
        Optional<Dropout> dropout,
        Optional<Tap> tap,
        Optional<TokenSharing> sharing,
        Optional<Tensor> labels) {
    /**
     * A context of any kind.
     * @param weights of this step
     * @param dropout what drops, where anything does
     * @param tap who looks at tensors within, where anybody does
     */
    public Context(StepWeights weights, Optional<Dropout> dropout, Optional<Tap> tap) {
        this(weights, dropout, tap, Optional.empty(), Optional.empty());
    }

    /** Looks at the tensors inside blocks while an inference walk passes. */
    @FunctionalInterface
    public interface Tap {
        /**
         * @param name {@code layer.3.attentions} {@code [batch, heads, tokens, tokens]}, {@code layer.3.hidden_states}
         *     (the layer's output) or {@code embeddings.hidden_states} {@code [batch, tokens, hidden]}
         * @param value lives no longer than the call, unless it is kept
         */
        void see(String name, Tensor value);
    }

    /**
     * The random key of a step and the numbers of the samples within the step's global batch, so that what is dropped
     * does not depend on how the batch is cut or which rank walks it.
     */
    public record Dropout(RandomKey step, long[] samples) {}

    /**
     * Lanes that walk the same pictures side by side, each its own rows of tokens. All a layer needs of the others' rows are
     * their keys and values.
     */
    public interface TokenSharing {
        /**
         * Hands this lane's rows to the others and takes theirs; every lane calls it as often as every other.
         *
         * @param own {@code [batch, rows, n]}
         * @return {@code [batch, tokens, n]}
         */
        Tensor all(Tensor own);

        /** The first of this lane's rows, of a picture of so many tokens. */
        long from(long tokens);

        /** The end of this lane's rows, of a picture of so many tokens. */
        long to(long tokens);

        /** Whether this lane has the picture's first rows: those that the head reads. */
        boolean isFirst();
    }

    /**
     * A context without dropout.
     * @param weights of this step
     * @param sharing how tokens are shared among threads
     * @return the context
     */
    public static Context inference(StepWeights weights, TokenSharing sharing) {
        return new Context(weights, Optional.empty(), Optional.empty(), Optional.of(sharing), Optional.empty());
    }

    /**
     * A context without dropout.
     * @param weights of this step
     * @return the context
     */
    public static Context inference(StepWeights weights) {
        return new Context(weights, Optional.empty(), Optional.empty());
    }

    /**
     * A context without dropout, looked into.
     * @param weights of this step
     * @param tap is handed tensors within blocks
     * @return the context
     */
    public static Context inference(StepWeights weights, Tap tap) {
        return new Context(weights, Optional.empty(), Optional.of(tap));
    }

    /**
     * A context with dropout.
     * @param weights of this step
     * @param step the key of the step's random choices
     * @param samples numbers of the samples in the global batch, {@code [batch]}
     * @return the context
     */
    public static Context training(StepWeights weights, RandomKey step, long[] samples) {
        return new Context(weights, Optional.of(new Dropout(step, samples)), Optional.empty());
    }

    /** The same walk, over weights in that form. */
    Context with(StepWeights other) {
        return new Context(other, dropout, tap, sharing, labels);
    }

    /** The same walk, of samples with these first label values. */
    public Context withLabels(Optional<Tensor> values) {
        return new Context(weights, dropout, tap, sharing, values);
    }

    /**
     * The same walk of some views of each picture, which drop independently.
     *
     * @param count how many views of each
     * @param first the number of the first among all views of a picture
     * @param all views of a picture
     */
    Context ofViews(int count, int first, int all) {
        return new Context(
                weights,
                dropout.map(dropping -> {
                    long[] samples = new long[dropping.samples().length * count];
                    Arrays.setAll(samples, i -> dropping.samples()[i / count] * all + first + i % count);
                    return new Dropout(dropping.step(), samples);
                }),
                tap,
                sharing,
                labels);
    }

    /** The type that products are computed in. */
    public Dtype dtype() {
        return weights.dtype();
    }

    /** {@return a weight in the products' type} */
    public Tensor weight(Parameters parameters, String name) {
        return weights.of(name, List.of(name), parameters);
    }

    /** {@return a tensor in the products' type} */
    public Tensor cast(Tensor x) {
        return Tensors.to(x, dtype());
    }

    /** Passes a tensor to the tap. */
    public void see(String name, Tensor value) {
        tap.ifPresent(t -> t.see(name, value));
    }
}
