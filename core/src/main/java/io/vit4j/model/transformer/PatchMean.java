package io.vit4j.model.transformer;

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
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * A picture's features: the mean of its patches' tokens, {@code [tokens, hidden]} to {@code [hidden]}, float32.
 *
 * @param before tokens before those of the patches, which do not count
 * @param hidden numbers of a token
 * @param each norm of every token, before the mean; empty if there is none
 * @param mean norm of the mean; empty if there is none
 */
public record PatchMean(int before, int hidden, Optional<LayerNorm.Named> each, Optional<LayerNorm.Named> mean)
        implements BlockDefinition {
    @Override
    public String name() {
        return "patch_mean";
    }

    @Override
    public List<ParameterSpec> weights() {
        return Stream.concat(each.stream(), mean.stream())
                .flatMap(norm -> norm.specs(hidden))
                .toList();
    }

    /** A norm of the mean counts as part of the head, as timm's {@code fc_norm}. */
    @Override
    public int depthOffset(String weight) {
        return mean.isPresent()
                        && mean.get().specs(hidden).anyMatch(spec -> spec.name().equals(weight))
                ? 1
                : 0;
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(hidden);
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return BlockCost.byAutograd(0, Float.BYTES * input.numbers());
    }

    @Override
    public Block over(Parameters parameters) {
        return new OverWeights(
                this, parameters, each.map(norm -> norm.over(parameters)), mean.map(norm -> norm.over(parameters)));
    }

    private record OverWeights(
            PatchMean definition, Parameters parameters, Optional<LayerNorm> each, Optional<LayerNorm> mean)
            implements Block {
        @Override
        public Tensor forward(Tensor hidden, Context context) {
            long before = definition.before();
            Tensor patches = hidden.narrow(1, before, hidden.size(1) - before);
            Tensor averaged =
                    each.map(norm -> norm.forward(patches)).orElse(patches).mean(new long[] {1});
            return mean.map(norm -> norm.forward(averaged)).orElse(averaged);
        }

        @Override
        public Value write(GraphWriter graph, Value hidden) {
            long before = definition.before();
            Value patches = graph.narrow(hidden, 1, before, hidden.size(1) - before);
            Value averaged =
                    graph.mean(each.map(norm -> norm.write(graph, patches)).orElse(patches), 1);
            return mean.map(norm -> norm.write(graph, averaged)).orElse(averaged);
        }
    }
}
