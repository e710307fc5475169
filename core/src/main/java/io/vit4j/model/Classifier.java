package io.vit4j.model;

import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Features to logits: {@code [batch, features]}, or {@code [batch, features, 1, 1]}, to {@code [batch, labels]}, float32. */
record Classifier(Definition definition, Parameters parameters) implements Block {
    @Override
    public Tensor forward(Tensor features, Context context) {
        Tensor rows = features.flatten(1, -1);
        if (!context.weights().quantizes() || rows.size(0) == 1) {
            return logits(rows);
        }
        TensorVector each = new TensorVector(); // the order of sums depends on how many rows there are
        for (long i = 0; i < rows.size(0); i++) {
            each.push_back(logits(rows.narrow(0, i, 1)));
        }
        return torch.cat(each, 0);
    }

    private Tensor logits(Tensor rows) {
        return torch.linear(
                rows,
                parameters.get(definition.name() + ".weight"),
                new TensorOptional(parameters.get(definition.name() + ".bias")));
    }

    @Override
    public Value write(GraphWriter graph, Value features) {
        String name = definition.name();
        return graph.linearInFloat32(
                name,
                graph.reshape(features, Value.BATCH, definition.features()),
                parameters.get(name + ".weight"),
                Optional.of(parameters.get(name + ".bias")));
    }

    /** A linear map from so many features to so many labels. */
    record Definition(String name, int features, int labels, Initialization init) implements BlockDefinition {
        @Override
        public List<ParameterSpec> weights() {
            return Linear.specs(features, labels, true, init, name).toList();
        }

        @Override
        public Shape output(Shape input) {
            return Shape.of(labels);
        }

        @Override
        public BlockCost cost(Shape input, Dtype dtype) {
            return BlockCost.byAutograd(2.0 * features * labels, Float.BYTES * input.numbers());
        }

        @Override
        public Block over(Parameters parameters) {
            return new Classifier(this, parameters);
        }
    }
}
