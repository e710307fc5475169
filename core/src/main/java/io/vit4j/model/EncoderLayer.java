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
    private final Parameters parameters;
    private final Linear query;
    private final Linear keyValue;

    EncoderLayer(ViTConfig config, int index, Parameters parameters) {
        this.config = config;
        this.parameters = parameters;
        this.index = index;
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
        return "layer." + index;
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
        context.see(name() + ".hidden_states", hidden);
        return hidden;
    }

    /** Multi-head self-attention before its output projection, {@code [batch, rows, hidden]}. */
    private Tensor attended(Tensor hidden, boolean classTokenOnly, Context context) {
        Tensor normed = cast(normBefore.forward(hidden), context);
        Tensor[] heads = classTokenOnly
                ? concat(
                        split(query.forward(normed.narrow(1, 0, 1), context), 1),
                        split(shared(keyValue.forward(normed, context), context), 2))
                : ofRows(queryKeyValue.forward(normed, context), context);
        Tensor mixed = attention.forward(heads[0], heads[1], heads[2], name(), context);
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

    HiddenAct act() {
        return config.hiddenAct();
    }

    boolean dropsHidden(Context context) {
        return config.hiddenDropoutProb() > 0 && context.dropout().isPresent();
    }

    /** @param x {@code [batch, ...]} */
    Tensor drop(Tensor x, String place, Context context) {
        return Dropouts.drop(x, config.hiddenDropoutProb(), name() + "." + place, context);
    }

    private static Tensor cast(Tensor x, Context context) {
        return io.vit4j.torch.Tensors.to(x, context.dtype());
    }
}
