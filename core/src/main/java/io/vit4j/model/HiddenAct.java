package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.PackedLinear;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;

/** The activation between the two linear layers of an MLP, under the names of transformers' {@code ACT2FN}. */
public enum HiddenAct {
    /** Exact, by the error function (Hendrycks and Gimpel 2016). */
    GELU("gelu"),
    /** GELU by its tanh approximation. */
    GELU_NEW("gelu_new"),
    /** GELU by its tanh approximation. */
    GELU_PYTORCH_TANH("gelu_pytorch_tanh"),
    /** GELU by its tanh approximation. */
    GELU_FAST("gelu_fast"),
    /** {@code x sigmoid(1.702 x)}. */
    QUICK_GELU("quick_gelu"),
    /** {@code max(0, x)}. */
    RELU("relu"),
    /** {@code min(max(0, x), 6)}. */
    RELU6("relu6"),
    /** {@code x} above 0, {@code 0.01 x} below. */
    LEAKY_RELU("leaky_relu"),
    /** {@code x sigmoid(x)}. */
    SILU("silu"),
    /** Another name of SiLU. */
    SWISH("swish"),
    /** {@code x tanh(softplus(x))} (Misra 2019). */
    MISH("mish"),
    /** {@code 1 / (1 + exp(-x))}. */
    SIGMOID("sigmoid"),
    /** Hyperbolic tangent. */
    TANH("tanh"),
    /** As it is. */
    LINEAR("linear");

    private static final double QUICK = 1.702;
    private static final double HIGHEST_OF_RELU6 = 6;
    private static final double LEAK = 0.01;

    private final String label;

    HiddenAct(String label) {
        this.label = label;
    }

    /** The activation of that name in a {@code config.json}. */
    public static HiddenAct parse(String name) {
        for (HiddenAct act : values()) {
            if (act.label.equals(name)) {
                return act;
            }
        }
        throw new InputException("hidden_act '" + name + "' is unknown; known ones are " + Arrays.toString(values()));
    }

    /** Applied value by value; same shape and type. */
    public Tensor apply(Tensor x) {
        return switch (this) {
            case GELU -> torch.gelu(x);
            case GELU_NEW, GELU_PYTORCH_TANH, GELU_FAST -> torch.gelu(x, "tanh");
            case QUICK_GELU -> torch.mul(x, torch.sigmoid(torch.mul(x, new Scalar(QUICK))));
            case RELU -> torch.relu(x);
            case RELU6 -> torch.relu6(x);
            case LEAKY_RELU -> torch.leaky_relu(x);
            case SILU, SWISH -> torch.silu(x);
            case MISH -> torch.mish(x);
            case SIGMOID -> torch.sigmoid(x);
            case TANH -> torch.tanh(x);
            case LINEAR -> x;
        };
    }

    /** The same into a tensor that nobody else has, in place if libtorch can. */
    Tensor applyTo(Tensor own) {
        return switch (this) {
            case GELU -> torch.gelu_(own);
            case SILU, SWISH -> torch.silu_(own);
            case RELU -> torch.relu_(own);
            default -> apply(own);
        };
    }

    /** The same in a graph. */
    public Value write(GraphWriter graph, Value x) {
        return switch (this) {
            case GELU -> graph.gelu(x);
            case GELU_NEW, GELU_PYTORCH_TANH, GELU_FAST -> graph.geluByTanh(x);
            case QUICK_GELU -> graph.mul(x, graph.unary("Sigmoid", graph.mul(x, QUICK)));
            case RELU -> graph.unary("Relu", x);
            case RELU6 -> graph.min(graph.unary("Relu", x), HIGHEST_OF_RELU6);
            case LEAKY_RELU -> graph.leakyRelu(x, LEAK);
            case SILU, SWISH -> graph.mul(x, graph.unary("Sigmoid", x));
            case MISH -> graph.mul(x, graph.unary("Tanh", graph.unary("Softplus", x)));
            case SIGMOID -> graph.unary("Sigmoid", x);
            case TANH -> graph.unary("Tanh", x);
            case LINEAR -> x;
        };
    }

    /** The same as part of a product over packed weights, where that has it. */
    Optional<PackedLinear.Activation> fused() {
        return switch (this) {
            case GELU -> Optional.of(PackedLinear.Activation.GELU);
            case GELU_NEW, GELU_PYTORCH_TANH, GELU_FAST -> Optional.of(PackedLinear.Activation.GELU_TANH);
            case LINEAR -> Optional.of(PackedLinear.Activation.NONE);
            default -> Optional.empty();
        };
    }

    /**
     * The derivative, value by value.
     *
     * @param gradient with respect to what {@link #apply} gave
     * @param x what it was given
     */
    public Tensor backward(Tensor gradient, Tensor x) {
        return switch (this) {
            case GELU -> torch.gelu_backward(gradient, x);
            case GELU_NEW, GELU_PYTORCH_TANH, GELU_FAST -> torch.gelu_backward(gradient, x, "tanh");
            case SILU, SWISH -> torch.silu_backward(gradient, x);
            case QUICK_GELU ->
                torch.silu_backward(gradient, torch.mul(x, new Scalar(QUICK))); // x sigmoid(qx) is silu(qx) / q
            case LINEAR -> gradient;
            default -> byAutograd(gradient, x);
        };
    }

    private Tensor byAutograd(Tensor gradient, Tensor x) {
        try (Scope scope = new Scope();
                Autograd on = Autograd.on()) {
            Tensor leaf = Tensors.leaf(x);
            apply(leaf).backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
            return scope.keep(Tensors.gradient(leaf));
        }
    }

    @Override
    public String toString() {
        return label;
    }
}
