package io.vit4j.model;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;

/**
 * A block's forward whose derivative is written out rather than recorded by autograd: what forward keeps for it, and the gradients
 * of weights until they are added to their buffers. A subclass computes forward in its constructor, keeping what it needs, and the
 * chain rule in {@link #backward}. Recording of gradients is off in both.
 */
public abstract class WrittenDerivative implements Recorded {
    private final Parameters parameters;
    private final Context context;
    private final List<Tensor> kept = new ArrayList<>();
    private final Map<Linear, Linear.Gradient> maps = new LinkedHashMap<>();
    private final Map<LayerNorm, LayerNorm.Gradient> norms = new LinkedHashMap<>();
    private final Map<String, Tensor> others = new LinkedHashMap<>(); // gradients of single weights by name

    /** @param parameters the block's */
    protected WrittenDerivative(Parameters parameters, Context context) {
        this.parameters = parameters;
        this.context = context;
    }

    /**
     * Whether a block can be walked so: if its input and all its weights get gradients, and nobody looks inside.
     *
     * @param inputGradient whether that of the input is needed
     */
    public static boolean covers(Block block, boolean inputGradient, Context context) {
        return inputGradient
                && context.tap().isEmpty()
                && block.definition().weights().stream()
                        .allMatch(
                                weight -> block.parameters().get(weight.name()).requires_grad());
    }

    /** {@return how the block is walked} */
    protected final Context context() {
        return context;
    }

    /** {@return a weight of the block, without a graph} */
    protected final Tensor weight(String name) {
        return parameters.get(name).detach();
    }

    /** Keeps a tensor until this is closed. */
    protected final Tensor keep(Scope scope, Tensor tensor) {
        kept.add(scope.own(tensor));
        return tensor;
    }

    /**
     * Keeps a tensor that can be computed again without a matrix product, but only in the short types. In float32 it would take twice
     * the memory, and computing it again costs half as large a share of the time.
     */
    protected final Optional<Tensor> keepIfShort(Scope scope, Tensor tensor) {
        return context.dtype() == Dtype.FLOAT32 ? Optional.empty() : Optional.of(keep(scope, tensor));
    }

    /** Keeps a norm's means and deviations until this is closed; its output lives as long as the caller's scope. */
    protected final LayerNorm.Normed keep(LayerNorm.Normed normed) {
        kept.add(normed.mean());
        kept.add(normed.inverseDeviation());
        return normed;
    }

    /** {@return a tensor in the products' type} */
    protected final Tensor cast(Tensor rows) {
        return Tensors.to(rows, context.dtype());
    }

    /**
     * Back through a linear map.
     *
     * @param atOutput gradient with respect to its output, {@code [rows, out]} in the products' type
     * @param input gives what it was given, {@code [rows, in]}; asked if the weights are trained
     * @return gradient with respect to the input, {@code [rows, in]}
     */
    protected final Tensor product(Linear linear, Tensor atOutput, Supplier<Tensor> input) {
        Tensor atInput = linear.atInput(atOutput, context);
        add(linear, linear.gradient(atOutput, input, Optional.of(atInput), context));
        return atInput;
    }

    /**
     * Back through a layer norm, to float32.
     *
     * @param input what it was given, float32
     * @param normed what forward kept
     */
    protected final Tensor norm(LayerNorm norm, Tensor atOutput, Tensor input, LayerNorm.Normed normed) {
        LayerNorm.Gradient gradient = norm.gradient(atOutput, input, normed);
        norms.put(norm, gradient);
        return gradient.input();
    }

    /**
     * Back by autograd through what is made of weights alone, the same for all pictures and so little beside the rest.
     *
     * @param weights that it is made of, by name
     * @param making it, of each by its name
     * @param gradient with respect to it
     */
    protected final void made(
            List<String> weights, Function<Function<String, Tensor>, Tensor> making, Tensor gradient) {
        try (Scope scope = new Scope();
                Autograd on = Autograd.on()) {
            Map<String, Tensor> leaves = new LinkedHashMap<>();
            weights.forEach(name -> leaves.put(name, Tensors.leaf(parameters.get(name))));
            making.apply(leaves::get).backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
            leaves.forEach((name, leaf) -> add(name, scope.own(Tensors.takeGradient(leaf))));
        }
    }

    /** Takes over the gradient of a weight, which outlives the caller's scope. */
    protected final void add(String weight, Tensor gradient) {
        others.put(weight, gradient);
    }

    /** Takes over the gradients of a linear map. */
    protected final void add(Linear linear, Linear.Gradient gradient) {
        maps.put(linear, gradient);
    }

    @Override
    public final Optional<Tensor> backward(Tensor gradient) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            return atInput(scope, gradient).map(scope::keep);
        }
    }

    /**
     * The chain rule, from the gradient with respect to the output to that of the input, in their shapes, float32.
     *
     * @param scope of this call; what is given to {@link #add} is owned through it
     * @return empty if the input needs no gradient
     */
    protected abstract Optional<Tensor> atInput(Scope scope, Tensor gradient);

    @Override
    public final void accumulate() {
        try (Autograd off = Autograd.off()) {
            maps.forEach(Linear::accumulate);
            norms.forEach(LayerNorm::accumulate);
            others.forEach(parameters::addGradient);
        }
        forget();
    }

    private void forget() {
        maps.values().forEach(Linear.Gradient::close);
        maps.clear();
        norms.values().forEach(LayerNorm.Gradient::close);
        norms.clear();
        others.values().forEach(Tensor::close);
        others.clear();
    }

    @Override
    public void close() {
        forget();
        kept.forEach(Tensor::close);
        kept.clear();
    }
}
