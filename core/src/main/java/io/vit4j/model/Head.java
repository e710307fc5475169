package io.vit4j.model;

import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import org.bytedeco.pytorch.Tensor;

/** From the last hidden states to a picture's features, and from these to logits {@code [batch, labels]}. */
record Head(HeadDefinition definition, Parameters parameters, Block features, Block classifier) implements Block {
    @Override
    public Tensor forward(Tensor hidden, Context context) {
        return classifier.forward(features.forward(hidden, context), context);
    }

    @Override
    public Value write(GraphWriter graph, Value hidden) {
        return classifier.write(graph, features.write(graph, hidden));
    }
}
