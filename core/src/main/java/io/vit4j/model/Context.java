package io.vit4j.model;

import io.vit4j.base.RandomKey;
import io.vit4j.torch.Dtype;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * What a block is told about the walk it is part of.
 *
 * @param weights the weights in the form that products take, made once a step
 * @param dropout names the random numbers of dropout; empty at inference, where nothing is dropped
 * @param tap asked for what lies inside; empty where nobody looks
 */
public record Context(StepWeights weights, Optional<Dropout> dropout, Optional<Tap> tap) {

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

    public static Context inference(StepWeights weights) {
        return new Context(weights, Optional.empty(), Optional.empty());
    }

    public static Context inference(StepWeights weights, Tap tap) {
        return new Context(weights, Optional.empty(), Optional.of(tap));
    }

    public static Context training(StepWeights weights, RandomKey step, long[] samples) {
        return new Context(weights, Optional.of(new Dropout(step, samples)), Optional.empty());
    }

    /** The type that products are computed in. */
    public Dtype dtype() {
        return weights.dtype();
    }

    void see(String name, Tensor value) {
        tap.ifPresent(t -> t.see(name, value));
    }
}
