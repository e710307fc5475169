package io.vit4j.model.beit;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.model.Sides;
import io.vit4j.model.transformer.AttentionBias;
import io.vit4j.model.transformer.EncoderLayerDefinition;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * One table of relative positions for all layers. It is a weight of the embeddings and travels with the hidden states: behind a
 * picture's tokens come the rows that hold it, and every layer hands them on as they came. So each block needs nothing but its
 * input and its own weights, wherever it is walked, and the table's gradient comes back the way that it went.
 *
 * @param name of the table
 * @param hidden numbers of a row
 */
record SharedTable(String name, RelativePositions positions, int hidden) {
    /** {@return how many rows hold it} */
    int rows() {
        return Math.toIntExact((numbers() + hidden - 1) / hidden);
    }

    private long numbers() {
        return (long) positions.distances() * positions.heads();
    }

    SharedTable forPictures(Shape picture, Sides patch) {
        return new SharedTable(name, positions.seenIn(picture, patch), hidden);
    }

    ParameterSpec spec() {
        return OwnTable.spec(name, positions);
    }

    /** Tokens with the table behind them, {@code [batch, tokens + rows, hidden]}. */
    Tensor behind(Tensor tokens, Parameters parameters) {
        Tensor flat = torch.constant_pad_nd(
                        parameters.get(name).flatten(), new long[] {0, (long) rows() * hidden - numbers()})
                .view(1, rows(), hidden);
        return torch.cat(new TensorVector(tokens, flat.expand(tokens.size(0), rows(), hidden)), 1);
    }

    /** The tokens without it, {@code [batch, tokens, hidden]}. */
    Tensor tokens(Tensor states) {
        return states.narrow(1, 0, states.size(1) - rows());
    }

    private Tensor carried(Tensor states) {
        return states.narrow(1, states.size(1) - rows(), rows());
    }

    /** The table as it came with a batch: every picture has the same. */
    private Tensor table(Tensor states) {
        return carried(states)
                .select(0, 0)
                .flatten()
                .narrow(0, 0, numbers())
                .view(positions.distances(), positions.heads());
    }

    Shape withoutTable(Shape states) {
        return Shape.of(states.size(0) - rows(), hidden);
    }

    Shape withTable(Shape tokens) {
        return Shape.of(tokens.size(0) + rows(), hidden);
    }

    /** What came with the hidden states, and maybe a table of the layer's own. */
    private record Added(Tensor shared, RelativePositions positions, Optional<AttentionBias> own)
            implements AttentionBias {
        @Override
        public List<ParameterSpec> weights() {
            return own.map(AttentionBias::weights).orElse(List.of());
        }

        @Override
        public Tensor of(Function<String, Tensor> weights, long tokens) {
            Tensor all = positions.bias(shared, tokens);
            return own.map(bias -> torch.add(all, bias.of(weights, tokens))).orElse(all);
        }

        @Override
        public String key(String layer) {
            return own.map(bias -> bias.key(layer)).orElse("shared.attention_bias");
        }
    }

    /**
     * A layer that the table travels through.
     *
     * @param alone the layer without it
     * @param patch sides of a patch
     */
    record Layer(EncoderLayerDefinition alone, SharedTable table, Sides patch) implements BlockDefinition {
        @Override
        public String name() {
            return alone.name();
        }

        @Override
        public List<ParameterSpec> weights() {
            return alone.weights();
        }

        @Override
        public Shape output(Shape input) {
            Shape tokens = alone.output(table.withoutTable(input));
            return alone.reads().all() ? table.withTable(tokens) : tokens;
        }

        @Override
        public BlockCost cost(Shape input, Dtype dtype) {
            return alone.costByAutograd(table.withoutTable(input), dtype);
        }

        @Override
        public Layer forPictures(Shape picture) {
            return new Layer(alone.forPictures(picture), table.forPictures(picture, patch), patch);
        }

        @Override
        public boolean drops() {
            return alone.drops();
        }

        @Override
        public Optional<UnaryOperator<Tensor>> resizing(String weight, BlockDefinition before) {
            return before instanceof Layer other ? alone.resizing(weight, other.alone) : Optional.empty();
        }

        @Override
        public Block over(Parameters parameters) {
            return new LayerOverWeights(this, parameters);
        }
    }

    private record LayerOverWeights(Layer definition, Parameters parameters) implements Block {
        @Override
        public Tensor forward(Tensor states, Context context) {
            SharedTable table = definition.table();
            EncoderLayerDefinition alone = definition.alone();
            AttentionBias added = new Added(
                    table.table(states), table.positions(), alone.attention().bias());
            Tensor tokens = alone.with(added).over(parameters).forward(table.tokens(states), context);
            return alone.reads().all() ? torch.cat(new TensorVector(tokens, table.carried(states)), 1) : tokens;
        }

        /** A graph has all weights, so that the table need not travel. */
        @Override
        public Value write(GraphWriter graph, Value tokens) {
            SharedTable table = definition.table();
            EncoderLayerDefinition alone = definition.alone();
            AttentionBias added = new Added(
                    parameters.get(table.name()),
                    table.positions(),
                    alone.attention().bias());
            return alone.with(added).over(parameters).write(graph, tokens);
        }
    }
}
