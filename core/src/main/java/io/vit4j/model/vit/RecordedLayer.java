package io.vit4j.model.vit;

import io.vit4j.model.Context;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.Recorded;
import io.vit4j.model.RecordedAttention;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
final class RecordedLayer implements Recorded {
    private final EncoderLayer layer;
    private final Context context;
    private final long batch;
    private final long tokens;
    private final List<Tensor> kept = new ArrayList<>();
    private final Map<Linear, Linear.Gradient> products = new LinkedHashMap<>();
    private final Map<LayerNorm, LayerNorm.Gradient> norms = new LinkedHashMap<>();

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

    /** @param hidden {@code [batch, tokens, hidden]} float32 */
    RecordedLayer(EncoderLayer layer, Tensor hidden, Context context) {
        this.layer = layer;
        this.context = context;
        batch = hidden.size(0);
        tokens = hidden.size(1);
        long width = hidden.size(2);
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            input = keep(scope, hidden.detach().reshape(batch * tokens, width));
            before = keep(layer.normBefore.record(input, context.dtype()));
            beforeOutput = keepIfSmall(scope, before.output());
            Tensor fused = layer.queryKeyValue.forward(before.output(), context);
            attention = layer.attention.record(fused.view(batch, tokens, 3 * width), layer.name(), context);
            mixed = keep(scope, attention.output().view(batch * tokens, width));
            Tensor attended = drop(layer.attentionOutput.forward(mixed, context), "attention.output");
            between = keep(scope, torch.add(input, attended));
            after = keep(layer.normAfter.record(between, context.dtype()));
            afterOutput = keepIfSmall(scope, after.output());
            wide = keep(scope, layer.intermediate.forward(after.output(), context));
            Tensor bent = layer.act().apply(wide);
            activated = keepIfSmall(scope, bent);
            Tensor added = drop(layer.output.forward(bent, context), "output");
            output = keep(scope, torch.add(between, added).view(batch, tokens, width));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private Tensor keep(Scope scope, Tensor tensor) {
        kept.add(scope.own(tensor));
        return tensor;
    }

    private LayerNorm.Normed keep(LayerNorm.Normed normed) {
        kept.add(normed.mean());
        kept.add(normed.inverseDeviation());
        return normed;
    }

    /**
     * Keeps a tensor that can be recomputed without a matrix product, but only in the half types. In float32 it would take
     * twice the memory, and recomputing it costs half as large a share of the time.
     */
    private Optional<Tensor> keepIfSmall(Scope scope, Tensor tensor) {
        return context.dtype() == Dtype.FLOAT32 ? Optional.empty() : Optional.of(keep(scope, tensor));
    }

    /** Dropout is linear: the same mask takes the gradient back. */
    private Tensor drop(Tensor rows, String place) {
        if (!layer.dropsHidden(context)) {
            return rows;
        }
        Tensor byPicture = rows.view(batch, tokens, rows.size(1));
        return layer.drop(byPicture, place, context).view(batch * tokens, rows.size(1));
    }

    private Tensor cast(Tensor rows) {
        return Tensors.to(rows, context.dtype());
    }

    @Override
    public Tensor output() {
        return output.detach();
    }

    @Override
    public Optional<Tensor> backward(Tensor gradient) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            long width = gradient.size(2);
            Tensor atOutput =
                    gradient.reshape(batch * tokens, width); // float32, as all gradients of the residual stream

            Tensor atAdded = cast(drop(atOutput, "output"));
            Tensor atActivated = product(
                    layer.output, atAdded, activated.orElseGet(() -> layer.act().apply(wide)));
            Tensor atWide = layer.act().backward(atActivated, wide);
            Tensor atAfter =
                    product(layer.intermediate, atWide, afterOutput.orElseGet(() -> layer.normAfter.forward(between)));
            Tensor atBetween = norm(layer.normAfter, atAfter, between, after).add_(atOutput);

            Tensor atAttended = cast(drop(atBetween, "attention.output"));
            Tensor atMixed = product(layer.attentionOutput, atAttended, mixed);
            Tensor atFused = attention.backward(atMixed.view(batch, tokens, width));
            Tensor atBefore = product(
                    layer.queryKeyValue,
                    atFused.view(batch * tokens, 3 * width),
                    beforeOutput.orElseGet(() -> layer.normBefore.forward(input)));
            Tensor atInput = norm(layer.normBefore, atBefore, input, before).add_(atBetween);
            return Optional.of(scope.keep(atInput.view(batch, tokens, width)));
        }
    }

    /** Back through a linear map: its weights' gradients are kept, that of its input is returned. */
    private Tensor product(Linear linear, Tensor atOutput, Tensor input) {
        products.put(linear, linear.gradient(atOutput, input));
        return torch.mm(atOutput, linear.weight(context));
    }

    /** Back through a layer norm, to float32. */
    private Tensor norm(LayerNorm norm, Tensor atOutput, Tensor input, LayerNorm.Normed normed) {
        LayerNorm.Gradient gradient = norm.gradient(atOutput, input, normed);
        norms.put(norm, gradient);
        return gradient.input();
    }

    @Override
    public void accumulate() {
        try (Autograd off = Autograd.off()) {
            products.forEach(Linear::accumulate);
            norms.forEach(LayerNorm::accumulate);
        }
        forget();
    }

    private void forget() {
        products.values().forEach(Linear.Gradient::close);
        products.clear();
        norms.values().forEach(LayerNorm.Gradient::close);
        norms.clear();
    }

    @Override
    public void close() {
        forget();
        kept.forEach(Tensor::close);
        kept.clear();
        if (attention != null) {
            attention.close();
        }
    }
}
