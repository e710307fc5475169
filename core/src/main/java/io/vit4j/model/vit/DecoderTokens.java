package io.vit4j.model.vit;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.model.TokenGrid;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * From a masked autoencoder's encoder to its decoder: the tokens of the patches that were seen, normalised and projected, with a learned
 * token for each of the others, put back in the picture's order, and positions added.
 *
 * @param norm the encoder's last
 * @param hidden numbers of an encoder's token
 * @param width numbers of a decoder's token
 * @param grid where the decoder's tokens lie
 * @param kept patches that were seen
 * @param init how the weights start
 */
record DecoderTokens(LayerNorm.Named norm, int hidden, int width, TokenGrid grid, int kept, Initialization init)
        implements BlockDefinition {
    private static final Linear.Named PROJECTION = Linear.Named.biased("decoder.decoder_embed");
    private static final String MASK = "decoder.mask_token";
    private static final String POSITIONS = "decoder.decoder_pos_embed";

    static DecoderTokens of(LayerNorm.Named norm, EncoderConfig encoder, EncoderConfig decoder, int kept) {
        return new DecoderTokens(
                norm,
                encoder.hiddenSize(),
                decoder.hiddenSize(),
                encoder.grid(1),
                kept,
                Initialization.normal(encoder.initializerRange()));
    }

    @Override
    public String name() {
        return "decoder_embed";
    }

    @Override
    public List<ParameterSpec> weights() {
        return Stream.of(
                        norm.specs(hidden),
                        Stream.of(
                                new ParameterSpec(MASK, init, 1, 1, width).withoutDecayInTimm(),
                                new ParameterSpec(POSITIONS, SinesAndCosines.of(grid, width), 1, grid.tokens(), width)
                                        .constant()),
                        Linear.specs(hidden, width, init, List.of(PROJECTION)))
                .flatMap(specs -> specs)
                .toList();
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(grid.tokens(), width);
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        long tokens = 1L + kept;
        return BlockCost.byAutograd(
                2.0 * tokens * hidden * width,
                Float.BYTES * (2 * tokens * hidden + (long) grid.tokens() * width) + dtype.bytes() * tokens * hidden);
    }

    @Override
    public int labelsRead() {
        return patches();
    }

    /** The decoder's positions are not learned, so those of another grid are made anew. */
    @Override
    public Optional<UnaryOperator<Tensor>> resizing(String weight, BlockDefinition before) {
        boolean other = before instanceof DecoderTokens tokens && !tokens.grid().equals(grid);
        return weight.equals(POSITIONS) && other
                ? Optional.of(stored -> Tensors.of(SinesAndCosines.positions(grid, width), 1, grid.tokens(), width))
                : Optional.empty();
    }

    private int patches() {
        return grid.rows() * grid.columns();
    }

    @Override
    public Block over(Parameters parameters) {
        return new OverWeights(this, parameters, norm.over(parameters), new Linear(parameters, List.of(PROJECTION)));
    }

    private record OverWeights(DecoderTokens definition, Parameters parameters, LayerNorm norm, Linear projection)
            implements Block {
        /** @param hidden {@code [batch, 1 + kept, hidden]} */
        @Override
        public Tensor forward(Tensor hidden, Context context) {
            long batch = hidden.size(0);
            int kept = definition.kept();
            Tensor seen = Tensors.to(
                    projection.forward(context.cast(norm.forward(hidden)), context),
                    Dtype.FLOAT32); // [batch, 1 + kept, width]
            Tensor masked = parameters.get(MASK).expand(batch, definition.patches() - kept, -1);
            Tensor shuffled = torch.cat(new TensorVector(seen.narrow(1, 1, kept), masked), 1);
            Tensor placed = PatchOrder.take(shuffled, PatchOrder.restored(context, definition.patches()));
            return torch.add(
                    torch.cat(new TensorVector(seen.narrow(1, 0, 1), placed), 1), // [batch, 1 + patches, width]
                    parameters.get(POSITIONS));
        }
    }
}
