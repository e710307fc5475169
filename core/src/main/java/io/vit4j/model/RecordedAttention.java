package io.vit4j.model;

import org.bytedeco.pytorch.Tensor;

/** What attention's derivative needs, and the derivative itself. */
public interface RecordedAttention extends AutoCloseable {
    /** {@code [batch, tokens, hidden]}, contiguous; in the scope of whoever asked for the recording. */
    Tensor output();

    /**
     * The derivative.
     *
     * @param atOutput {@code [batch, tokens, hidden]}
     * @return with respect to queries, keys and values side by side, {@code [batch, tokens, 3 * hidden]}, contiguous
     */
    Tensor backward(Tensor atOutput);

    @Override
    void close();
}
