package com.example.mixer;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A picture's features: the mean over its normalised patches, {@code [patches, hidden]} to {@code [hidden]}. */
record MeanOfPatches(String name, int hidden) implements BlockDefinition {
    @Override
    public List<ParameterSpec> weights() {
        return LayerNorm.specs(name, hidden).toList();
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(hidden);
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return BlockCost.byAutograd(0, 2 * Float.BYTES * input.numbers());
    }

    @Override
    public Block over(Parameters parameters) {
        return new Mean(this, parameters, new LayerNorm(parameters, name, 1e-6));
    }

    private record Mean(MeanOfPatches definition, Parameters parameters, LayerNorm norm) implements Block {
        @Override
        public Tensor forward(Tensor input, Context context) {
            return norm.forward(input).mean(1);
        }

        @Override
        public Value write(GraphWriter graph, Value input) {
            return graph.mean(norm.write(graph, input), 1);
        }
    }
}
