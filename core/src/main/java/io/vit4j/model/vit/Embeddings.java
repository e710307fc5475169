package io.vit4j.model.vit;

import io.vit4j.base.InputException;
import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.Dropouts;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Pixels to tokens (Dosovitskiy et al. 2021, equation 1): each patch projected linearly, the class token put in front,
 * position embeddings added; for pictures of another size than the model's these are interpolated bicubically.
 */
final class Embeddings implements Block {
    private static final String PREFIX = "vit.embeddings.";
    private static final String PROJECTION = PREFIX + "patch_embeddings.projection";

    private final Definition definition;
    private final ViTConfig config;
    private final Parameters parameters;
    private final Linear projection;

    private Embeddings(Definition definition, Parameters parameters) {
        this.definition = definition;
        this.config = definition.config();
        this.parameters = parameters;
        this.projection = new Linear(parameters, true, PROJECTION);
    }

    /** What is known of it without weights. */
    record Definition(ViTConfig config) implements BlockDefinition {
        @Override
        public String name() {
            return "embeddings";
        }

        @Override
        public List<ParameterSpec> weights() {
            int hidden = config.hiddenSize();
            Initialization normal = Initialization.normal(config.initializerRange());
            return List.of(
                    new ParameterSpec(PREFIX + "cls_token", normal, 1, 1, hidden),
                    new ParameterSpec(PREFIX + "position_embeddings", normal, 1, config.tokens(), hidden),
                    new ParameterSpec(
                            PROJECTION + ".weight",
                            normal,
                            hidden,
                            config.numChannels(),
                            config.patchHeight(),
                            config.patchWidth()),
                    new ParameterSpec(PROJECTION + ".bias", Initialization.zeros(), hidden).withoutDecay());
        }

        @Override
        public Shape output(Shape pixels) {
            return Shape.of(1 + patches(pixels), config.hiddenSize());
        }

        private long patches(Shape pixels) {
            return (pixels.size(1) / config.patchHeight()) * (pixels.size(2) / config.patchWidth());
        }

        @Override
        public BlockCost cost(Shape pixels, Dtype dtype) {
            long projected = patches(pixels) * config.numChannels() * config.patchHeight() * config.patchWidth();
            return BlockCost.byAutograd(
                            2.0 * projected * config.hiddenSize(),
                            Float.BYTES * pixels.numbers() + dtype.bytes() * projected)
                    .withoutInputGradient();
        }

        @Override
        public boolean drops() {
            return config.hiddenDropoutProb() > 0;
        }

        @Override
        public boolean sharesRows() {
            return true;
        }

        @Override
        public Block over(Parameters parameters) {
            return new Embeddings(this, parameters);
        }
    }

    @Override
    public BlockDefinition definition() {
        return definition;
    }

    @Override
    public Parameters parameters() {
        return parameters;
    }

    /** @param pixels {@code [batch, channels, height, width]} float32 */
    @Override
    public Tensor forward(Tensor pixels, Context context) {
        int ph = config.patchHeight();
        int pw = config.patchWidth();
        long batch = pixels.size(0);
        long channels = pixels.size(1);
        if (channels != config.numChannels()) {
            throw new InputException("pictures of " + channels + " channels for a model of " + config.numChannels()
                    + "; prepare them with this model's preprocessor_config.json");
        }
        long gh = pixels.size(2) / ph;
        long gw = pixels.size(3) / pw;
        if (gh < 1 || gw < 1) {
            throw new InputException("pictures of " + pixels.size(2) + "x" + pixels.size(3)
                    + " are smaller than a patch of " + ph + "x" + pw + "; prepare larger ones");
        }
        long tokens = gh * gw + 1;
        long from = context.sharing().map(lanes -> lanes.from(tokens)).orElse(0L);
        long to = context.sharing().map(lanes -> lanes.to(tokens)).orElse(tokens);
        TensorVector rows = new TensorVector();
        if (from == 0) {
            rows.push_back(parameters.get(PREFIX + "cls_token").expand(batch, 1, config.hiddenSize()));
        }
        long firstPatch = Math.max(from - 1, 0);
        if (to - 1 > firstPatch) {
            long count = to - 1 - firstPatch;
            boolean asProduct = context.weights().packs() || !pixels.is_cpu();
            Tensor projected = asProduct
                    ? projection.forward(
                            Tensors.to(patches(pixels, gh, gw).narrow(1, firstPatch, count), context.dtype()), context)
                    : convolved(pixels, context).narrow(1, firstPatch, count);
            rows.push_back(Tensors.to(projected, Dtype.FLOAT32));
        }
        Tensor position = positions(gh, gw).narrow(1, from, to - from);
        Tensor hidden = torch.add(torch.cat(rows, 1), position); // [batch, to - from, hidden]
        hidden = Dropouts.drop(hidden, config.hiddenDropoutProb(), name(), context);
        context.see("embeddings.hidden_states", hidden);
        return hidden;
    }

    /** All patches projected, {@code [batch, patches, hidden]}, by the convolution that transformers writes it as. */
    private Tensor convolved(Tensor pixels, Context context) {
        return torch.conv2d(
                        Tensors.to(pixels, context.dtype()),
                        projection.weight(context),
                        new TensorOptional(projection.bias(context)),
                        new long[] {config.patchHeight(), config.patchWidth()},
                        new long[] {0, 0},
                        new long[] {1, 1},
                        1)
                .flatten(2, 3)
                .transpose(1, 2);
    }

    /** The pixels of each patch in a row, {@code [batch, patches, channels * patchHeight * patchWidth]}: for a product. */
    private Tensor patches(Tensor pixels, long gh, long gw) {
        int ph = config.patchHeight();
        int pw = config.patchWidth();
        return pixels.narrow(2, 0, gh * ph) // pixels beyond the last whole patch belong to none
                .narrow(3, 0, gw * pw)
                .reshape(pixels.size(0), pixels.size(1), gh, ph, gw, pw)
                .permute(0, 2, 4, 1, 3, 5)
                .reshape(pixels.size(0), gh * gw, pixels.size(1) * ph * pw);
    }

    /** As transformers' {@code interpolate_pos_encoding}: the grid part resized, the class token's kept. */
    private Tensor positions(long gh, long gw) {
        Tensor position = parameters.get(PREFIX + "position_embeddings");
        if (gh == config.gridHeight() && gw == config.gridWidth()) {
            return position;
        }
        int hidden = config.hiddenSize();
        Tensor grid = position.narrow(1, 1, config.tokens() - 1)
                .reshape(1, config.gridHeight(), config.gridWidth(), hidden)
                .permute(0, 3, 1, 2);
        Tensor resized = torch.upsample_bicubic2d(
                        grid,
                        new long[] {gh, gw},
                        false,
                        new org.bytedeco.pytorch.DoubleOptional(),
                        new org.bytedeco.pytorch.DoubleOptional())
                .permute(0, 2, 3, 1)
                .reshape(1, gh * gw, hidden);
        return torch.cat(new TensorVector(position.narrow(1, 0, 1), resized), 1);
    }
}
