package io.vit4j.model.transformer;

import io.vit4j.base.InputException;
import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.Dropouts;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.Parameters;
import io.vit4j.model.TokenGrid;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Operator;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Pixels to tokens, over weights. */
final class PatchEmbeddings implements Block {
    private static final int EXACT_OUTPUTS = 16;

    private final PatchEmbeddingsDefinition definition;
    private final Parameters parameters;
    private final Linear projection;
    private final Optional<LayerNorm> norm;

    PatchEmbeddings(PatchEmbeddingsDefinition definition, Parameters parameters) {
        this.definition = definition;
        this.parameters = parameters;
        projection = new Linear(parameters, List.of(definition.projection()));
        norm = definition.norm().map(named -> named.over(parameters));
    }

    @Override
    public PatchEmbeddingsDefinition definition() {
        return definition;
    }

    @Override
    public Parameters parameters() {
        return parameters;
    }

    /** @param pixels {@code [batch, channels, height, width]} float32 */
    @Override
    public Tensor forward(Tensor pixels, Context context) {
        TokenGrid grid = grid(pixels.size(1), pixels.size(2), pixels.size(3));
        long tokens = grid.tokens();
        long from = context.sharing().map(lanes -> lanes.from(tokens)).orElse(0L);
        long to = context.sharing().map(lanes -> lanes.to(tokens)).orElse(tokens);
        TensorVector rows = new TensorVector();
        long before = Math.min(to, grid.before()) - from;
        if (before > 0) {
            rows.push_back(tokensBefore().narrow(1, from, before).expand(pixels.size(0), before, definition.hidden()));
        }
        long firstPatch = Math.max(from - grid.before(), 0);
        long count = to - grid.before() - firstPatch;
        if (count > 0) {
            boolean asProduct = context.weights().packs() || !pixels.is_cpu() || !convolvesExactly(context.dtype());
            Tensor projected = asProduct
                    ? projection.forward(
                            Tensors.to(patches(pixels, grid).narrow(1, firstPatch, count), context.dtype()), context)
                    : convolved(pixels, context).narrow(1, firstPatch, count);
            rows.push_back(Tensors.to(projected, Dtype.FLOAT32));
        }
        Tensor embedded = torch.cat(rows, 1); // [batch, to - from, hidden]
        Tensor placed = definition
                .positions()
                .map(positions -> torch.add(embedded, positions(positions, grid).narrow(1, from, to - from)))
                .orElse(embedded);
        Tensor normed = norm.map(each -> each.forward(placed)).orElse(placed);
        Tensor hidden = Dropouts.drop(normed, definition.dropout(), name(), context);
        context.see(name() + ".hidden_states", hidden);
        return hidden;
    }

    @Override
    public Value write(GraphWriter graph, Value pixels) {
        TokenGrid grid = grid(pixels.size(1), pixels.size(2), pixels.size(3));
        long patches = (long) grid.rows() * grid.columns();
        Value projected = projection.writeConvolution(graph, pixels);
        Value embedded = graph.toFloat(
                graph.permute(graph.reshape(projected, Value.BATCH, definition.hidden(), patches), 0, 2, 1));
        if (grid.before() > 0) {
            Value before = graph.constant(name() + ".tokens", this::tokensBefore);
            embedded = graph.cat(1, graph.repeated(before, pixels), embedded);
        }
        if (definition.positions().isPresent()) {
            embedded = graph.add(
                    embedded,
                    graph.constant(
                            name() + ".positions",
                            () -> positions(definition.positions().get(), grid)));
        }
        return norm.isPresent() ? norm.get().write(graph, embedded) : embedded;
    }

    private TokenGrid grid(long channels, long height, long width) {
        int ph = definition.patchHeight();
        int pw = definition.patchWidth();
        if (channels != definition.channels()) {
            throw new InputException("pictures of " + channels + " channels for a model of " + definition.channels()
                    + "; prepare them with this model's preprocessor_config.json");
        }
        TokenGrid grid = definition.grid((int) height, (int) width);
        if (grid.rows() < 1 || grid.columns() < 1) {
            throw new InputException("pictures of " + height + "x" + width + " are smaller than a patch of " + ph + "x"
                    + pw + "; prepare larger ones");
        }
        if (definition.layersKnowPlaces()
                && !definition.seen().ofTokens(grid.tokens()).equals(grid)) {
            throw new InputException("pictures of " + height + "x" + width
                    + " are neither of the model's "
                    + definition.seen().rows() * ph + "x" + definition.seen().columns() * pw
                    + " nor square, so that its layers cannot tell where a patch lies; prepare such pictures");
        }
        return grid;
    }

    /** {@code [1, before, hidden]}. */
    private Tensor tokensBefore() {
        TensorVector each = new TensorVector();
        for (PatchEmbeddingsDefinition.Token token : definition.tokens()) {
            each.push_back(parameters.get(token.weight().name()).view(1, token.count(), definition.hidden()));
        }
        return each.size() == 1 ? each.get(0) : torch.cat(each, 1);
    }

    /** libtorch 2.10's bfloat16 convolution on a CPU computes wrong numbers if the outputs are not a multiple of 16. */
    private boolean convolvesExactly(Dtype dtype) {
        return dtype == Dtype.FLOAT32 || definition.hidden() % EXACT_OUTPUTS == 0;
    }

    /** All patches projected, {@code [batch, patches, hidden]}, by the convolution that transformers writes it as. */
    private Tensor convolved(Tensor pixels, Context context) {
        return torch.conv2d(
                        Tensors.to(pixels, context.dtype()),
                        projection.weight(context),
                        projection.bias(context).map(TensorOptional::new).orElseGet(TensorOptional::new),
                        new long[] {definition.patchHeight(), definition.patchWidth()},
                        new long[] {0, 0},
                        new long[] {1, 1},
                        1)
                .flatten(2, 3)
                .transpose(1, 2);
    }

    private Tensor patches(Tensor pixels, TokenGrid grid) {
        return definition.patches(pixels, grid);
    }

    /** See {@link PatchEmbeddingsDefinition#patches}. */
    static Tensor patches(Tensor pixels, TokenGrid grid, int ph, int pw) {
        long gh = grid.rows();
        long gw = grid.columns();
        return pixels.narrow(2, 0, gh * ph) // pixels beyond the last whole patch belong to none
                .narrow(3, 0, gw * pw)
                .reshape(pixels.size(0), pixels.size(1), gh, ph, gw, pw)
                .permute(0, 2, 4, 1, 3, 5)
                .reshape(pixels.size(0), gh * gw, pixels.size(1) * ph * pw);
    }

    /**
     * {@code [1, tokens, hidden]}: as transformers' {@code interpolate_pos_encoding} the grid part resized bicubically, those of the
     * tokens before it kept, and zeros for tokens without a place.
     */
    private Tensor positions(PatchEmbeddingsDefinition.Positions positions, TokenGrid grid) {
        TokenGrid own = definition.grid();
        int hidden = definition.hidden();
        Tensor all = parameters.get(positions.weight().name()).view(1, -1, hidden);
        long patches = (long) own.rows() * own.columns();
        long placed = all.size(1) - patches;
        boolean same = grid.equals(own);
        if (same && placed == own.before()) {
            return all;
        }
        TensorVector parts = new TensorVector();
        parts.push_back(all.narrow(1, 0, placed));
        if (placed < own.before()) {
            parts.push_back(all.new_zeros(1, own.before() - placed, hidden));
        }
        Tensor ofPatches = all.narrow(1, placed, patches);
        parts.push_back(same ? ofPatches : resized(ofPatches, own, grid, positions.smooths()));
        return torch.cat(parts, 1);
    }

    /**
     * Positions of a model for pictures of another size.
     *
     * @param all {@code [1, placed, hidden]}
     * @param from where tokens lie in the pictures that they were made for
     * @param smooths as {@link PatchEmbeddingsDefinition.Positions} says
     */
    static Tensor resizedAll(Tensor all, TokenGrid from, TokenGrid to, boolean smooths) {
        long patches = (long) from.rows() * from.columns();
        long before = all.size(1) - patches;
        Tensor ofPatches = resized(all.narrow(1, before, patches), from, to, smooths);
        return torch.cat(new TensorVector(all.narrow(1, 0, before), ofPatches), 1);
    }

    private static Tensor resized(Tensor ofPatches, TokenGrid from, TokenGrid to, boolean smooths) {
        long hidden = ofPatches.size(2);
        Tensor asPicture =
                ofPatches.reshape(1, from.rows(), from.columns(), hidden).permute(0, 3, 1, 2);
        return (smooths ? smoothed(asPicture, to) : bicubic(asPicture, to))
                .permute(0, 2, 3, 1)
                .reshape(1, (long) to.rows() * to.columns(), hidden);
    }

    private static Tensor bicubic(Tensor asPicture, TokenGrid to) {
        return torch.upsample_bicubic2d(
                asPicture, new long[] {to.rows(), to.columns()}, false, new DoubleOptional(), new DoubleOptional());
    }

    private static Tensor smoothed(Tensor asPicture, TokenGrid to) {
        Operator operator = Smoothed.OPERATOR;
        IValueVector resized = operator.call(
                new IValue(asPicture),
                operator.list(1, to.rows(), to.columns()),
                new IValue(false), // corners are not aligned
                new IValue(),
                new IValue());
        return new Tensor(resized.get(0).toTensor());
    }

    private static final class Smoothed {
        static final Operator OPERATOR = Operator.named("aten::_upsample_bicubic2d_aa", "");
    }
}
