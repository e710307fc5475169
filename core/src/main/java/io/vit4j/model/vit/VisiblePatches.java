package io.vit4j.model.vit;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.model.TokenGrid;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The embeddings of a masked autoencoder: pixels to the tokens of the patches that are seen, after the class token. Of the other patches
 * nothing is computed.
 *
 * @param plain those of all patches
 * @param positions the position embeddings, which are constant
 * @param kept patches that are seen
 */
record VisiblePatches(PatchEmbeddingsDefinition plain, ParameterSpec positions, int kept) implements BlockDefinition {
    static VisiblePatches of(String prefix, EncoderConfig config, int kept) {
        int hidden = config.hiddenSize();
        TokenGrid grid = config.grid(1);
        Initialization normal = Initialization.normal(config.initializerRange());
        ParameterSpec positions = new ParameterSpec(
                        prefix + "position_embeddings", SinesAndCosines.of(grid, hidden), 1, grid.tokens(), hidden)
                .constant();
        return new VisiblePatches(
                new PatchEmbeddingsDefinition(
                                config,
                                List.of(new PatchEmbeddingsDefinition.Token(
                                        new ParameterSpec(prefix + "cls_token", normal, 1, 1, hidden), 1)),
                                Optional.of(new PatchEmbeddingsDefinition.Positions(positions)),
                                Linear.Named.biased(prefix + "patch_embeddings.projection"))
                        .withInit(
                                (weight, key) -> Initialization.xavierUniform().fill(weight.view(hidden, -1), key)),
                positions,
                kept);
    }

    int patches() {
        return plain.grid().rows() * plain.grid().columns();
    }

    private int patchValues() {
        return plain.channels() * plain.patchHeight() * plain.patchWidth();
    }

    @Override
    public String name() {
        return plain.name();
    }

    @Override
    public List<ParameterSpec> weights() {
        return plain.weights();
    }

    @Override
    public Shape output(Shape pixels) {
        return Shape.of(1L + kept, plain.hidden());
    }

    @Override
    public BlockCost cost(Shape pixels, Dtype dtype) {
        long projected = (long) kept * patchValues();
        return BlockCost.byAutograd(
                        2.0 * projected * plain.hidden(), Float.BYTES * pixels.numbers() + dtype.bytes() * projected)
                .withoutInputGradient();
    }

    @Override
    public int labelsRead() {
        return patches();
    }

    /** Positions of another grid are interpolated, as ViT's are: those of sines and cosines stay nearly such. */
    @Override
    public Optional<UnaryOperator<Tensor>> resizing(String weight, BlockDefinition before) {
        return before instanceof VisiblePatches other ? plain.resizing(weight, other.plain()) : Optional.empty();
    }

    @Override
    public Block over(Parameters parameters) {
        return new OverWeights(this, parameters, new Linear(parameters, List.of(plain.projection())));
    }

    private record OverWeights(VisiblePatches definition, Parameters parameters, Linear projection) implements Block {
        /** @param pixels {@code [batch, channels, height, width]} float32 */
        @Override
        public Tensor forward(Tensor pixels, Context context) {
            PatchEmbeddingsDefinition plain = definition.plain();
            long batch = pixels.size(0);
            Tensor seen = PatchOrder.shuffled(context, definition.patches()).narrow(1, 0, definition.kept());
            Tensor rows = PatchOrder.take(plain.patches(pixels, plain.grid()), seen); // [batch, kept, values]
            Tensor projected = Tensors.to(projection.forward(context.cast(rows), context), Dtype.FLOAT32);
            Tensor positions = parameters.get(definition.positions().name()); // [1, 1 + patches, hidden]
            Tensor places = positions.narrow(1, 1, definition.patches()).expand(batch, -1, -1);
            Tensor first =
                    torch.add(parameters.get(plain.tokens().get(0).weight().name()), positions.narrow(1, 0, 1));
            Tensor hidden = torch.cat(
                    new TensorVector(first.expand(batch, -1, -1), torch.add(projected, PatchOrder.take(places, seen))),
                    1); // [batch, 1 + kept, hidden]
            context.see(name() + ".hidden_states", hidden);
            return hidden;
        }
    }
}
