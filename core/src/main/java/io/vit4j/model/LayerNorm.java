package io.vit4j.model;

import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Layer normalisation over the last dimension (Ba et al. 2016), in float32. */
final class LayerNorm {
    private final Parameters parameters;
    private final String name;
    private final double eps;

    LayerNorm(Parameters parameters, String name, double eps) {
        this.parameters = parameters;
        this.name = name;
        this.eps = eps;
    }

    static Stream<ParameterSpec> specs(String name, int size) {
        return Stream.of(
                new ParameterSpec(name + ".weight", ParameterSpec.Init.ONES, size),
                new ParameterSpec(name + ".bias", ParameterSpec.Init.ZEROS, size));
    }

    Tensor forward(Tensor x) {
        Tensor weight = parameters.get(name + ".weight");
        return torch.layer_norm(
                x,
                new long[] {weight.numel()},
                new TensorOptional(weight),
                new TensorOptional(parameters.get(name + ".bias")),
                eps,
                false);
    }
}
