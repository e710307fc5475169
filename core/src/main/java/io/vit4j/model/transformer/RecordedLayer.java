package io.vit4j.model.transformer;

import io.vit4j.model.Context;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.RecordedAttention;
import io.vit4j.model.WrittenDerivative;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * An encoder layer's forward and its derivative, written out: what {@link EncoderLayer#forward} computes over all rows, and the
 * chain rule backward through it. Against autograd it saves what a general graph cannot: gradients of weights leave the
 * products in the products' type and go straight into their buffer, queries, keys and values have their gradients written
 * side by side, nothing is kept that is not needed, and weights are cast once a step for all lanes (docs/performance.md).
 *
 * <p>All tensors are {@code [rows, n]}, a row a token of a picture, unless said otherwise.
 */
final class RecordedLayer extends WrittenDerivative {
    private final EncoderLayer layer;
    private final EncoderLayerDefinition definition;
    private final long batch;
    private final long tokens;

    private final Tensor input; // float32
    private final LayerNorm.Normed before;
    private final Optional<Tensor> beforeOutput;
    private final RecordedAttention attention;
    private final Tensor mixed;
    private final Tensor between; // after attention, float32
    private final LayerNorm.Normed after;
    private final Optional<Tensor> afterOutput;
    private final Tensor wide;
    private final Optional<Tensor> activated;
    private final Optional<LayerNorm.Normed> inside; // of the MLP's own norm
    private final Optional<Tensor> insideOutput;
    private final Tensor output; // [batch, tokens, hidden] float32

    /** @param hidden {@code [batch, tokens, hidden]} float32 */
    RecordedLayer(EncoderLayer layer, Tensor hidden, Context context) {
        super(layer.parameters(), context);
        this.layer = layer;
        definition = layer.definition();
        batch = hidden.size(0);
        tokens = hidden.size(1);
        long width = hidden.size(2);
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            input = keep(scope, hidden.detach().reshape(batch * tokens, width));
            before = keep(layer.normBefore.record(input, context.dtype()));
            beforeOutput = keepIfShort(scope, before.output());
            Tensor fused = layer.queryKeyValue.forward(before.output(), context);
            layer.rotation.ifPresent(turn -> turn.turn(byHead(fused), context));
            attention = layer.attention.record(
                    fused.view(batch, tokens, 3 * width), layer.bias(tokens, context), layer.name(), context);
            mixed = keep(scope, attention.output().view(batch * tokens, width));
            Tensor attended = layer.attentionOutput.forward(mixed, context);
            between =
                    keep(scope, torch.add(input, added(attended, EncoderLayer.ATTENTION, definition.attentionScale())));
            after = keep(layer.normAfter.record(between, context.dtype()));
            afterOutput = keepIfShort(scope, after.output());
            wide = keep(scope, layer.intermediate.forward(after.output(), context));
            Tensor bent = layer.mlp().bent(wide);
            activated = keepIfShort(scope, bent);
            inside = layer.mlpNorm.map(norm -> keep(norm.record(Tensors.to(bent, Dtype.FLOAT32), context.dtype())));
            insideOutput = inside.flatMap(normed -> keepIfShort(scope, normed.output()));
            Tensor narrow =
                    layer.output.forward(inside.map(LayerNorm.Normed::output).orElse(bent), context);
            output = keep(
                    scope,
                    torch.add(between, added(narrow, EncoderLayer.MLP, definition.mlpScale()))
                            .view(batch, tokens, width));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private Tensor byHead(Tensor fused) { // [batch, tokens, 3, heads, headSize]
        SelfAttention attends = definition.attention();
        return fused.view(batch, tokens, 3, attends.heads(), attends.headSize());
    }

    private Tensor byPicture(Tensor rows) { // [batch, tokens, n]
        return rows.view(batch, tokens, rows.size(1));
    }

    private Tensor added(Tensor part, String place, Optional<LayerScale> scale) {
        return layer.added(byPicture(part), place, scale, context()).view(part.shape());
    }

    @Override
    public Tensor output() {
        return output.detach();
    }

    @Override
    protected Tensor atInput(Scope scope, Tensor gradient) {
        long width = gradient.size(2);
        Tensor atOutput = gradient.reshape(batch * tokens, width); // float32, as all gradients of the residual stream

        Tensor atWide = layer.mlp().bentBackward(atActivated(atOutput), wide);
        Tensor atAfter =
                product(layer.intermediate, atWide, afterOutput.orElseGet(() -> layer.normAfter.forward(between)));
        Tensor atBetween = norm(layer.normAfter, atAfter, between, after).add_(atOutput);

        Tensor atMixed =
                added(layer.attentionOutput, atBetween, EncoderLayer.ATTENTION, definition.attentionScale(), mixed);
        RecordedAttention.Gradient atAttention = attention.backward(atMixed.view(batch, tokens, width));
        Tensor atFused = atAttention.fused().view(batch * tokens, 3 * width);
        layer.rotation.ifPresent(turn -> turn.turnBack(byHead(atFused), context()));
        atAttention.bias().ifPresent(this::bias);
        Tensor atBefore =
                product(layer.queryKeyValue, atFused, beforeOutput.orElseGet(() -> layer.normBefore.forward(input)));
        Tensor atInput = norm(layer.normBefore, atBefore, input, before).add_(atBetween);
        return atInput.view(batch, tokens, width);
    }

    /** Back through the MLP's second map, and the norm before it if there is one. */
    private Tensor atActivated(Tensor atOutput) {
        Tensor bent = activated.orElseGet(() -> layer.mlp().bent(wide));
        Tensor given = inside.isEmpty()
                ? bent
                : insideOutput.orElseGet(() -> layer.mlpNorm.orElseThrow().forward(bent));
        Tensor atGiven = added(layer.output, atOutput, EncoderLayer.MLP, definition.mlpScale(), given);
        return inside.map(normed ->
                        cast(norm(layer.mlpNorm.orElseThrow(), atGiven, Tensors.to(bent, Dtype.FLOAT32), normed)))
                .orElse(atGiven);
    }

    /** Back through a linear map whose output is dropped, scaled and added to the residual stream. */
    private Tensor added(Linear linear, Tensor atStream, String place, Optional<LayerScale> scale, Tensor input) {
        Tensor atAdded =
                layer.addedBackward(byPicture(atStream), place, context()).view(atStream.shape());
        if (scale.isEmpty()) {
            return product(linear, cast(atAdded), input);
        }
        LayerScale by = scale.get();
        Parameters parameters = layer.parameters();
        LayerScale.Gradient gradient = by.gradient(linear, cast(atAdded), input, parameters, context());
        add(linear, gradient.map());
        add(by.name(), gradient.scale());
        return torch.mm(cast(by.forward(atAdded, parameters)), linear.weight(context()));
    }

    private void bias(Tensor atBias) {
        AttentionBias added = definition.attention().bias().orElseThrow();
        List<String> names = added.weights().stream().map(ParameterSpec::name).toList();
        made(names, weights -> added.of(weights, tokens), atBias);
    }

    @Override
    public void close() {
        super.close();
        if (attention != null) {
            attention.close();
        }
    }
}
