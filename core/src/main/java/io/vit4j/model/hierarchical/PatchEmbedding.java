package io.vit4j.model.hierarchical;

import io.vit4j.base.InputException;
import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.Dropouts;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.model.Sides;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Pixels {@code [channels, height, width]} to places {@code [rows, columns, hidden]}, float32: patches that do not overlap, projected
 * linearly and normalised.
 *
 * @param channels of a picture
 * @param patch its sides
 * @param fills whether zeros fill a picture that ends within a patch; otherwise pixels beyond the last whole one belong to none
 * @param hidden numbers of a place
 * @param projection its weights are {@code PROJECTION.weight} {@code [hidden, channels, height, width]} and {@code PROJECTION.bias}
 * @param init how its weight starts
 * @param norm its weights are {@code NORM.weight} and {@code NORM.bias}
 * @param eps the norm's
 * @param positions what is added then; empty if nothing is
 * @param dropout probability of dropping a number of the result in training
 */
public record PatchEmbedding(
        int channels,
        Sides patch,
        boolean fills,
        int hidden,
        String projection,
        Initialization init,
        String norm,
        double eps,
        Optional<Positions> positions,
        double dropout)
        implements BlockDefinition {

    /**
     * Position embeddings, 0 at first, interpolated bicubically for pictures of another size.
     *
     * @param name of their weight {@code [1, rows * columns, hidden]}
     * @param rows of places in the pictures that they are made for
     * @param columns of places in the pictures that they are made for
     */
    public record Positions(String name, long rows, long columns) {}

    @Override
    public String name() {
        return "embeddings";
    }

    @Override
    public List<ParameterSpec> weights() {
        List<ParameterSpec> weights = new ArrayList<>();
        positions.ifPresent(made -> weights.add(
                new ParameterSpec(made.name(), Initialization.zeros(), 1, made.rows() * made.columns(), hidden)
                        .withoutDecayInTimm()));
        weights.add(new ParameterSpec(projection + ".weight", init, hidden, channels, patch.height(), patch.width()));
        weights.add(new ParameterSpec(projection + ".bias", Initialization.zeros(), hidden).withoutDecay());
        LayerNorm.specs(norm, hidden).forEach(weights::add);
        return weights;
    }

    /** Rows of places in a picture of so many rows. */
    public long rows(long height) {
        return (fills ? height + patch.height() - 1 : height) / patch.height();
    }

    /** Columns of places in a picture of so many columns. */
    public long columns(long width) {
        return (fills ? width + patch.width() - 1 : width) / patch.width();
    }

    @Override
    public Shape output(Shape pixels) {
        return Shape.of(rows(pixels.size(1)), columns(pixels.size(2)), hidden);
    }

    @Override
    public BlockCost cost(Shape pixels, Dtype dtype) {
        long places = output(pixels).numbers() / hidden;
        long projected = places * patchNumbers();
        long kept = Float.BYTES * (pixels.numbers() + places * hidden) + dtype.bytes() * projected;
        return BlockCost.byAutograd(2.0 * projected * hidden, kept).withoutInputGradient();
    }

    private void require(long channelsGiven, long height, long width) {
        if (channelsGiven != channels) {
            throw new InputException("pictures of " + channelsGiven + " channels for a model of " + channels
                    + "; prepare them with this model's preprocessor_config.json");
        }
        if (rows(height) < 1 || columns(width) < 1) {
            throw new InputException("pictures of " + height + "x" + width + " are smaller than a patch of " + patch
                    + "; prepare larger ones");
        }
    }

    private long patchNumbers() {
        return (long) channels * patch.height() * patch.width();
    }

    @Override
    public boolean drops() {
        return dropout > 0;
    }

    @Override
    public Block over(Parameters parameters) {
        return new Embedding(
                this, parameters, new Linear(parameters, true, projection), new LayerNorm(parameters, norm, eps));
    }

    private record Embedding(PatchEmbedding definition, Parameters parameters, Linear linear, LayerNorm norm)
            implements Block {
        /** @param pixels {@code [batch, channels, height, width]} float32 */
        @Override
        public Tensor forward(Tensor pixels, Context context) {
            definition.require(pixels.size(1), pixels.size(2), pixels.size(3));
            Tensor hidden = norm.forward(projected(pixels, context));
            if (definition.positions.isPresent()) {
                hidden = torch.add(hidden, positions(definition.positions.get(), hidden.size(1), hidden.size(2)));
            }
            hidden = Dropouts.drop(hidden, definition.dropout, name(), context);
            context.see(name() + ".hidden_states", hidden);
            return hidden;
        }

        @Override
        public Value write(GraphWriter graph, Value pixels) {
            long height = pixels.size(2);
            long width = pixels.size(3);
            definition.require(pixels.size(1), height, width);
            long rows = definition.rows(height);
            long columns = definition.columns(width);
            long below = Math.max(rows * definition.patch.height() - height, 0);
            long beside = Math.max(columns * definition.patch.width() - width, 0);
            Value filled = graph.padEnd(graph.padEnd(pixels, 2, below), 3, beside);
            Value hidden = norm.write(graph, graph.permute(linear.writeConvolution(graph, filled), 0, 2, 3, 1));
            return definition.positions.isEmpty()
                    ? hidden
                    : graph.add(
                            hidden,
                            graph.constant(
                                    name() + ".positions", () -> positions(definition.positions.get(), rows, columns)));
        }

        /**
         * {@code [batch, rows, columns, hidden]} float32, as a product: libtorch's convolution in bfloat16 gives wrong numbers on a CPU
         * unless {@code hidden} is a multiple of 16.
         */
        private Tensor projected(Tensor pixels, Context context) {
            Sides patch = definition.patch;
            long rows = definition.rows(pixels.size(2));
            long columns = definition.columns(pixels.size(3));
            Tensor whole = filled(pixels, rows * patch.height(), columns * patch.width());
            Tensor patches = whole.narrow(2, 0, rows * patch.height())
                    .narrow(3, 0, columns * patch.width())
                    .reshape(pixels.size(0), definition.channels, rows, patch.height(), columns, patch.width())
                    .permute(0, 2, 4, 1, 3, 5)
                    .reshape(pixels.size(0), rows, columns, definition.patchNumbers());
            return Tensors.to(linear.forward(context.cast(patches), context), Dtype.FLOAT32);
        }

        private static Tensor filled(Tensor pixels, long height, long width) {
            long below = height - pixels.size(2);
            long beside = width - pixels.size(3);
            return below > 0 || beside > 0 ? torch.constant_pad_nd(pixels, new long[] {0, beside, 0, below}) : pixels;
        }

        /** {@code [1, rows, columns, hidden]} */
        private Tensor positions(Positions made, long rows, long columns) {
            Tensor own = parameters.get(made.name()).view(1, made.rows(), made.columns(), definition.hidden);
            if (rows == made.rows() && columns == made.columns()) {
                return own;
            }
            return torch.upsample_bicubic2d(
                            own.permute(0, 3, 1, 2),
                            new long[] {rows, columns},
                            false,
                            new DoubleOptional(),
                            new DoubleOptional())
                    .permute(0, 2, 3, 1);
        }
    }
}
