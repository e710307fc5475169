package io.vit4j.model.swin;

import io.vit4j.model.Context;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.RecordedAttention;
import io.vit4j.model.WrittenDerivative;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A layer's forward and its derivative, written out, of both versions: V1 normalises what attention and MLP are given, V2 what they give.
 * In float32 norms and activations are computed again when they are needed, as keeping them would take twice the memory.
 *
 * <p>All tensors are {@code [batch, rows, columns, n]} unless said otherwise.
 */
final class RecordedSwinLayer extends WrittenDerivative {
    private final SwinLayer layer;
    private final boolean normsFirst;
    private final Windows windows;

    private final Tensor input; // float32
    private final Tensor normedByAttention; // what that norm is given, float32
    private final LayerNorm.Normed attentionNorm;
    private final Optional<Tensor> cut; // what attention is given
    private final RecordedAttention attention;
    private final Tensor mixed; // [batch * windows, places, channels]
    private final Tensor between; // float32
    private final Tensor normedByMlp; // float32
    private final LayerNorm.Normed mlpNorm;
    private final Optional<Tensor> mlpInput;
    private final Tensor wide;
    private final Optional<Tensor> activated;
    private final Optional<Merged> merged;
    private final Tensor output; // float32

    /**
     * What is kept of the merging.
     *
     * @param given to its product, if it is kept
     * @param normed what its norm is given, float32
     */
    private record Merged(PatchMerging merging, Optional<Tensor> given, Tensor normed, LayerNorm.Normed norm) {}

    RecordedSwinLayer(SwinLayer layer, Tensor hidden, Context context) {
        super(layer.parameters(), context);
        this.layer = layer;
        normsFirst = layer.normsFirst();
        windows = layer.windows(hidden);
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            input = keep(scope, hidden.detach());
            Optional<LayerNorm.Normed> before = normsFirst
                    ? Optional.of(keep(layer.normOfAttention.record(input, context.dtype())))
                    : Optional.empty();
            Tensor windowed = windows.cut(before.map(LayerNorm.Normed::output).orElseGet(() -> cast(input)));
            cut = keepIfShort(scope, windowed);
            attention = layer.attention.record(
                    layer.attention.queryKeyValue.forward(windowed, context), windows, layer.name(), context);
            mixed = keep(scope, attention.output());
            Tensor joined = windows.joined(layer.attention.output.forward(mixed, context));
            Tensor attended = Tensors.to(layer.dropAttended(joined, context), Dtype.FLOAT32);
            normedByAttention = normsFirst ? input : keep(scope, attended);
            attentionNorm = before.orElseGet(() -> keep(layer.normOfAttention.record(attended, Dtype.FLOAT32)));
            Tensor byAttention = normsFirst ? attended : attentionNorm.output();
            between = keep(scope, torch.add(input, layer.attentionPath(byAttention, context)));

            Optional<LayerNorm.Normed> after =
                    normsFirst ? Optional.of(keep(layer.normOfMlp.record(between, context.dtype()))) : Optional.empty();
            Tensor given = after.map(LayerNorm.Normed::output).orElseGet(() -> cast(between));
            mlpInput = keepIfShort(scope, given);
            wide = keep(scope, layer.intermediate.forward(given, context));
            Tensor bent = layer.act().apply(wide);
            activated = keepIfShort(scope, bent);
            Tensor narrow = Tensors.to(layer.dropMlp(layer.output.forward(bent, context), context), Dtype.FLOAT32);
            normedByMlp = normsFirst ? between : keep(scope, narrow);
            mlpNorm = after.orElseGet(() -> keep(layer.normOfMlp.record(narrow, Dtype.FLOAT32)));
            Tensor byMlp = normsFirst ? narrow : mlpNorm.output();
            Tensor sum = torch.add(between, layer.mlpPath(byMlp, context));
            merged = layer.merging.map(merging -> merged(scope, merging, merging.merged(sum)));
            output = keep(scope, merged.map(this::reduced).orElse(sum));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** @param four {@code [batch, rows / 2, columns / 2, 4 * channels]} float32 */
    private Merged merged(Scope scope, PatchMerging merging, Tensor four) {
        if (normsFirst) {
            LayerNorm.Normed norm =
                    keep(merging.norm.record(keep(scope, four), context().dtype()));
            return new Merged(merging, keepIfShort(scope, norm.output()), four, norm);
        }
        Tensor given = keep(scope, cast(four));
        Tensor reduced = keep(scope, merging.reduced(given, context()));
        return new Merged(merging, Optional.of(given), reduced, keep(merging.norm.record(reduced, Dtype.FLOAT32)));
    }

    private Tensor reduced(Merged of) {
        return normsFirst ? of.merging.reduced(of.norm.output(), context()) : of.norm.output();
    }

    @Override
    public Tensor output() {
        return output.detach();
    }

    @Override
    protected Optional<Tensor> atInput(Scope scope, Tensor gradient) {
        Tensor atSum = merged.map(of -> atMerged(of, gradient)).orElse(gradient);
        Tensor atBetween = atSum.add(atBetweenByMlp(atSum));
        return Optional.of(atInputByAttention(scope, atBetween).add_(atBetween));
    }

    private Tensor atMerged(Merged of, Tensor gradient) {
        PatchMerging merging = of.merging;
        Tensor atReduced = normsFirst ? gradient : norm(merging.norm, gradient, of.normed, of.norm);
        Tensor given = of.given.orElseGet(() -> merging.norm.forward(of.normed));
        Tensor atGiven = product(merging.reduction, rows(atReduced), () -> given.flatten(0, 2))
                .view(given.shape());
        Tensor atFour =
                normsFirst ? norm(merging.norm, atGiven, of.normed, of.norm) : Tensors.to(atGiven, Dtype.FLOAT32);
        return merging.unmerged(atFour, input.shape());
    }

    /** Through the MLP and its norm, but not past them; float32. */
    private Tensor atBetweenByMlp(Tensor atSum) {
        try (Scope scope = new Scope()) {
            Tensor atPath = layer.mlpPath(atSum, context());
            Tensor atNarrow = normsFirst ? atPath : norm(layer.normOfMlp, atPath, normedByMlp, mlpNorm);
            Tensor bent = activated.orElseGet(() -> layer.act().apply(wide));
            Tensor atBent = product(layer.output, rows(layer.dropMlp(atNarrow, context())), () -> bent.flatten(0, 2));
            Tensor atWide = layer.act().backward(atBent, wide.flatten(0, 2));
            Tensor given = mlpInput.orElseGet(() -> normsFirst ? layer.normOfMlp.forward(between) : between);
            Tensor atGiven = product(layer.intermediate, atWide, () -> given.flatten(0, 2))
                    .view(between.shape());
            return scope.keep(
                    normsFirst
                            ? norm(layer.normOfMlp, atGiven, normedByMlp, mlpNorm)
                            : Tensors.to(atGiven, Dtype.FLOAT32));
        }
    }

    /** Through attention and its norm, but not past them; float32. */
    private Tensor atInputByAttention(Scope outer, Tensor atBetween) {
        try (Scope scope = new Scope()) {
            Tensor atPath = layer.attentionPath(atBetween, context());
            Tensor atAttended =
                    normsFirst ? atPath : norm(layer.normOfAttention, atPath, normedByAttention, attentionNorm);
            Tensor atJoined = windows.cut(cast(layer.dropAttended(atAttended, context())));
            Tensor atMixed = product(layer.attention.output, atJoined.flatten(0, 1), () -> mixed.flatten(0, 1));
            RecordedAttention.Gradient at = attention.backward(atMixed.view(mixed.shape()));
            bias(outer, at.bias().orElseThrow());
            Tensor given = cut.orElseGet(() -> windows.cut(normsFirst ? layer.normOfAttention.forward(input) : input));
            Tensor atCut = product(layer.attention.queryKeyValue, at.fused().flatten(0, 1), () -> given.flatten(0, 1));
            Tensor atGiven = windows.joined(atCut.view(given.shape()));
            return scope.keep(
                    normsFirst
                            ? norm(layer.normOfAttention, atGiven, normedByAttention, attentionNorm)
                            : Tensors.to(atGiven, Dtype.FLOAT32));
        }
    }

    /** What the bias is made of, and V2's scales. */
    private void bias(Scope outer, Tensor atBias) {
        PositionBias positions = layer.attention.positions();
        made(
                positions.weightNames(),
                weights -> positions.of(weights, layer.parameters().device()),
                atBias);
        layer.attention
                .recordedByAutograd()
                .forEach(name -> add(
                        name, outer.own(Tensors.takeGradient(layer.parameters().get(name)))));
    }

    private Tensor rows(Tensor places) {
        return cast(places).flatten(0, 2);
    }

    @Override
    public void close() {
        super.close();
        if (attention != null) {
            attention.close();
        }
    }
}
