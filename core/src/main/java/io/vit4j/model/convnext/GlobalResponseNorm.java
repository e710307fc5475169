package io.vit4j.model.convnext;

import io.vit4j.model.Initialization;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
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

    /** {@return the name of its weight} */
    String weightName() {
        return name + ".weight";
    }

    /** {@return the name of its bias} */
    String biasName() {
        return name + ".bias";
    }

    /** {@code [batch, height, width, channels]} to the same, in its type; norms are summed in float32. */
    Tensor forward(Tensor x) {
        Tensor norms = norms(x);
        Tensor shift = parameters.get(biasName());
        return torch.addcmul(
                shift.to(x.scalar_type()),
                x,
                scale(relative(norms, mean(norms))).to(x.scalar_type()));
    }

    /** The same in a graph, in float32. */
    Value write(GraphWriter graph, Value given) {
        Value x = graph.toFloat(given);
        Value norms = graph.norm(x, 1, 2);
        Value relative = graph.div(norms, graph.add(graph.meanKept(norms, -1), EPS));
        Value scale =
                graph.add(graph.mul(relative, graph.constant(weightName(), () -> parameters.get(weightName()))), 1);
        return graph.add(graph.mul(x, scale), graph.constant(biasName(), () -> parameters.get(biasName())));
    }

    /** Of every channel over all places, {@code [batch, 1, 1, channels]} float32. */
    private static Tensor norms(Tensor x) {
        return torch.linalg_vector_norm(
                x, new Scalar(2.0), new long[] {1, 2}, true, new ScalarTypeOptional(torch.ScalarType.Float));
    }

    /** {@code [batch, 1, 1, 1]}, with what keeps it from 0. */
    private static Tensor mean(Tensor norms) {
        return torch.add(norms.mean(new long[] {-1}, true, new ScalarTypeOptional()), new Scalar(EPS));
    }

    private static Tensor relative(Tensor norms, Tensor mean) {
        return torch.div(norms, mean);
    }

    private Tensor scale(Tensor relative) {
        return torch.mul(relative, parameters.get(weightName())).add_(new Scalar(1.0));
    }

    /** With respect to what it was given, in its type, and to its weights, float32 in their shapes. */
    record Gradient(Tensor input, Tensor weight, Tensor bias) {}

    /**
     * The derivative. Of a channel's factor {@code s = w r + 1}, with {@code r = g / m} and {@code m} the mean of {@code g}, it is the sum
     * {@code a} of {@code y' x} over places; so that of {@code g} is {@code a w / m} less the mean of {@code a w g} over channels by
     * {@code m²}, and that of {@code x} is {@code y' s + g' x / g}. A channel that is 0 everywhere has no direction, and gets {@code y' s}.
     *
     * @param atOutput with respect to what it gave
     * @param x what it was given
     */
    Gradient gradient(Tensor atOutput, Tensor x) {
        Tensor norms = norms(x);
        Tensor mean = mean(norms);
        Tensor relative = relative(norms, mean);
        Tensor atFactor = sum(torch.mul(atOutput, x), 1, 2); // [batch, 1, 1, channels]
        Tensor atRelative = torch.mul(atFactor, parameters.get(weightName()));
        Tensor byMean = torch.mul(atRelative, relative).mean(new long[] {-1}, true, new ScalarTypeOptional());
        Tensor atNorms = torch.div(torch.sub(atRelative, byMean), mean);
        Tensor along = torch.div(atNorms, norms).masked_fill_(norms.eq(new Scalar(0.0)), new Scalar(0.0));
        Tensor atInput =
                torch.addcmul(torch.mul(atOutput, scale(relative).to(x.scalar_type())), x, along.to(x.scalar_type()));
        return new Gradient(atInput, sum(torch.mul(atFactor, relative), 0), sum(atOutput, 0, 1, 2));
    }

    private static Tensor sum(Tensor x, long... dimensions) {
        return x.sum(dimensions, true, new ScalarTypeOptional(torch.ScalarType.Float));
    }
}
