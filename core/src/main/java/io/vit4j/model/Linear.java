package io.vit4j.model;

import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.LinearMap;
import io.vit4j.torch.PackedLinear;
import io.vit4j.torch.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
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
    private final List<Adapted> adapters;
    private final String key;
    private final boolean matrices;

    /**
     * A map with an adapter.
     *
     * @param from the first of its outputs among those of all fused maps
     * @param outputs how many it has
     */
    private record Adapted(LowRank adapter, long from, long outputs) {
        Tensor of(Tensor all) {
            return all.narrow(-1, from, outputs);
        }
    }

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
        matrices = weights.stream().allMatch(name -> shape(name).length == 2);
        adapters = adapters();
    }

    private List<Adapted> adapters() {
        List<Adapted> found = new ArrayList<>();
        long from = 0;
        for (Named map : maps) {
            long outputs = shape(map.weight())[0];
            long first = from;
            LowRank.of(parameters, map.name()).ifPresent(adapter -> found.add(new Adapted(adapter, first, outputs)));
            from += outputs;
        }
        return List.copyOf(found);
    }

    private long[] shape(String name) {
        return parameters.entry(name).orElseThrow().spec().shape();
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
                maps.stream()
                        .map(map ->
                                new ParameterSpec(map.weight(), init, out, in).as(ParameterSpec.LinearMap.INSTANCE)),
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
        if (adapters.isEmpty()) {
            return ofMaps(x, act, context);
        }
        Tensor out = ofMaps(x, HiddenAct.LINEAR, context);
        adapters.forEach(adapted -> adapted.adapter().addTo(adapted.of(out), x, context));
        return act.apply(out);
    }

    /** Without adapters. */
    private Tensor ofMaps(Tensor x, HiddenAct act, Context context) {
        Optional<Tensor> shift = bias(context);
        if (matrices) { // patches are projected as they are
            Optional<LinearMap> quantized = context.weights().quantized(key + ".weight", weights, parameters);
            if (quantized.isPresent()) {
                return act.applyTo(quantized.get().forward(x, shift));
            }
        }
        Optional<Tensor> packed = context.weights().packed(key + ".weight", weights, parameters);
        if (packed.isEmpty()) {
            return act.apply(torch.linear(
                    x, matrix(context), shift.map(TensorOptional::new).orElseGet(TensorOptional::new)));
        }
        return act.fused()
                .map(fused -> PackedLinear.forward(x, packed.get(), shift, fused))
                .orElseGet(() -> act.apply(PackedLinear.forward(x, packed.get(), shift, PackedLinear.Activation.NONE)));
    }

    /** The same in a graph, with adapters merged: {@code [..., in]} to {@code [..., out]} in the products' type. */
    public Value write(GraphWriter graph, Value x) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor together = parameters.together(weights).flatten(1, -1);
            Tensor matrix = adapters.isEmpty() ? together : together.clone();
            adapters.forEach(adapted -> adapted.adapter().mergeInto(matrix.narrow(0, adapted.from, adapted.outputs)));
            return graph.linear(key, x, matrix, biases.isEmpty() ? Optional.empty() : Optional.of(biasesAndZeros()));
        }
    }

    /**
     * A map of patches that do not overlap, in a graph.
     *
     * @param pixels {@code [batch, channels, height, width]}; those beyond the last whole patch belong to none
     * @return {@code [batch, out, rows, columns]} in the products' type
     */
    public Value writeConvolution(GraphWriter graph, Value pixels) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor weight = parameters.together(weights); // [out, channels, height, width]
            return graph.convolution(
                    key,
                    pixels,
                    weight,
                    biases.isEmpty() ? Optional.empty() : Optional.of(biasesAndZeros()),
                    new long[] {weight.size(2), weight.size(3)},
                    new long[] {0, 0},
                    1);
        }
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

    /** {@return whether a weight of it is trained, or an adapter, whose gradients need what went in} */
    public boolean needsInput() {
        return trainsWeights()
                || adapters.stream().anyMatch(adapted -> adapted.adapter().trains());
    }

    /** {@return whether all of its weights and biases are trained, and nothing is added to it} */
    public boolean trainsWhole() {
        return adapters.isEmpty()
                && weights.stream().allMatch(this::trains)
                && biases.stream().allMatch(this::trains);
    }

    private boolean trainsWeights() {
        return weights.stream().anyMatch(this::trains);
    }

    private boolean trains(String name) {
        return parameters.get(name).requires_grad();
    }

    /**
     * Of what is trained: weight and bias of all fused parts, and adapters; whoever calls owns it.
     *
     * @param weight {@code [out, in]} in the products' type
     * @param bias {@code [out]} in the products' type
     * @param adapters in the order of the maps that have one
     */
    public record Gradient(Optional<Tensor> weight, Optional<Tensor> bias, List<LowRank.Gradient> adapters)
            implements AutoCloseable {
        /** Of a map without adapters. */
        public Gradient(Tensor weight, Optional<Tensor> bias) {
            this(Optional.of(weight), bias, List.of());
        }

        @Override
        public void close() {
            weight.ifPresent(Tensor::close);
            bias.ifPresent(Tensor::close);
            adapters.forEach(adapter -> {
                adapter.down().close();
                adapter.up().close();
            });
        }
    }

    /**
     * The derivative with respect to what is trained.
     *
     * @param atOutput {@code [rows, out]}
     * @param input {@code [rows, in]}; asked for only if {@link #needsInput}
     * @param atInput what {@link #atInput} gave, to which adapters add their part; empty if nobody needs it
     */
    public Gradient gradient(Tensor atOutput, Supplier<Tensor> input, Optional<Tensor> atInput, Context context) {
        try (Scope scope = new Scope()) {
            Optional<Tensor> x = needsInput() || !adapters.isEmpty() ? Optional.of(input.get()) : Optional.empty();
            Optional<Tensor> weight = trainsWeights()
                    ? Optional.of(scope.own(torch.mm(atOutput.t(), x.orElseThrow())))
                    : Optional.empty();
            Optional<Tensor> bias = biases.stream().anyMatch(this::trains)
                    ? Optional.of(scope.own(sumOfRows(atOutput)))
                    : Optional.empty();
            List<LowRank.Gradient> each = new ArrayList<>();
            for (Adapted adapted : adapters) {
                LowRank.Gradient gradient =
                        adapted.adapter().gradient(adapted.of(atOutput), x.orElseThrow(), atInput, context);
                each.add(new LowRank.Gradient(scope.own(gradient.down()), scope.own(gradient.up())));
            }
            return new Gradient(weight, bias, List.copyOf(each));
        }
    }

    /**
     * The gradient with respect to the input but for the adapters' part, {@code [rows, in]}.
     *
     * @param atOutput {@code [rows, out]}
     */
    public Tensor atInput(Tensor atOutput, Context context) {
        return torch.mm(atOutput, matrix(context));
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
        try (Scope scope = new Scope()) {
            long from = 0;
            for (Named map : maps) {
                long rows = parameters.get(map.weight()).size(0);
                long first = from;
                if (trains(map.weight())) {
                    gradient.weight().ifPresent(all -> parameters.addGradient(map.weight(), part(all, first, rows)));
                }
                if (map.bias() && trains(map.biasName())) {
                    gradient.bias().ifPresent(all -> parameters.addGradient(map.biasName(), part(all, first, rows)));
                }
                from += rows;
            }
            for (int i = 0; i < adapters.size(); i++) {
                adapters.get(i).adapter().accumulate(gradient.adapters().get(i));
            }
        }
    }

    private static Tensor part(Tensor all, long from, long rows) {
        return all.size(0) == rows ? all : all.narrow(0, from, rows);
    }
}
