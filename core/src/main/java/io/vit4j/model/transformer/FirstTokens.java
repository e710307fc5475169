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
import org.bytedeco.pytorch.Tensor;

/**
 * A picture's features: its first tokens, the class token alone, say, each normalised: {@code [tokens, hidden]} to
 * {@code [count * hidden]}, float32.
 *
 * @param count how many tokens
 * @param hidden numbers of each
 */
public record FirstTokens(LayerNorm.Named norm, int count, int hidden) implements BlockDefinition {
    @Override
    public String name() {
        return "class_token";
    }

    @Override
    public List<ParameterSpec> weights() {
        return norm.specs(hidden).toList();
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of((long) count * hidden);
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return BlockCost.byAutograd(0, Float.BYTES * input.numbers());
    }

    @Override
    public Block over(Parameters parameters) {
        return new OverWeights(this, parameters, norm.over(parameters));
    }

    private record OverWeights(FirstTokens definition, Parameters parameters, LayerNorm norm) implements Block {
        @Override
        public Tensor forward(Tensor hidden, Context context) {
            return norm.forward(hidden.narrow(1, 0, definition.count())).flatten(1, 2);
        }

        @Override
        public Value write(GraphWriter graph, Value hidden) {
            Value normed = norm.write(graph, graph.narrow(hidden, 1, 0, definition.count()));
            return graph.reshape(normed, Value.BATCH, (long) definition.count() * definition.hidden());
        }
    }
}
