package io.vit4j.torch;

import java.util.Optional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A linear map {@code x W' + b} over a weight that was brought once into the layout in which oneDNN multiplies. Over a plain
 * weight every product brings the whole of it into that layout first, on every thread that multiplies by it
 * (docs/performance.md). For weights that do not move, on a CPU; there is no derivative.
 */
public final class PackedLinear {
    /** Rows that the layout is chosen for; it was the same for 98, 197 and 788. */
    private static final long ROWS = 197;

    /**
     * With AVX-512, oneDNN 3.7 computes wrong numbers from packed float32 weights whose outputs do not fill up blocks of this many:
     * of 48 outputs the last 16 are wrong, of 1000 the last 40.
     */
    private static final long FLOAT32_BLOCK = 64;

    private PackedLinear() {}

    /** Whether weights of this type can be packed there: oneDNN is in this build, and the processor multiplies the type. */
    public static boolean isSupported(Dtype dtype, Device device) {
        boolean multiplies = dtype == Dtype.FLOAT32 || (dtype == Dtype.BFLOAT16 && TorchRuntime.cpuHasBfloat16());
        boolean x86 =
                System.getProperty("os.arch").matches("amd64|x86_64"); // elsewhere oneDNN hands on to other libraries
        return device.isCpu() && multiplies && x86 && torch.hasMKLDNN();
    }

    /** Whether products of so many outputs are right if their weights are packed. */
    public static boolean isExact(Dtype dtype, long outputs) {
        return dtype != Dtype.FLOAT32 || outputs % FLOAT32_BLOCK == 0;
    }

    /**
     * @param weight {@code [out, in]}, for which {@link #isExact} holds; all dimensions after the first count as one
     * @return the same numbers in oneDNN's layout, for {@link #forward} alone
     */
    public static Tensor pack(Tensor weight) {
        return new Tensor(Reorder.OPERATOR
                .call(new IValue(weight.flatten(1, -1)), new IValue(ROWS))
                .get(0)
                .toTensor());
    }

    /** What is done with a product's numbers before they are written. */
    public enum Activation {
        /** Nothing. */
        NONE("none", "none"),
        /** GELU by the error function. */
        GELU("gelu", "none"),
        /** GELU by its tanh approximation. */
        GELU_TANH("gelu", "tanh");

        private final String attribute;
        private final String algorithm;

        Activation(String attribute, String algorithm) {
            this.attribute = attribute;
            this.algorithm = algorithm;
        }
    }

    /**
     * @param x {@code [..., in]} in the weight's type
     * @param packed what {@link #pack} gave
     * @param bias {@code [out]} in the weight's type
     * @return {@code [..., out]}
     */
    public static Tensor forward(Tensor x, Tensor packed, Optional<Tensor> bias, Activation activation) {
        return new Tensor(Product.OPERATOR
                .call(
                        new IValue(x),
                        new IValue(packed),
                        bias.map(IValue::new).orElseGet(IValue::new),
                        new IValue(activation.attribute),
                        Product.NO_NUMBERS,
                        new IValue(activation.algorithm))
                .get(0)
                .toTensor());
    }

    private static final class Reorder {
        static final Operator OPERATOR = Operator.named("mkldnn::_reorder_linear_weight", "");
    }

    private static final class Product {
        static final Operator OPERATOR = Operator.named("mkldnn::_linear_pointwise", "");

        /** What an activation would be told. */
        static final IValue NO_NUMBERS = OPERATOR.emptyList(4);

        static {
            NO_NUMBERS.retainReference(); // past the scope that is open here
        }
    }
}
