package io.vit4j.model;

import java.util.List;
import java.util.stream.Stream;
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
    final LayerNorm normBefore;
    final LayerNorm normAfter;
    final Linear queryKeyValue;
    final Attention attention;
    final Linear attentionOutput;
    final Linear intermediate;
    final Linear output;

    private final ViTConfig config;
    private final int index;
    private final String name;
    private final Parameters parameters;
    private final Linear query;
    private final Linear keyValue;

    EncoderLayer(ViTConfig config, int index, Parameters parameters) {
        this.config = config;
        this.parameters = parameters;
        this.index = index;
        name = "layer." + index;
        String prefix = prefix(index);
        String qkv = prefix + "attention.attention.";
        attention = new Attention(config);
        normBefore = new LayerNorm(parameters, prefix + "layernorm_before", config.layerNormEps());
        normAfter = new LayerNorm(parameters, prefix + "layernorm_after", config.layerNormEps());
        queryKeyValue = new Linear(parameters, config.qkvBias(), qkv + "query", qkv + "key", qkv + "value");
        query = new Linear(parameters, config.qkvBias(), qkv + "query");
        keyValue = new Linear(parameters, config.qkvBias(), qkv + "key", qkv + "value");
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
        String qkv = prefix + "attention.attention.";
        return Stream.of(
                        LayerNorm.specs(prefix + "layernorm_before", hidden),
                        Linear.specs(hidden, hidden, config.qkvBias(), qkv + "query", qkv + "key", qkv + "value"),
                        Linear.specs(hidden, hidden, true, prefix + "attention.output.dense"),
                        LayerNorm.specs(prefix + "layernorm_after", hidden),
                        Linear.specs(hidden, config.intermediateSize(), true, prefix + "intermediate.dense"),
                        Linear.specs(config.intermediateSize(), hidden, true, prefix + "output.dense"))
                .flatMap(specs -> specs);
    }

    @Override
    public String name() {
        return name;
    }

    /** By the derivative that is written out, where that covers what is asked; else by autograd. */
    @Override
    public Recorded record(Tensor hidden, boolean inputGradient, Context context) {
        List<String> names = ParameterSpec.names(specs(config, index));
        boolean whole = inputGradient
                && !classTokenOnly(context)
                && context.tap().isEmpty()
                && names.stream().allMatch(name -> parameters.get(name).requires_grad());
        return whole
                ? new RecordedLayer(this, hidden, context)
                : new RecordedByAutograd(this, parameters, names, hidden, inputGradient, context);
    }

    private boolean classTokenOnly(Context context) {
        return index == config.numHiddenLayers() - 1 && context.tap().isEmpty();
    }

    @Override
    public Tensor forward(Tensor hidden, Context context) {
        boolean classTokenOnly = classTokenOnly(context);
        if (classTokenOnly
                && !context.sharing().map(Context.TokenSharing::hasClassToken).orElse(true)) {
            shared(keyValue.forward(cast(normBefore.forward(hidden), context), context), context);
            return hidden; // the lane with the class token goes on alone
        }
        Tensor residual = classTokenOnly ? hidden.narrow(1, 0, 1) : hidden;
        Tensor attended = attentionOutput.forward(attended(hidden, classTokenOnly, context), context);
        hidden = torch.add(residual, drop(attended, "attention.output", context));

        Tensor normed = cast(normAfter.forward(hidden), context);
        Tensor wide = intermediate.forward(normed, act(), context); // [batch, tokens, intermediate]
        hidden = torch.add(hidden, drop(output.forward(wide, context), "output", context));
        context.see(name + ".hidden_states", hidden);
        return hidden;
    }

    /** Multi-head self-attention before its output projection, {@code [batch, rows, hidden]}. */
    private Tensor attended(Tensor hidden, boolean classTokenOnly, Context context) {
        Tensor normed = cast(normBefore.forward(hidden), context);
        Tensor mixed;
        if (classTokenOnly) {
            mixed = attended(
                    query.forward(normed.narrow(1, 0, 1), context), keyValue.forward(normed, context), context);
        } else {
            Tensor fused = queryKeyValue.forward(normed, context);
            int width = config.hiddenSize();
            mixed = attended(fused.narrow(2, 0, width), fused.narrow(2, width, 2L * width), context);
        }
        return mixed.transpose(1, 2).flatten(2, 3); // [batch, rows, heads * headSize]
    }

    /**
     * @param queries of these rows, {@code [batch, rows, hidden]}
     * @param keyValues of these rows, {@code [batch, rows, 2 * hidden]}
     */
    private Tensor attended(Tensor queries, Tensor keyValues, Context context) {
        Tensor all = shared(keyValues, context);
        int width = config.hiddenSize();
        return attention.forward(
                byHead(queries), byHead(all.narrow(2, 0, width)), byHead(all.narrow(2, width, width)), name, context);
    }

    /** Keys and values of these rows to those of all, where lanes share a picture. */
    private static Tensor shared(Tensor keyValue, Context context) {
        return context.sharing().map(others -> others.all(keyValue)).orElse(keyValue);
    }

    /** {@code [batch, rows, hidden]} to {@code [batch, heads, rows, headSize]}. */
    private Tensor byHead(Tensor rows) {
        return rows.view(rows.size(0), rows.size(1), config.numAttentionHeads(), config.headSize())
                .transpose(1, 2);
    }

    HiddenAct act() {
        return config.hiddenAct();
    }

    boolean dropsHidden(Context context) {
        return config.hiddenDropoutProb() > 0 && context.dropout().isPresent();
    }

    /** @param x {@code [batch, ...]} */
    Tensor drop(Tensor x, String place, Context context) {
        return dropsHidden(context) ? Dropouts.drop(x, config.hiddenDropoutProb(), name + "." + place, context) : x;
    }

    private static Tensor cast(Tensor x, Context context) {
        return io.vit4j.torch.Tensors.to(x, context.dtype());
    }
}
