package io.vit4j.model.beit;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * Pixels to tokens, and behind them the table that all layers share, if there is one.
 *
 * @param patches the tokens
 * @param maskToken what stands for a masked patch in pretraining: a weight that is kept, and that nothing here reads
 */
record BeitEmbeddings(
        PatchEmbeddingsDefinition patches, Optional<ParameterSpec> maskToken, Optional<SharedTable> shared)
        implements BlockDefinition {
    @Override
    public String name() {
        return patches.name();
    }

    @Override
    public List<ParameterSpec> weights() {
        return Stream.of(patches.weights().stream(), maskToken.stream(), shared.map(SharedTable::spec).stream())
                .flatMap(specs -> specs)
                .toList();
    }

    @Override
    public Shape output(Shape pixels) {
        Shape tokens = patches.output(pixels);
        return shared.map(table -> table.withTable(tokens)).orElse(tokens);
    }

    @Override
    public BlockCost cost(Shape pixels, Dtype dtype) {
        return patches.cost(pixels, dtype);
    }

    @Override
    public BeitEmbeddings forPictures(Shape picture) {
        return new BeitEmbeddings(patches.forPictures(picture), maskToken, shared);
    }

    @Override
    public boolean drops() {
        return patches.drops();
    }

    @Override
    public boolean sharesRows() {
        return shared.isEmpty();
    }

    @Override
    public Optional<UnaryOperator<Tensor>> resizing(String weight, BlockDefinition before) {
        BeitEmbeddings other = (BeitEmbeddings) before;
        if (shared.isPresent() && weight.equals(shared.get().name())) {
            RelativePositions from = other.shared.orElseThrow().positions();
            RelativePositions to = shared.get().positions();
            return from.equals(to) ? Optional.empty() : Optional.of(table -> from.resized(table, to));
        }
        return patches.resizing(weight, other.patches);
    }

    @Override
    public Block over(Parameters parameters) {
        return new OverWeights(this, parameters, patches.over(parameters));
    }

    private record OverWeights(BeitEmbeddings definition, Parameters parameters, Block patches) implements Block {
        @Override
        public Tensor forward(Tensor pixels, Context context) {
            Tensor tokens = patches.forward(pixels, context);
            return definition
                    .shared()
                    .map(table -> table.behind(tokens, parameters))
                    .orElse(tokens);
        }

        @Override
        public Value write(GraphWriter graph, Value pixels) {
            return patches.write(graph, pixels);
        }
    }
}
