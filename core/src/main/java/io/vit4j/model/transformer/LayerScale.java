package io.vit4j.model.transformer;

import io.vit4j.model.Context;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A learned factor for each number that a residual connection adds (Touvron et al. 2021, CaiT).
 *
 * @param name of its weight {@code [hidden]}
 * @param initial what it is at first
 */
public record LayerScale(String name, double initial) {
    Stream<ParameterSpec> weights(int hidden) {
        return Stream.of(new ParameterSpec(name, Initialization.constant(initial), hidden));
    }

    /** {@code [..., hidden]} in any float type to the same, float32. */
    Tensor forward(Tensor x, Parameters parameters) {
        return torch.mul(x, parameters.get(name));
    }

    /** The same in a graph. */
    Value write(GraphWriter graph, Value x, Parameters parameters) {
        return graph.mul(x, graph.constant(name, () -> parameters.get(name)));
    }

    /**
     * Gradients of a linear map whose output is scaled, {@code y = s (x W' + b)}, and of the scale.
     *
     * @param map with respect to W and b
     * @param scale with respect to s, float32; whoever asked owns it
     */
    record Gradient(Linear.Gradient map, Tensor scale) {}

    /**
     * The derivative without what the map gave: with {@code P = g' x} over all rows and {@code q} the sum of g's rows, that of W is
     * {@code s P}, that of b is {@code s q}, and that of s is the sum of {@code W P} over the inputs plus {@code b q}.
     *
     * @param linear the map, trained as a whole
     * @param atScaled with respect to y, {@code [rows, out]} in the products' type
     * @param input of the map, {@code [rows, in]}
     */
    Gradient gradient(Linear linear, Tensor atScaled, Tensor input, Parameters parameters, Context context) {
        try (Scope scope = new Scope();
                Linear.Gradient unscaled = linear.gradient(atScaled, () -> input, Optional.empty(), context)) {
            Tensor factor = parameters.get(name).detach();
            Tensor products = Tensors.to(unscaled.weight().orElseThrow(), Dtype.FLOAT32);
            Tensor atScale = torch.mul(products, linear.weight(context)).sum(1);
            Optional<Tensor> atBias = unscaled.bias().map(sum -> {
                atScale.add_(torch.mul(sum, linear.bias(context).orElseThrow()));
                return scope.own(torch.mul(sum, factor));
            });
            Tensor atWeight = scope.own(torch.mul(products, factor.unsqueeze(1)));
            return new Gradient(new Linear.Gradient(atWeight, atBias), scope.own(atScale));
        }
    }
}
