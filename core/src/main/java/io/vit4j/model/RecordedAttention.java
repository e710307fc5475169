package io.vit4j.model;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** What attention's derivative needs, and the derivative itself. */
public interface RecordedAttention extends AutoCloseable {
    /** {@code [batch, tokens, hidden]}, contiguous; in the scope of whoever asked for the recording. */
    Tensor output();

    /**
     * What the derivative gives, in the scope of whoever asked.
     *
     * @param fused with respect to queries, keys and values side by side, {@code [batch, tokens, 3 * hidden]}, contiguous
     * @param bias with respect to what was added to the scores, {@code [heads, tokens, tokens]} float32; empty if nothing was
     */
    record Gradient(Tensor fused, Optional<Tensor> bias) {}

    /**
     * The derivative.
     *
     * @param atOutput {@code [batch, tokens, hidden]}
     */
    Gradient backward(Tensor atOutput);

    @Override
    void close();
}
