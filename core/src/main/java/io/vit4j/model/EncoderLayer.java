package io.vit4j.model;

import io.vit4j.torch.Dtype;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * One transformer layer, normalised before each part (Dosovitskiy et al. 2021, equations 2 and 3):
 * {@code h = h + attention(norm(h)); h = h + mlp(norm(h))}. The residual stream and the norms are float32; products are
 * in the context's type.
 *
 * <p>The last layer's output is read at the class token alone, so only that row of it is computed: its keys and values
 * come from all tokens, its query, projection and MLP from one. Whoever taps the walk gets all rows.
 */
final class EncoderLayer implements Block {
    private final ViTConfig config;
    private final int index;
    private final LayerNorm normBefore;
    private final LayerNorm normAfter;
    private final Linear queryKeyValue;
    private final Linear query;
    private final Linear keyValue;
    private final Linear attentionOutput;
    private final Linear intermediate;
    private final Linear output;

    EncoderLayer(ViTConfig config, int index, Parameters parameters) {
        this.config = config;
        this.index = index;
        String prefix = prefix(index);
        String attention = prefix + "attention.attention.";
        normBefore = new LayerNorm(parameters, prefix + "layernorm_before", config.layerNormEps());
        normAfter = new LayerNorm(parameters, prefix + "layernorm_after", config.layerNormEps());
        queryKeyValue =
                new Linear(parameters, config.qkvBias(), attention + "query", attention + "key", attention + "value");
        query = new Linear(parameters, config.qkvBias(), attention + "query");
        keyValue = new Linear(parameters, config.qkvBias(), attention + "key", attention + "value");
        attentionOutput = new Linear(parameters, true, prefix + "attention.output.dense");
        intermediate = new Linear(parameters, true, prefix + "intermediate.dense");
        output = new Linear(parameters, true, prefix + "output.dense");
    }

    private static String prefix(int index) {
        return "vit.encoder.layer." + index + ".";
    }

    static Stream<ParameterSpec> specs(ViTConfig config, int index) {
        int hidden = config.hiddenSize();
        String prefix = prefix(index);
        return Stream.of(
                        LayerNorm.specs(prefix + "layernorm_before", hidden),
                        Linear.specs(prefix + "attention.attention.query", hidden, hidden, config.qkvBias()),
                        Linear.specs(prefix + "attention.attention.key", hidden, hidden, config.qkvBias()),
                        Linear.specs(prefix + "attention.attention.value", hidden, hidden, config.qkvBias()),
                        Linear.specs(prefix + "attention.output.dense", hidden, hidden, true),
                        LayerNorm.specs(prefix + "layernorm_after", hidden),
                        Linear.specs(prefix + "intermediate.dense", hidden, config.intermediateSize(), true),
                        Linear.specs(prefix + "output.dense", config.intermediateSize(), hidden, true))
                .flatMap(specs -> specs);
    }

    @Override
    public String name() {
        return "layer." + index;
    }

    @Override
    public Tensor forward(Tensor hidden, Context context) {
        boolean classTokenOnly =
                index == config.numHiddenLayers() - 1 && context.tap().isEmpty();
        if (classTokenOnly
                && !context.sharing().map(Context.TokenSharing::hasClassToken).orElse(true)) {
            shared(keyValue.forward(cast(normBefore.forward(hidden), context), context), context);
            return hidden; // the lane with the class token goes on alone
        }
        Tensor residual = classTokenOnly ? hidden.narrow(1, 0, 1) : hidden;
        Tensor attended = attentionOutput.forward(attention(hidden, classTokenOnly, context), context);
        hidden = torch.add(residual, drop(attended, "attention.output", context));

        Tensor normed = cast(normAfter.forward(hidden), context);
        Tensor wide = config.hiddenAct().apply(intermediate.forward(normed, context)); // [batch, tokens, intermediate]
        hidden = torch.add(hidden, drop(output.forward(wide, context), "output", context));
        context.see(name() + ".hidden_states", hidden);
        return hidden;
    }

    /** Multi-head self-attention before its output projection, {@code [batch, rows, hidden]}. */
    private Tensor attention(Tensor hidden, boolean classTokenOnly, Context context) {
        Tensor normed = cast(normBefore.forward(hidden), context);
        Tensor[] heads = classTokenOnly
                ? concat(
                        split(query.forward(normed.narrow(1, 0, 1), context), 1),
                        split(shared(keyValue.forward(normed, context), context), 2))
                : ofRows(queryKeyValue.forward(normed, context), context);
        Tensor mixed = needsProbabilities(context)
                ? explicitAttention(heads[0], heads[1], heads[2], context)
                : torch.scaled_dot_product_attention(heads[0], heads[1], heads[2]);
        return mixed.transpose(1, 2).flatten(2, 3); // [batch, rows, heads * headSize]
    }

    /** Query of these rows, key and value of all. */
    private Tensor[] ofRows(Tensor fused, Context context) {
        if (context.sharing().isEmpty()) {
            return split(fused, 3);
        }
        int hidden = config.hiddenSize();
        return concat(
                split(fused.narrow(2, 0, hidden), 1), split(shared(fused.narrow(2, hidden, 2 * hidden), context), 2));
    }

    /** Keys and values of these rows to those of all, where lanes share a picture. */
    private static Tensor shared(Tensor keyValue, Context context) {
        return context.sharing().map(others -> others.all(keyValue)).orElse(keyValue);
    }

    /**
     * Flash attention where it is the fast way; the explicit products where their inside is wanted, and in bfloat16 on a
     * CPU, where libtorch's fused kernel is some thirty times slower than the products (docs/performance.md).
     */
    private boolean needsProbabilities(Context context) {
        boolean drops =
                config.attentionProbsDropoutProb() > 0 && context.dropout().isPresent();
        return drops || context.tap().isPresent() || context.dtype() != Dtype.FLOAT32;
    }

    private Tensor explicitAttention(Tensor query, Tensor key, Tensor value, Context context) {
        Tensor scaled = torch.mul(query, new Scalar(1 / Math.sqrt(config.headSize())));
        Tensor scores = torch.matmul(scaled, key.transpose(-2, -1)); // [batch, heads, rows, tokens]
        Tensor probabilities = torch.softmax(scores, -1);
        context.see(name() + ".attentions", probabilities);
        probabilities =
                Dropouts.drop(probabilities, config.attentionProbsDropoutProb(), name() + ".attentions", context);
        return torch.matmul(probabilities, value);
    }

    /** {@code [batch, rows, parts * hidden]} to each part's {@code [batch, heads, rows, headSize]}. */
    private Tensor[] split(Tensor fused, int parts) {
        Tensor byPart = fused.view(fused.size(0), fused.size(1), parts, config.numAttentionHeads(), config.headSize())
                .permute(2, 0, 3, 1, 4);
        Tensor[] split = new Tensor[parts];
        for (int i = 0; i < parts; i++) {
            split[i] = byPart.select(0, i);
        }
        return split;
    }

    private static Tensor[] concat(Tensor[] a, Tensor[] b) {
        return Stream.concat(Stream.of(a), Stream.of(b)).toArray(Tensor[]::new);
    }

    private Tensor drop(Tensor x, String place, Context context) {
        return Dropouts.drop(x, config.hiddenDropoutProb(), name() + "." + place, context);
    }

    private static Tensor cast(Tensor x, Context context) {
        return io.vit4j.torch.Tensors.to(x, context.dtype());
    }
}
