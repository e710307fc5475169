package com.example.mixer;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.Initialization;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Pixels {@code [3, side, side]} to one row a patch, {@code [patches, hidden]}. */
record Patches(String name, int patch, int hidden) implements BlockDefinition {
    @Override
    public List<ParameterSpec> weights() {
        return List.of(
                new ParameterSpec(name + ".weight", MixerArchitecture.start(), hidden, 3, patch, patch),
                new ParameterSpec(name + ".bias", Initialization.zeros(), hidden).withoutDecay());
    }

    @Override
    public Shape output(Shape pixels) {
        return Shape.of((pixels.size(1) / patch) * (pixels.size(2) / patch), hidden);
    }

    @Override
    public BlockCost cost(Shape pixels, Dtype dtype) {
        double products = 2.0 * 3 * patch * patch * output(pixels).numbers();
        return BlockCost.byAutograd(products, dtype.bytes() * pixels.numbers()).withoutInputGradient();
    }

    @Override
    public Block over(Parameters parameters) {
        return new Projection(this, parameters);
    }

    private record Projection(Patches definition, Parameters parameters) implements Block {
        @Override
        public Tensor forward(Tensor pixels, Context context) {
            Tensor projected = torch.conv2d(
                    context.cast(pixels),
                    context.weight(parameters, name() + ".weight"),
                    new TensorOptional(context.weight(parameters, name() + ".bias")),
                    new long[] {definition.patch(), definition.patch()},
                    new long[] {0, 0},
                    new long[] {1, 1},
                    1);
            return Tensors.to(projected.flatten(2, 3).transpose(1, 2), Dtype.FLOAT32);
        }

        @Override
        public Value write(GraphWriter graph, Value pixels) {
            Value projected = graph.convolution(
                    name(),
                    pixels,
                    parameters.get(name() + ".weight"),
                    Optional.of(parameters.get(name() + ".bias")),
                    new long[] {definition.patch(), definition.patch()},
                    new long[] {0, 0},
                    1);
            long patches = projected.size(2) * projected.size(3);
            Value rows = graph.reshape(projected, Value.BATCH, definition.hidden(), patches);
            return graph.toFloat(graph.permute(rows, 0, 2, 1));
        }
    }
}
