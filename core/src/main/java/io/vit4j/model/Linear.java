package io.vit4j.model;

import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
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

    static Stream<ParameterSpec> specs(String name, int in, int out, boolean bias) {
        Stream<ParameterSpec> weight =
                Stream.of(new ParameterSpec(name + ".weight", ParameterSpec.Init.NORMAL, out, in));
        return bias
                ? Stream.concat(weight, Stream.of(new ParameterSpec(name + ".bias", ParameterSpec.Init.ZEROS, out)))
                : weight;
    }

    /** {@code [..., in]} to {@code [..., out]}, in the products' type. */
    Tensor forward(Tensor x, Context context) {
        return bias
                ? torch.linear(x, weight(context), new TensorOptional(bias(context)))
                : torch.linear(x, weight(context));
    }

    Tensor weight(Context context) {
        return fused(".weight", context);
    }

    Tensor bias(Context context) {
        return fused(".bias", context);
    }

    private Tensor fused(String suffix, Context context) {
        return context.weights().of(key + suffix, () -> {
            if (names.size() == 1) {
                return parameters.get(names.get(0) + suffix);
            }
            TensorVector parts = new TensorVector();
            names.forEach(name -> parts.push_back(parameters.get(name + suffix)));
            return torch.cat(parts, 0);
        });
    }
}
