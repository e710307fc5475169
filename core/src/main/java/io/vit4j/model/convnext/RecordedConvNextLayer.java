package io.vit4j.model.convnext;

import io.vit4j.model.Context;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.WrittenDerivative;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A layer's forward and its derivative, written out. In float32 norms and activations are computed again when they are needed, as
 * keeping them would take twice the memory.
 *
 * <p>All tensors are {@code [batch, rows, columns, n]} unless said otherwise.
 */
final class RecordedConvNextLayer extends WrittenDerivative {
    private final ConvNextLayer layer;

    private final Tensor input; // float32
    private final Optional<LayerNorm.Normed> between; // of the halving
    private final Optional<Tensor> merged;
    private final Tensor hidden; // float32
    private final Tensor mixed; // float32
    private final LayerNorm.Normed normed;
    private final Optional<Tensor> normedOutput;
    private final Tensor wide;
    private final Optional<Tensor> activated;
    private final Optional<Tensor> projected; // if it is scaled
    private final Tensor output; // float32

    RecordedConvNextLayer(ConvNextLayer layer, Tensor input, Context context) {
        super(layer.parameters(), context);
        this.layer = layer;
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            this.input = keep(scope, input.detach());
            between = layer.halving.map(halves -> keep(halves.norm.record(this.input, context.dtype())));
            Optional<Tensor> four = layer.halving.map(
                    halves -> halves.merged(between.orElseThrow().output()));
            merged = four.flatMap(given -> keepIfShort(scope, given));
            hidden = four.map(given -> keep(scope, layer.halving.orElseThrow().mapped(given, context)))
                    .orElse(this.input);
            mixed = keep(scope, layer.depthwise.forward(hidden, context));
            normed = keep(layer.norm.record(mixed, context.dtype()));
            normedOutput = keepIfShort(scope, normed.output());
            wide = keep(scope, layer.expand.forward(normed.output(), context));
            Tensor bent = layer.act().apply(wide);
            activated = keepIfShort(scope, bent);
            Tensor narrow = layer.project.forward(responded(bent), context);
            projected = layer.scale.map(scale -> keep(scope, narrow));
            output = keep(scope, torch.add(hidden, layer.added(narrow, context)));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private Tensor responded(Tensor bent) {
        return layer.responses.map(responses -> responses.forward(bent)).orElse(bent);
    }

    @Override
    public Tensor output() {
        return output.detach();
    }

    @Override
    protected Optional<Tensor> atInput(Scope scope, Tensor gradient) {
        Tensor atHidden = torch.add(atHiddenByConvolution(scope, atNormed(scope, gradient)), gradient);
        return Optional.of(layer.halving
                .map(halves -> atInput(halves, cast(atHidden).flatten(0, 2)))
                .orElse(atHidden));
    }

    /** Back through the linear maps and what is between them, {@code [rows, channels]}. */
    private Tensor atNormed(Scope outer, Tensor gradient) {
        try (Scope scope = new Scope()) {
            Tensor atAdded = layer.addedBackward(gradient, context());
            projected.ifPresent(given -> {
                Tensor atScale = torch.mul(atAdded, given).sum(new long[] {0, 1, 2});
                add(layer.scale.orElseThrow(), outer.own(atScale));
            });
            Tensor atNarrow =
                    layer.scale.map(scale -> torch.mul(atAdded, weight(scale))).orElse(atAdded);
            Tensor bent = activated.orElseGet(() -> layer.act().apply(wide));
            Tensor atResponded = product(
                    layer.project,
                    cast(atNarrow).flatten(0, 2),
                    () -> responded(bent).flatten(0, 2));
            Tensor atBent = layer.responses
                    .map(responses -> {
                        GlobalResponseNorm.Gradient at = responses.gradient(atResponded.view(bent.shape()), bent);
                        add(responses.weightName(), outer.own(at.weight()));
                        add(responses.biasName(), outer.own(at.bias()));
                        return at.input();
                    })
                    .orElseGet(() -> atResponded.view(bent.shape()));
            Tensor atWide = layer.act().backward(atBent, wide).flatten(0, 2);
            Tensor given = normedOutput.orElseGet(() -> layer.norm.forward(mixed));
            return scope.keep(product(layer.expand, atWide, () -> given.flatten(0, 2)));
        }
    }

    /** Back through the norm and the convolution, but not through what goes past them. */
    private Tensor atHiddenByConvolution(Scope scope, Tensor atNormed) {
        Tensor atMixed = norm(layer.norm, atNormed.view(mixed.shape()), mixed, normed);
        DepthwiseConvolution.Gradient at = layer.depthwise.gradient(atMixed, hidden, context());
        add(layer.depthwise.weightName(), scope.own(at.weight()));
        add(layer.depthwise.biasName(), scope.own(at.bias()));
        return at.input();
    }

    /** Back through the halving. */
    private Tensor atInput(Halving halves, Tensor atHidden) {
        Tensor given = merged.orElseGet(() -> halves.merged(halves.norm.forward(input)));
        Tensor atMerged = product(halves.linear, atHidden, () -> given.flatten(0, 2));
        Tensor atNormed = halves.unmerged(Tensors.to(atMerged, Dtype.FLOAT32), input.shape());
        return norm(halves.norm, atNormed, input, between.orElseThrow());
    }
}
