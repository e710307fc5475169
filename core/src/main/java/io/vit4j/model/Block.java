package io.vit4j.model;

import org.bytedeco.pytorch.Tensor;

/**
 * One step of the list that a ViT is: it maps one tensor to one tensor. The first maps pixel values
 * {@code [batch, channels, height, width]} to hidden states {@code [batch, tokens, hidden]}, the layers hidden states to
 * hidden states, the head hidden states to logits {@code [batch, labels]}.
 */
public interface Block {
    /** {@code embeddings}, {@code layer.0}, ..., {@code head}. */
    String name();

    /**
     * Maps a tensor to the next.
     * @param input pixels {@code [batch, channels, height, width]} for the first block, hidden states {@code [batch,
     * tokens, hidden]} for the others
     * @param context how to walk
     * @return hidden states, or logits {@code [batch, labels]} from the last block
     */
    Tensor forward(Tensor input, Context context);

    /**
     * Forward, with what its derivative needs kept.
     *
     * @param inputGradient whether somebody waits for the gradient of the input
     */
    Recorded record(Tensor input, boolean inputGradient, Context context);
}
