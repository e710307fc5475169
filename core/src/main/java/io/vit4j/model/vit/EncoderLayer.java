package io.vit4j.model.vit;

import io.vit4j.model.Attention;
import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.Dropouts;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Recorded;
import io.vit4j.model.RowsRead;
import io.vit4j.model.Shape;
import io.vit4j.torch.Dtype;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * One transformer layer, normalised before each part (Dosovitskiy et al. 2021, equations 2 and 3):
 * {@code h = h + attention(norm(h)); h = h + mlp(norm(h))}. The residual stream and the norms are float32; products are
 * in the context's type.
 *
 * <p>Of the last layer's output only those rows are computed that the head reads, the class token's alone: its keys and values
 * come from all tokens, its query, projection and MLP from these. Whoever taps the walk gets all rows.
 */
final class EncoderLayer implements Block {
    final LayerNorm normBefore;
    final LayerNorm normAfter;
    final Linear queryKeyValue;
    final Attention attention;
    final Linear attentionOutput;
    final Linear intermediate;
    final Linear output;

    private final Definition definition;
    private final ViTConfig config;
    private final String name;
    private final Parameters parameters;
    private final Linear query;
    private final Linear keyValue;

    private EncoderLayer(Definition definition, Parameters parameters) {
        this.definition = definition;
        this.config = definition.config();
        this.parameters = parameters;
        name = definition.name();
        String prefix = definition.prefix();
        String qkv = prefix + "attention.attention.";
        attention = new Attention(config.numAttentionHeads(), config.headSize(), config.attentionProbsDropoutProb());
        normBefore = new LayerNorm(parameters, prefix + "layernorm_before", config.layerNormEps());
        normAfter = new LayerNorm(parameters, prefix + "layernorm_after", config.layerNormEps());
        queryKeyValue = new Linear(parameters, config.qkvBias(), qkv + "query", qkv + "key", qkv + "value");
        query = new Linear(parameters, config.qkvBias(), qkv + "query");
        keyValue = new Linear(parameters, config.qkvBias(), qkv + "key", qkv + "value");
        attentionOutput = new Linear(parameters, true, prefix + "attention.output.dense");
        intermediate = new Linear(parameters, true, prefix + "intermediate.dense");
        output = new Linear(parameters, true, prefix + "output.dense");
    }

    /**
     * What is known of it without weights.
     *
     * @param reads the rows of its output that are read
     */
    record Definition(ViTConfig config, int index, RowsRead reads) implements BlockDefinition {
        @Override
        public String name() {
            return "layer." + index;
        }

        private String prefix() {
            return "vit.encoder.layer." + index + ".";
        }

        @Override
        public List<ParameterSpec> weights() {
            int hidden = config.hiddenSize();
            int inner = config.intermediateSize();
            Initialization normal = Initialization.normal(config.initializerRange());
            String prefix = prefix();
            String qkv = prefix + "attention.attention.";
            return Stream.of(
                            LayerNorm.specs(prefix + "layernorm_before", hidden),
                            Linear.specs(
                                    hidden,
                                    hidden,
                                    config.qkvBias(),
                                    normal,
                                    qkv + "query",
                                    qkv + "key",
                                    qkv + "value"),
                            Linear.specs(hidden, hidden, true, normal, prefix + "attention.output.dense"),
                            LayerNorm.specs(prefix + "layernorm_after", hidden),
                            Linear.specs(hidden, inner, true, normal, prefix + "intermediate.dense"),
                            Linear.specs(inner, hidden, true, normal, prefix + "output.dense"))
                    .flatMap(specs -> specs)
                    .toList();
        }

        @Override
        public Shape output(Shape input) {
            return Shape.of(reads.of(input.size(0)), config.hiddenSize());
        }

        @Override
        public BlockCost cost(Shape input, Dtype dtype) {
            return new EncoderLayerCost(config, input.size(0), dtype).of(reads);
        }

        @Override
        public boolean drops() {
            return config.hiddenDropoutProb() > 0 || config.attentionProbsDropoutProb() > 0;
        }

        @Override
        public boolean sharesRows() {
            return true;
        }

        @Override
        public Block over(Parameters parameters) {
            return new EncoderLayer(this, parameters);
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

    /** By the derivative that is written out, where that covers what is asked; else by autograd. */
    @Override
    public Recorded record(Tensor hidden, boolean inputGradient, Context context) {
        boolean whole = inputGradient
                && !computesFewRows(context)
                && context.tap().isEmpty()
                && definition.weights().stream()
                        .allMatch(weight -> parameters.get(weight.name()).requires_grad());
        return whole ? new RecordedLayer(this, hidden, context) : Block.super.record(hidden, inputGradient, context);
    }

    private boolean computesFewRows(Context context) {
        return !definition.reads().all() && context.tap().isEmpty();
    }

    @Override
    public Tensor forward(Tensor hidden, Context context) {
        boolean few = computesFewRows(context);
        if (few && !context.sharing().map(Context.TokenSharing::isFirst).orElse(true)) {
            shared(keyValue.forward(context.cast(normBefore.forward(hidden)), context), context);
            return hidden; // the lane with the rows that are read goes on alone
        }
        Tensor residual = few ? firstRows(hidden) : hidden;
        Tensor attended = attentionOutput.forward(attended(hidden, few, context), context);
        hidden = torch.add(residual, drop(attended, "attention.output", context));

        Tensor normed = context.cast(normAfter.forward(hidden));
        Tensor wide = intermediate.forward(normed, act(), context); // [batch, tokens, intermediate]
        hidden = torch.add(hidden, drop(output.forward(wide, context), "output", context));
        context.see(name + ".hidden_states", hidden);
        return hidden;
    }

    /** Multi-head self-attention before its output projection, {@code [batch, rows, hidden]}. */
    private Tensor attended(Tensor hidden, boolean few, Context context) {
        Tensor normed = context.cast(normBefore.forward(hidden));
        Tensor mixed;
        if (few) {
            mixed = attended(query.forward(firstRows(normed), context), keyValue.forward(normed, context), context);
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

    /** Those that are read, {@code [batch, reads, hidden]}. */
    private Tensor firstRows(Tensor hidden) {
        return hidden.narrow(1, 0, definition.reads().of(hidden.size(1)));
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
}
