package io.vit4j.model;

import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Layer normalisation over the last dimension (Ba et al. 2016), in float32. */
public final class LayerNorm {
    private final Parameters parameters;
    private final String weight;
    private final String bias;
    private final double eps;

    /**
     * A norm before it has weights.
     *
     * @param name its weights are {@code NAME.weight} and {@code NAME.bias}
     * @param eps added to the variance
     */
    public record Named(String name, double eps) {
        /** {@return its weights over so many numbers} */
        public Stream<ParameterSpec> specs(int size) {
            return LayerNorm.specs(name, size);
        }

        /** The norm itself. */
        public LayerNorm over(Parameters parameters) {
            return new LayerNorm(parameters, name, eps);
        }
    }

    /** @param name its weights are {@code NAME.weight} and {@code NAME.bias} */
    public LayerNorm(Parameters parameters, String name, double eps) {
        this.parameters = parameters;
        this.weight = name + ".weight";
        this.bias = name + ".bias";
        this.eps = eps;
    }

    /** {@return the weights of such a norm over so many numbers: 1 and 0 at first, without decay} */
    public static Stream<ParameterSpec> specs(String name, int size) {
        return Stream.of(
                new ParameterSpec(name + ".weight", Initialization.ones(), size).withoutDecay(),
                new ParameterSpec(name + ".bias", Initialization.zeros(), size).withoutDecay());
    }

    /** {@code [..., size]} to the same, float32. */
    public Tensor forward(Tensor x) {
        Tensor scale = parameters.get(weight);
        return torch.layer_norm(
                x,
                new long[] {scale.numel()},
                new TensorOptional(scale),
                new TensorOptional(parameters.get(bias)),
                eps,
                false);
    }

    /** The same in a graph. */
    public Value write(GraphWriter graph, Value x) {
        return graph.layerNorm(
                x,
                graph.constant(weight, () -> parameters.get(weight)),
                graph.constant(bias, () -> parameters.get(bias)),
                eps);
    }

    /**
     * A norm's output and what its derivative needs.
     *
     * @param output in the products' type, in the scope of whoever asked
     * @param mean of each row, float32; whoever asked owns it
     * @param inverseDeviation of each row, float32; whoever asked owns it
     */
    public record Normed(Tensor output, Tensor mean, Tensor inverseDeviation) {}

    /**
     * Forward, with what its derivative needs.
     *
     * @param x {@code [rows, size]} float32
     * @param dtype of the output
     */
    public Normed record(Tensor x, Dtype dtype) {
        try (Scope scope = new Scope()) {
            Tensor scale = parameters.get(weight);
            T_TensorTensorTensor_T normed = torch.native_layer_norm(
                    x,
                    new long[] {scale.numel()},
                    new TensorOptional(scale),
                    new TensorOptional(parameters.get(bias)),
                    eps);
            return new Normed(
                    scope.keep(new Tensor(Tensors.to(normed.get0(), dtype))),
                    scope.own(new Tensor(normed.get1())),
                    scope.own(new Tensor(normed.get2())));
        }
    }

    /** {@return whether its weight or its bias is trained} */
    public boolean trains() {
        return trains(weight) || trains(bias);
    }

    private boolean trains(String name) {
        return parameters.get(name).requires_grad();
    }

    /** Of what went in, in the caller's scope, and of what is trained of weight and bias, which outlive it; float32. */
    public record Gradient(Tensor input, Optional<Tensor> weight, Optional<Tensor> bias) implements AutoCloseable {
        @Override
        public void close() {
            weight.ifPresent(Tensor::close);
            bias.ifPresent(Tensor::close);
        }
    }

    /**
     * The derivative.
     *
     * @param atOutput in any float type
     * @param x what went in
     * @param normed what {@link #record} gave
     */
    public Gradient gradient(Tensor atOutput, Tensor x, Normed normed) {
        boolean ofWeight = trains(weight);
        boolean ofBias = trains(bias);
        try (Scope scope = new Scope()) {
            Tensor scale = parameters.get(weight);
            T_TensorTensorTensor_T gradient = torch.native_layer_norm_backward(
                    Tensors.to(atOutput, Dtype.FLOAT32),
                    x,
                    new long[] {scale.numel()},
                    normed.mean(),
                    normed.inverseDeviation(),
                    new TensorOptional(scale),
                    new TensorOptional(parameters.get(bias)),
                    asked(ofWeight, ofBias));
            return new Gradient(
                    scope.keep(new Tensor(gradient.get0())),
                    ofWeight ? Optional.of(scope.own(new Tensor(gradient.get1()))) : Optional.empty(),
                    ofBias ? Optional.of(scope.own(new Tensor(gradient.get2()))) : Optional.empty());
        }
    }

    /** Which of the three gradients are asked for. */
    private static BoolPointer asked(boolean ofWeight, boolean ofBias) {
        BoolPointer mask = new BoolPointer(3);
        mask.put(0, true);
        mask.put(1, ofWeight);
        mask.put(2, ofBias);
        return mask;
    }

    /** Adds such a gradient to the buffers. */
    public void accumulate(Gradient gradient) {
        gradient.weight().ifPresent(of -> parameters.addGradient(weight, of));
        gradient.bias().ifPresent(of -> parameters.addGradient(bias, of));
    }
}
