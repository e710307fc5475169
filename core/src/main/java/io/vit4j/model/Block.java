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

    Tensor forward(Tensor input, Context context);
}
