package io.vit4j.model.convnext;

import io.vit4j.model.Context;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A 7x7 convolution of each channel by itself, {@code [batch, rows, columns, channels]} to the same. The convolution sees the same
 * memory as a picture with its channels last.
 */
final class DepthwiseConvolution {
    private static final int KERNEL = 7;
    private static final long[] STRIDE = {1, 1};
    private static final long[] PADDING = {KERNEL / 2, KERNEL / 2};
    private static final long[] NO_PADDING = {0, 0};
    private static final long[] DILATION = {1, 1};
    private static final int FAST_COLUMNS = 3;

    private final Parameters parameters;
    private final String name;
    private final int channels;

    /** @param name its weights are {@code NAME.weight} {@code [channels, 1, 7, 7]} and {@code NAME.bias} */
    DepthwiseConvolution(Parameters parameters, String name, int channels) {
        this.parameters = parameters;
        this.name = name;
        this.channels = channels;
    }

    static List<ParameterSpec> specs(String name, int channels, Initialization init) {
        return List.of(
                new ParameterSpec(weight(name), init, channels, 1, KERNEL, KERNEL),
                new ParameterSpec(bias(name), Initialization.zeros(), channels).withoutDecay());
    }

    private static String weight(String name) {
        return name + ".weight";
    }

    private static String bias(String name) {
        return name + ".bias";
    }

    /** Operations of so many places of so many channels. */
    static double flops(long places, int channels) {
        return 2.0 * KERNEL * KERNEL * places * channels;
    }

    /** To float32. */
    Tensor forward(Tensor x, Context context) {
        return convolved(
                x,
                context.weight(parameters, weightName()),
                new TensorOptional(context.weight(parameters, biasName())),
                context);
    }

    /** The same in a graph. */
    Value write(GraphWriter graph, Value x) {
        Value convolved = graph.convolution(
                name,
                graph.permute(x, 0, 3, 1, 2),
                parameters.get(weightName()),
                Optional.of(parameters.get(biasName())),
                STRIDE,
                PADDING,
                channels);
        return graph.permute(convolved, 0, 2, 3, 1);
    }

    private Tensor convolved(Tensor x, Tensor kernel, TensorOptional bias, Context context) {
        Tensor channelsFirst = context.cast(x).permute(0, 3, 1, 2); // a view
        Tensor convolved = torch.conv2d(channelsFirst, kernel, bias, STRIDE, PADDING, DILATION, channels);
        return Tensors.to(convolved.permute(0, 2, 3, 1), Dtype.FLOAT32).contiguous();
    }

    /**
     * With respect to what it was given, {@code [batch, rows, columns, channels]} float32, and to its weights, in the products' type.
     */
    record Gradient(Tensor input, Tensor weight, Tensor bias) {}

    /**
     * The derivative; all of it lives in the caller's scope. With respect to the input it is a convolution with the kernel turned round.
     *
     * @param atOutput with respect to what it gave
     * @param x what it was given
     */
    Gradient gradient(Tensor atOutput, Tensor x, Context context) {
        Tensor turned = context.weights()
                .made(
                        weightName() + " turned",
                        () -> context.weight(parameters, weightName()).flip(2, 3));
        Tensor given = context.cast(atOutput).contiguous();
        return new Gradient(
                convolved(atOutput, turned, new TensorOptional(), context),
                weightGradient(given, context.cast(x)),
                Linear.sumOfRows(given.flatten(0, 2)));
    }

    /**
     * {@code [channels, 1, 7, 7]}. On a CPU some columns of the kernel at a time: oneDNN sums up to three of them by a kernel for depthwise
     * convolutions, and more as if channels were mixed, which is six times as slow (docs/experiments.md).
     */
    private Tensor weightGradient(Tensor atOutput, Tensor x) {
        long[] around = {0, 0, KERNEL / 2, KERNEL / 2, KERNEL / 2, KERNEL / 2};
        Tensor filled = torch.constant_pad_nd(x, around);
        int most = x.is_cpu() ? FAST_COLUMNS : KERNEL;
        TensorVector parts = new TensorVector();
        for (int column = 0; column < KERNEL; column += most) {
            int width = Math.min(most, KERNEL - column);
            Tensor seen = filled.narrow(2, column, x.size(2) + width - 1).contiguous();
            parts.push_back(columns(atOutput.permute(0, 3, 1, 2), seen.permute(0, 3, 1, 2), width));
        }
        return torch.cat(parts, 3);
    }

    /** Of so many columns of the kernel, {@code [channels, 1, 7, width]}; images have their channels first. */
    private Tensor columns(Tensor atOutput, Tensor seen, int width) {
        T_TensorTensorTensor_T gradient = torch.convolution_backward(
                atOutput,
                seen,
                seen.new_empty(channels, 1, KERNEL, width), // its shape matters alone
                new LongArrayRefOptional(),
                STRIDE,
                NO_PADDING,
                DILATION,
                false,
                NO_PADDING,
                channels,
                new BoolPointer(3).put(0, false).put(1, true).put(2, false));
        return new Tensor(gradient.get1());
    }

    /** {@return the name of its weight} */
    String weightName() {
        return weight(name);
    }

    /** {@return the name of its bias} */
    String biasName() {
        return bias(name);
    }
}
