package io.vit4j.model;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** A block's forward that can be walked back once: its output, and what its derivative needs of it. */
public interface Recorded extends AutoCloseable {
    /** The block's output, without a graph; lives until this is closed. */
    Tensor output();

    /**
     * Computes the gradients of the block's input and of its weights; those of the weights are kept here until
     * {@link #accumulate}.
     *
     * @param gradient of what is minimised, with respect to {@link #output}, in its shape
     * @return with respect to the input, in the caller's scope; empty if it was not asked for
     */
    Optional<Tensor> backward(Tensor gradient);

    /** Adds the gradients of the block's weights to their buffers, after {@link #backward}. */
    void accumulate();

    @Override
    void close();
}
