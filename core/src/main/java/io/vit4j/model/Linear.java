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
final class Linear {
    private final Parameters parameters;
    private final String key;
    private final List<String> names;
    private final boolean bias;

    Linear(Parameters parameters, boolean bias, String... names) {
        this.parameters = parameters;
        this.key = String.join("+", names);
        this.names = List.of(names);
        this.bias = bias;
    }

    /** Weights of maps that are fused lie one after the other, then their biases, so that together they are one matrix. */
    static Stream<ParameterSpec> specs(int in, int out, boolean bias, String... names) {
        Stream<ParameterSpec> weights =
                Stream.of(names).map(name -> new ParameterSpec(name + ".weight", ParameterSpec.Init.NORMAL, out, in));
        Stream<ParameterSpec> biases =
                Stream.of(names).map(name -> new ParameterSpec(name + ".bias", ParameterSpec.Init.ZEROS, out));
        return bias ? Stream.concat(weights, biases) : weights;
    }

    /** {@code [..., in]} to {@code [..., out]}, in the products' type. */
    Tensor forward(Tensor x, Context context) {
        return forward(x, HiddenAct.LINEAR, context);
    }

    /** The same, and the activation after it. */
    Tensor forward(Tensor x, HiddenAct act, Context context) {
        Optional<Tensor> shift = bias ? Optional.of(bias(context)) : Optional.empty();
        if (!context.weights().packs()) {
            Tensor weight = weight(context);
            return act.apply(torch.linear(
                    x,
                    weight.dim() == 2 ? weight : weight.flatten(1, -1), // of patches
                    shift.map(TensorOptional::new).orElseGet(TensorOptional::new)));
        }
        List<String> parts = names.stream().map(name -> name + ".weight").toList();
        Tensor packed = context.weights().packed(key + ".weight", parts, () -> together(".weight"));
        return act.fused()
                .map(fused -> PackedLinear.forward(x, packed, shift, fused))
                .orElseGet(() -> act.apply(PackedLinear.forward(x, packed, shift, PackedLinear.Activation.NONE)));
    }

    Tensor weight(Context context) {
        return fused(".weight", context);
    }

    Tensor bias(Context context) {
        return fused(".bias", context);
    }

    private Tensor fused(String suffix, Context context) {
        return context.weights().of(key + suffix, () -> together(suffix));
    }

    private Tensor together(String suffix) {
        return parameters.together(names.stream().map(name -> name + suffix).toList());
    }

    /**
     * Of weight and bias, of all fused parts; whoever calls owns it.
     *
     * @param weight {@code [out, in]} in the products' type
     * @param bias {@code [out]} in the products' type
     */
    record Gradient(Tensor weight, Optional<Tensor> bias) implements AutoCloseable {
        @Override
        public void close() {
            weight.close();
            bias.ifPresent(Tensor::close);
        }
    }

    /**
     * @param atOutput {@code [rows, out]}
     * @param input {@code [rows, in]}
     */
    Gradient gradient(Tensor atOutput, Tensor input) {
        try (Scope scope = new Scope()) {
            Tensor weight = scope.own(torch.mm(atOutput.t(), input));
            return new Gradient(weight, bias ? Optional.of(scope.own(sumOfRows(atOutput))) : Optional.empty());
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

    /** Hands each fused part its rows. */
    void accumulate(Gradient gradient) {
        if (names.size() == 1) {
            parameters.addGradient(names.get(0) + ".weight", gradient.weight());
            gradient.bias().ifPresent(of -> parameters.addGradient(names.get(0) + ".bias", of));
            return;
        }
        try (Scope scope = new Scope()) {
            long from = 0;
            for (String name : names) {
                long rows = parameters.get(name + ".weight").size(0);
                parameters.addGradient(name + ".weight", gradient.weight().narrow(0, from, rows));
                if (bias) {
                    parameters.addGradient(
                            name + ".bias", gradient.bias().orElseThrow().narrow(0, from, rows));
                }
                from += rows;
            }
        }
    }
}
