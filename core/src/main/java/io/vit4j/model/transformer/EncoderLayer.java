package io.vit4j.model.transformer;

import io.vit4j.model.Attention;
import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.Dropouts;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.Parameters;
import io.vit4j.model.Recorded;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A layer over its weights. The residual stream and the norms are float32; products are in the context's type.
 *
 * <p>Of the last layer's output only those rows are computed that the head reads, the class token's alone, say: its keys and values
 * come from all tokens, its query, projection and MLP from these. Whoever taps the walk gets all rows.
 */
final class EncoderLayer implements Block {
    static final String ATTENTION = "attention.output"; // where it drops
    static final String MLP = "output";

    final LayerNorm normBefore;
    final LayerNorm normAfter;
    final Linear queryKeyValue;
    final Attention attention;
    final Optional<Rotation> rotation;
    final Linear attentionOutput;
    final Linear intermediate;
    final Linear output;

    private final Optional<LayerNorm> mlpNorm;
    private final EncoderLayerDefinition definition;
    private final String name;
    private final Parameters parameters;
    private final Linear query;
    private final Linear keyValue;

    EncoderLayer(EncoderLayerDefinition definition, Parameters parameters) {
        this.definition = definition;
        this.parameters = parameters;
        name = definition.name();
        SelfAttention attends = definition.attention();
        attention = new Attention(attends.heads(), attends.headSize(), attends.dropout());
        rotation = attends.rotary().map(Rotation::new);
        normBefore = definition.before().over(parameters);
        normAfter = definition.after().over(parameters);
        queryKeyValue = new Linear(parameters, attends.queryKeyValue());
        query = new Linear(parameters, List.of(attends.query()));
        keyValue = new Linear(parameters, attends.keyValue());
        attentionOutput = new Linear(parameters, List.of(attends.output()));
        intermediate = new Linear(parameters, definition.mlp().in());
        output = new Linear(parameters, List.of(definition.mlp().out()));
        mlpNorm = definition.mlp().norm().map(named -> named.over(parameters));
    }

    @Override
    public EncoderLayerDefinition definition() {
        return definition;
    }

    @Override
    public Parameters parameters() {
        return parameters;
    }

    /** By the derivative that is written out, where that covers what is asked; else by autograd. */
    @Override
    public Recorded record(Tensor hidden, boolean inputGradient, Context context) {
        boolean covered = mlpNorm.isEmpty()
                && !computesFewRows(context)
                && context.tap().isEmpty()
                && covers(definition.attentionScale(), attentionOutput)
                && covers(definition.mlpScale(), output);
        return covered
                ? new RecordedLayer(this, hidden, inputGradient, context)
                : Block.super.record(hidden, inputGradient, context);
    }

    /** The derivative of a scale that is trained follows from that of the map before it. */
    private boolean covers(Optional<LayerScale> scale, Linear before) {
        return scale.isEmpty() || !trains(scale.get()) || before.trainsWhole();
    }

    boolean trains(LayerScale scale) {
        return parameters.get(scale.name()).requires_grad();
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
        hidden = torch.add(residual, added(attended, ATTENTION, definition.attentionScale(), context));

        Tensor normed = context.cast(normAfter.forward(hidden));
        Tensor bent = mlp().widened(intermediate, normed, context); // [batch, tokens, inner]
        Tensor wide = mlpNorm.map(norm -> context.cast(norm.forward(Tensors.to(bent, Dtype.FLOAT32))))
                .orElse(bent);
        hidden = torch.add(hidden, added(output.forward(wide, context), MLP, definition.mlpScale(), context));
        context.see(name + ".hidden_states", hidden);
        return hidden;
    }

    @Override
    public Value write(GraphWriter graph, Value hidden) {
        Value residual = graph.narrow(hidden, 1, 0, definition.reads().of(hidden.size(1)));
        Value attended = attentionOutput.write(graph, attended(graph, hidden));
        Value between = graph.add(residual, scaled(graph, attended, definition.attentionScale()));

        Value bent = mlp().write(graph, intermediate, normAfter.write(graph, between)); // [batch, rows, inner]
        Value wide = mlpNorm.map(norm -> norm.write(graph, bent)).orElse(bent);
        return graph.add(between, scaled(graph, output.write(graph, wide), definition.mlpScale()));
    }

    private Value scaled(GraphWriter graph, Value part, Optional<LayerScale> scale) {
        return scale.map(by -> by.write(graph, part, parameters)).orElse(part);
    }

    /** Before the output projection, {@code [batch, rows, hidden]}. */
    private Value attended(GraphWriter graph, Value hidden) {
        long tokens = hidden.size(1);
        long rows = definition.reads().of(tokens);
        int width = definition.hidden();
        Value normed = normBefore.write(graph, hidden);
        boolean few = rows < tokens;
        Value all = few ? keyValue.write(graph, normed) : queryKeyValue.write(graph, normed);
        Value queries = few ? query.write(graph, graph.narrow(normed, 1, 0, rows)) : graph.narrow(all, 2, 0, width);
        long keys = few ? 0 : width; // where they begin
        return attention.write(
                graph,
                queries,
                graph.narrow(all, 2, keys, width),
                graph.narrow(all, 2, keys + width, width),
                byHead ->
                        rotation.map(turn -> turn.write(graph, byHead, tokens)).orElse(byHead),
                definition
                        .attention()
                        .bias()
                        .map(added -> graph.constant(added.key(name), () -> added.of(parameters::get, tokens)))
                        .map(added -> graph.narrow(added, 1, 0, rows)));
    }

    /** Multi-head self-attention before its output projection, {@code [batch, rows, hidden]}. */
    private Tensor attended(Tensor hidden, boolean few, Context context) {
        Tensor normed = context.cast(normBefore.forward(hidden));
        Tensor mixed;
        if (few) {
            mixed = attended(query.forward(firstRows(normed), context), keyValue.forward(normed, context), context);
        } else {
            Tensor fused = queryKeyValue.forward(normed, context);
            int width = definition.hidden();
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
        int width = definition.hidden();
        long tokens = all.size(1);
        long from = context.sharing().map(lanes -> lanes.from(tokens)).orElse(0L);
        return attention.forward(
                turned(byHead(queries), from, tokens, context),
                turned(byHead(all.narrow(2, 0, width)), 0, tokens, context),
                byHead(all.narrow(2, width, width)),
                bias(tokens, context).map(added -> added.narrow(1, from, queries.size(1))),
                name,
                context);
    }

    private Tensor turned(Tensor byHead, long from, long tokens, Context context) {
        return rotation.map(turn -> turn.forward(byHead, from, tokens, context)).orElse(byHead);
    }

    /** What is added to the scores, {@code [heads, tokens, tokens]}. */
    Optional<Tensor> bias(long tokens, Context context) {
        return definition
                .attention()
                .bias()
                .map(added ->
                        context.weights().made(name + ".bias." + tokens, () -> added.of(parameters::get, tokens)));
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
        SelfAttention attends = definition.attention();
        return rows.view(rows.size(0), rows.size(1), attends.heads(), attends.headSize())
                .transpose(1, 2);
    }

    Mlp mlp() {
        return definition.mlp();
    }

    /**
     * What a part adds to the residual stream: some of its numbers dropped, scaled, and dropped for some pictures.
     *
     * @param part its output, {@code [batch, ...]}
     */
    Tensor added(Tensor part, String place, Optional<LayerScale> scale, Context context) {
        Tensor dropped = drop(part, place, context);
        return dropPath(scale.map(by -> by.forward(dropped, parameters)).orElse(dropped), place, context);
    }

    /** The gradient of what a part adds, with respect to its output but for the scale: the masks that forward had. */
    Tensor addedBackward(Tensor gradient, String place, Context context) {
        return drop(dropPath(gradient, place, context), place, context);
    }

    private Tensor drop(Tensor x, String place, Context context) {
        return Dropouts.drop(x, definition.dropout(), name + "." + place, context);
    }

    private Tensor dropPath(Tensor x, String place, Context context) {
        return Dropouts.dropPath(x, definition.dropPath(), name + "." + place + ".path", context);
    }
}
