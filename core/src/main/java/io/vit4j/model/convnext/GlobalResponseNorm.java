package io.vit4j.model.convnext;

import io.vit4j.model.Initialization;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Global response normalisation (Woo et al. 2023, equations 1 to 3): a channel of a picture counts for as much as its norm over all
 * places is of the channels' mean norm. With {@code g} these norms, {@code y = w x g / mean(g) + b + x}.
 */
final class GlobalResponseNorm {
    private static final double EPS = 1e-6;

    private final Parameters parameters;
    private final String name;

    /** @param name its weights are {@code NAME.weight} and {@code NAME.bias} */
    GlobalResponseNorm(Parameters parameters, String name) {
        this.parameters = parameters;
        this.name = name;
    }

    /** The weights of such a norm over so many channels: 0 at first, so that it changes nothing. */
    static Stream<ParameterSpec> specs(String name, int channels) {
        return Stream.of(
                new ParameterSpec(name + ".weight", Initialization.zeros(), 1, 1, 1, channels).withoutDecayInTimm(),
                new ParameterSpec(name + ".bias", Initialization.zeros(), 1, 1, 1, channels).withoutDecay());
    }

    /** {@code [batch, height, width, channels]} to the same, in its type; norms are summed in float32. */
    Tensor forward(Tensor x) {
        Tensor norms = torch.linalg_vector_norm(
                x,
                new Scalar(2.0),
                new long[] {1, 2},
                true,
                new ScalarTypeOptional(torch.ScalarType.Float)); // [batch, 1, 1, channels]
        Tensor mean = norms.mean(new long[] {-1}, true, new ScalarTypeOptional());
        Tensor relative = torch.div(norms, torch.add(mean, new Scalar(EPS)));
        Tensor scale = torch.mul(relative, parameters.get(name + ".weight")).add_(new Scalar(1.0));
        Tensor shift = parameters.get(name + ".bias");
        return torch.addcmul(shift.to(x.scalar_type()), x, scale.to(x.scalar_type()));
    }
}
