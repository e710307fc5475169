package io.vit4j.model.beit;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A picture's features. Their norm is new with a head: a checkpoint that was pretrained on masked patches has none.
 *
 * @param pooled of the tokens alone
 * @param shared the table that still travels behind them, if one does
 */
record BeitFeatures(BlockDefinition pooled, Optional<SharedTable> shared) implements BlockDefinition {
    @Override
    public String name() {
        return pooled.name();
    }

    @Override
    public List<ParameterSpec> weights() {
        return pooled.weights();
    }

    @Override
    public int depthOffset(String weight) {
        return pooled.depthOffset(weight);
    }

    @Override
    public boolean mayBeNew() {
        return true;
    }

    @Override
    public Shape output(Shape input) {
        return pooled.output(shared.map(table -> table.withoutTable(input)).orElse(input));
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return pooled.cost(input, dtype);
    }

    @Override
    public Block over(Parameters parameters) {
        return new OverWeights(this, parameters, pooled.over(parameters));
    }

    private record OverWeights(BeitFeatures definition, Parameters parameters, Block pooled) implements Block {
        @Override
        public Tensor forward(Tensor states, Context context) {
            return pooled.forward(
                    definition.shared().map(table -> table.tokens(states)).orElse(states), context);
        }

        @Override
        public Value write(GraphWriter graph, Value tokens) {
            return pooled.write(graph, tokens);
        }
    }
}
