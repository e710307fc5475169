package io.vit4j.model.hierarchical;

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

/**
 * A picture's features as the mean over all places, with a layer norm: {@code [height, width, channels]} to {@code [channels]},
 * float32.
 *
 * @param norm the name of the norm's weights: {@code NORM.weight} and {@code NORM.bias}
 * @param channels of each place
 * @param eps the norm's
 * @param normFirst whether every place is normalised, rather than their mean
 */
public record AveragePooling(String norm, int channels, double eps, boolean normFirst) implements BlockDefinition {
    @Override
    public String name() {
        return "pooling";
    }

    @Override
    public List<ParameterSpec> weights() {
        return LayerNorm.specs(norm, channels).toList();
    }

    /** A norm of the mean counts as part of the head, as timm's {@code head.norm}. */
    @Override
    public int depthOffset(String weight) {
        return normFirst ? 0 : 1;
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(channels);
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return BlockCost.byAutograd(0, Float.BYTES * input.numbers());
    }

    @Override
    public Block over(Parameters parameters) {
        return new Pooling(this, parameters, new LayerNorm(parameters, norm, eps));
    }

    private record Pooling(AveragePooling definition, Parameters parameters, LayerNorm norm) implements Block {
        @Override
        public Tensor forward(Tensor hidden, Context context) {
            return definition.normFirst ? mean(norm.forward(hidden)) : norm.forward(mean(hidden));
        }

        @Override
        public Value write(GraphWriter graph, Value hidden) {
            return definition.normFirst
                    ? graph.mean(norm.write(graph, hidden), 1, 2)
                    : norm.write(graph, graph.mean(hidden, 1, 2));
        }

        private static Tensor mean(Tensor places) {
            return places.mean(new long[] {1, 2});
        }
    }
}
