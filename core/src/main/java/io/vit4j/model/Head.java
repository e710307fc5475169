package io.vit4j.model;

import org.bytedeco.pytorch.Tensor;

/** From the last hidden states to a picture's features, and from these to logits {@code [batch, labels]}. */
record Head(HeadDefinition definition, Parameters parameters, Block features, Block classifier) implements Block {
    @Override
    public Tensor forward(Tensor hidden, Context context) {
        return classifier.forward(features.forward(hidden, context), context);
    }
}
