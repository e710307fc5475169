package io.vit4j.model;

import io.vit4j.torch.PackedLinear;
import io.vit4j.torch.Scope;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** {@code x W' + b}: one linear map, or several of the same input fused into one product, their outputs side by side. */
public final class Linear {
    private final Parameters parameters;
    private final Part weight;
    private final Optional<Part> bias;

    /**
     * Weights or biases of all fused maps.
     *
     * @param key under which they are kept in {@link StepWeights}
     * @param names of each
     */
    private record Part(String key, List<String> names) {
        static Part of(String suffix, String... maps) {
            return new Part(
                    String.join("+", maps) + suffix,
                    Stream.of(maps).map(map -> map + suffix).toList());
        }
    }

    /**
     * @param bias whether it has one
     * @param names of the maps: their weights are {@code NAME.weight} and {@code NAME.bias}
     */
    public Linear(Parameters parameters, boolean bias, String... names) {
        this.parameters = parameters;
        this.weight = Part.of(".weight", names);
        this.bias = bias ? Optional.of(Part.of(".bias", names)) : Optional.empty();
    }

    /**
     * The weights of such maps. Those of maps that are fused lie one after the other, then their biases, so that together they are
     * one matrix.
     *
     * @param init how a weight starts; biases start at 0
     */
    public static Stream<ParameterSpec> specs(int in, int out, boolean bias, Initialization init, String... names) {
        Stream<ParameterSpec> weights =
                Stream.of(names).map(name -> new ParameterSpec(name + ".weight", init, out, in));
        Stream<ParameterSpec> biases = Stream.of(names)
                .map(name -> new ParameterSpec(name + ".bias", Initialization.zeros(), out).withoutDecay());
        return bias ? Stream.concat(weights, biases) : weights;
    }

    /** {@code [..., in]} to {@code [..., out]}, in the products' type. */
    public Tensor forward(Tensor x, Context context) {
        return forward(x, HiddenAct.LINEAR, context);
    }

    /** The same, and the activation after it. */
    public Tensor forward(Tensor x, HiddenAct act, Context context) {
        Optional<Tensor> shift = bias.map(part -> fused(part, context));
        Optional<Tensor> packed = context.weights().packed(weight.key(), weight.names(), parameters);
        if (packed.isEmpty()) {
            Tensor matrix = weight(context);
            return act.apply(torch.linear(
                    x,
                    matrix.dim() == 2 ? matrix : matrix.flatten(1, -1), // of patches
                    shift.map(TensorOptional::new).orElseGet(TensorOptional::new)));
        }
        return act.fused()
                .map(fused -> PackedLinear.forward(x, packed.get(), shift, fused))
                .orElseGet(() -> act.apply(PackedLinear.forward(x, packed.get(), shift, PackedLinear.Activation.NONE)));
    }

    /** {@return the weights of all fused maps, {@code [out, in]}, in the products' type} */
    public Tensor weight(Context context) {
        return fused(weight, context);
    }

    /** {@return the biases of all fused maps, {@code [out]}, in the products' type} */
    public Tensor bias(Context context) {
        return fused(bias.orElseThrow(), context);
    }

    private Tensor fused(Part part, Context context) {
        return context.weights().of(part.key(), part.names(), parameters);
    }

    /**
     * Of weight and bias, of all fused parts; whoever calls owns it.
     *
     * @param weight {@code [out, in]} in the products' type
     * @param bias {@code [out]} in the products' type
     */
    public record Gradient(Tensor weight, Optional<Tensor> bias) implements AutoCloseable {
        @Override
        public void close() {
            weight.close();
            bias.ifPresent(Tensor::close);
        }
    }

    /**
     * The derivative with respect to weights and biases.
     *
     * @param atOutput {@code [rows, out]}
     * @param input {@code [rows, in]}
     */
    public Gradient gradient(Tensor atOutput, Tensor input) {
        try (Scope scope = new Scope()) {
            return new Gradient(
                    scope.own(torch.mm(atOutput.t(), input)), bias.map(part -> scope.own(sumOfRows(atOutput))));
        }
    }

    private static Tensor sumOfRows(Tensor rows) {
        if (!rows.is_cpu()) {
            return rows.sum(new long[] {0});
        }
        // a product with ones: four times as fast as libtorch's sum over rows in bfloat16, summed in float32 all the
        // same
        return torch.mm(rows.new_ones(1, rows.size(0)), rows).view(rows.size(1));
    }

    /** Adds such a gradient to the buffers, each fused part its rows. */
    public void accumulate(Gradient gradient) {
        accumulate(weight, gradient.weight());
        bias.ifPresent(part -> accumulate(part, gradient.bias().orElseThrow()));
    }

    private void accumulate(Part part, Tensor gradient) {
        if (part.names().size() == 1) {
            parameters.addGradient(part.names().get(0), gradient);
            return;
        }
        try (Scope scope = new Scope()) {
            long from = 0;
            for (String name : part.names()) {
                long rows = parameters.get(name).size(0);
                parameters.addGradient(name, gradient.narrow(0, from, rows));
                from += rows;
            }
        }
    }
}
