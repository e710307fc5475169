package io.vit4j.model.transformer;

import io.vit4j.model.Context;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.RecordedAttention;
import io.vit4j.model.WrittenDerivative;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
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
    private final boolean inputGradient;
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
    private final Tensor output; // [batch, tokens, hidden] float32

    /**
     * @param hidden {@code [batch, tokens, hidden]} float32
     * @param inputGradient whether the gradient of it is needed
     */
    RecordedLayer(EncoderLayer layer, Tensor hidden, boolean inputGradient, Context context) {
        super(layer.parameters(), context);
        this.layer = layer;
        this.inputGradient = inputGradient;
        definition = layer.definition();
        batch = hidden.size(0);
        tokens = hidden.size(1);
        long width = hidden.size(2);
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            input = keep(scope, hidden.detach().reshape(batch * tokens, width));
            before = keep(layer.normBefore.record(input, context.dtype()));
            beforeOutput = keepFor(layer.queryKeyValue, scope, before.output());
            Tensor fused = layer.queryKeyValue.forward(before.output(), context);
            layer.rotation.ifPresent(turn -> turn.turn(byHead(fused), context));
            attention = layer.attention.record(
                    fused.view(batch, tokens, 3 * width), layer.bias(tokens, context), layer.name(), context);
            mixed = keep(scope, attention.output().view(batch * tokens, width));
            Tensor attended = layer.attentionOutput.forward(mixed, context);
            between =
                    keep(scope, torch.add(input, added(attended, EncoderLayer.ATTENTION, definition.attentionScale())));
            after = keep(layer.normAfter.record(between, context.dtype()));
            afterOutput = keepFor(layer.intermediate, scope, after.output());
            wide = keep(scope, layer.intermediate.forward(after.output(), context));
            Tensor bent = layer.mlp().bent(wide);
            activated = keepFor(layer.output, scope, bent);
            Tensor narrow = layer.output.forward(bent, context);
            output = keep(
                    scope,
                    torch.add(between, added(narrow, EncoderLayer.MLP, definition.mlpScale()))
                            .view(batch, tokens, width));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Keeps what goes into a map, if the gradients of the map need it. */
    private Optional<Tensor> keepFor(Linear user, Scope scope, Tensor tensor) {
        return user.needsInput() ? keepIfShort(scope, tensor) : Optional.empty();
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
    protected Optional<Tensor> atInput(Scope scope, Tensor gradient) {
        long width = gradient.size(2);
        Tensor atOutput = gradient.reshape(batch * tokens, width); // float32, as all gradients of the residual stream

        Tensor atActivated = added(
                layer.output,
                atOutput,
                EncoderLayer.MLP,
                definition.mlpScale(),
                () -> activated.orElseGet(() -> layer.mlp().bent(wide)));
        Tensor atWide = layer.mlp().bentBackward(atActivated, wide);
        Tensor atAfter = product(
                layer.intermediate, atWide, () -> afterOutput.orElseGet(() -> cast(layer.normAfter.forward(between))));
        Tensor atBetween = norm(layer.normAfter, atAfter, between, after).add_(atOutput);

        Tensor atMixed = added(
                layer.attentionOutput, atBetween, EncoderLayer.ATTENTION, definition.attentionScale(), () -> mixed);
        RecordedAttention.Gradient atAttention = attention.backward(atMixed.view(batch, tokens, width));
        Tensor atFused = atAttention.fused().view(batch * tokens, 3 * width);
        layer.rotation.ifPresent(turn -> turn.turnBack(byHead(atFused), context()));
        atAttention.bias().ifPresent(this::bias);
        Supplier<Tensor> normed = () -> beforeOutput.orElseGet(() -> cast(layer.normBefore.forward(input)));
        if (!inputGradient && !layer.normBefore.trains()) {
            add(layer.queryKeyValue, layer.queryKeyValue.gradient(atFused, normed, Optional.empty(), context()));
            return Optional.empty();
        }
        Tensor atBefore = product(layer.queryKeyValue, atFused, normed);
        Tensor atNormed = norm(layer.normBefore, atBefore, input, before);
        return inputGradient ? Optional.of(atNormed.add_(atBetween).view(batch, tokens, width)) : Optional.empty();
    }

    /** Back through a linear map whose output is dropped, scaled and added to the residual stream. */
    private Tensor added(
            Linear linear, Tensor atStream, String place, Optional<LayerScale> scale, Supplier<Tensor> input) {
        Tensor atAdded =
                layer.addedBackward(byPicture(atStream), place, context()).view(atStream.shape());
        if (scale.isEmpty()) {
            return product(linear, cast(atAdded), input);
        }
        LayerScale by = scale.get();
        Parameters parameters = layer.parameters();
        Tensor atMap = cast(by.forward(atAdded, parameters));
        if (!layer.trains(by)) {
            return product(linear, atMap, input);
        }
        LayerScale.Gradient gradient = by.gradient(linear, cast(atAdded), input.get(), parameters, context());
        add(linear, gradient.map());
        add(by.name(), gradient.scale());
        return linear.atInput(atMap, context());
    }

    /** Back through what is added to the scores, by autograd: it is the same for all pictures, so little beside the rest. */
    private void bias(Tensor atBias) {
        AttentionBias added = definition.attention().bias().orElseThrow();
        boolean trains = added.weights().stream()
                .anyMatch(weight -> layer.parameters().get(weight.name()).requires_grad());
        if (!trains) {
            return;
        }
        List<String> names = added.weights().stream().map(ParameterSpec::name).toList();
        made(names, weight -> added.of(weight, tokens), atBias);
    }

    @Override
    public void close() {
        super.close();
        if (attention != null) {
            attention.close();
        }
    }
}
