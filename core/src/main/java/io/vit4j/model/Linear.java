package io.vit4j.model;

import io.vit4j.torch.PackedLinear;
import io.vit4j.torch.Scope;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** {@code x W' + b}: one linear map, or several of the same input fused into one product, their outputs side by side. */
public final class Linear {
    private final Parameters parameters;
    private final List<Named> maps;
    private final List<String> weights;
    private final List<String> biases;
    private final String key;

    /**
     * One of the maps by name.
     *
     * @param name its weights are {@code NAME.weight} and, if it has one, {@code NAME.bias}
     * @param bias whether it has one
     */
    public record Named(String name, boolean bias) {
        /** One with a bias. */
        public static Named biased(String name) {
            return new Named(name, true);
        }

        private String weight() {
            return name + ".weight";
        }

        private String biasName() {
            return name + ".bias";
        }
    }

    /**
     * @param bias whether the maps have one
     * @param names of the maps: their weights are {@code NAME.weight} and {@code NAME.bias}
     */
    public Linear(Parameters parameters, boolean bias, String... names) {
        this(parameters, named(bias, names));
    }

    /** @param maps that take the same input, in the order of their outputs */
    public Linear(Parameters parameters, List<Named> maps) {
        this.parameters = parameters;
        this.maps = List.copyOf(maps);
        weights = maps.stream().map(Named::weight).toList();
        biases = maps.stream().filter(Named::bias).map(Named::biasName).toList();
        key = String.join("+", maps.stream().map(Named::name).toList());
    }

    private static List<Named> named(boolean bias, String... names) {
        return Stream.of(names).map(name -> new Named(name, bias)).toList();
    }

    /**
     * The weights of such maps. Those of maps that are fused lie one after the other, then their biases, so that together they are
     * one matrix.
     *
     * @param init how a weight starts; biases start at 0
     */
    public static Stream<ParameterSpec> specs(int in, int out, boolean bias, Initialization init, String... names) {
        return specs(in, out, init, named(bias, names));
    }

    /** The same of maps of which only some may have a bias. */
    public static Stream<ParameterSpec> specs(int in, int out, Initialization init, List<Named> maps) {
        return Stream.concat(
                maps.stream().map(map -> new ParameterSpec(map.weight(), init, out, in)),
                maps.stream()
                        .filter(Named::bias)
                        .map(map -> new ParameterSpec(map.biasName(), Initialization.zeros(), out).withoutDecay()));
    }

    /** {@code [..., in]} to {@code [..., out]}, in the products' type. */
    public Tensor forward(Tensor x, Context context) {
        return forward(x, HiddenAct.LINEAR, context);
    }

    /** The same, and the activation after it. */
    public Tensor forward(Tensor x, HiddenAct act, Context context) {
        Optional<Tensor> shift = bias(context);
        Optional<Tensor> packed = context.weights().packed(key + ".weight", weights, parameters);
        if (packed.isEmpty()) {
            return act.apply(torch.linear(
                    x, matrix(context), shift.map(TensorOptional::new).orElseGet(TensorOptional::new)));
        }
        return act.fused()
                .map(fused -> PackedLinear.forward(x, packed.get(), shift, fused))
                .orElseGet(() -> act.apply(PackedLinear.forward(x, packed.get(), shift, PackedLinear.Activation.NONE)));
    }

    /** {@return the weights of all fused maps, {@code [out, in]}, or as a map of patches has them, in the products' type} */
    public Tensor weight(Context context) {
        return context.weights().of(key + ".weight", weights, parameters);
    }

    /** {@return the same, {@code [out, in]}} */
    Tensor matrix(Context context) {
        Tensor weight = weight(context);
        return weight.dim() == 2 ? weight : weight.flatten(1, -1);
    }

    /** {@return the biases of all fused maps, {@code [out]}, in the products' type; 0 for a map that has none} */
    public Optional<Tensor> bias(Context context) {
        if (biases.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                biases.size() == maps.size()
                        ? context.weights().of(key + ".bias", biases, parameters)
                        : context.weights().made(key + ".bias", () -> context.cast(biasesAndZeros())));
    }

    private Tensor biasesAndZeros() {
        TensorVector parts = new TensorVector();
        for (Named map : maps) {
            Tensor matrix = parameters.get(map.weight());
            parts.push_back(map.bias() ? parameters.get(map.biasName()) : matrix.new_zeros(matrix.size(0)));
        }
        return torch.cat(parts, 0);
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
                    scope.own(torch.mm(atOutput.t(), input)),
                    biases.isEmpty() ? Optional.empty() : Optional.of(scope.own(sumOfRows(atOutput))));
        }
    }

    /** {@code [rows, n]} to {@code [n]}, in its type; a bias's gradient. */
    public static Tensor sumOfRows(Tensor rows) {
        if (!rows.is_cpu()) {
            return rows.sum(new long[] {0});
        }
        // a product with ones: four times as fast as libtorch's sum over rows in bfloat16, summed in float32 all the
        // same
        return torch.mm(rows.new_ones(1, rows.size(0)), rows).view(rows.size(1));
    }

    /** Adds such a gradient to the buffers, each fused part its rows. */
    public void accumulate(Gradient gradient) {
        if (maps.size() == 1) {
            parameters.addGradient(weights.get(0), gradient.weight());
            gradient.bias().ifPresent(bias -> parameters.addGradient(biases.get(0), bias));
            return;
        }
        try (Scope scope = new Scope()) {
            long from = 0;
            for (Named map : maps) {
                long rows = parameters.get(map.weight()).size(0);
                parameters.addGradient(map.weight(), gradient.weight().narrow(0, from, rows));
                if (map.bias()) {
                    parameters.addGradient(
                            map.biasName(), gradient.bias().orElseThrow().narrow(0, from, rows));
                }
                from += rows;
            }
        }
    }
}
