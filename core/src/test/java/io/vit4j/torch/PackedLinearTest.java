package io.vit4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.torch.PackedLinear.Activation;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products over packed weights against sums in Java. */
class PackedLinearTest {
    @ParameterizedTest
    @CsvSource({
        "FLOAT32,1,33,64,NONE,true",
        "FLOAT32,5,768,64,NONE,false",
        "FLOAT32,99,48,192,GELU,true",
        "FLOAT32,197,32,128,GELU_TANH,false",
        "BFLOAT16,1,768,48,NONE,true",
        "BFLOAT16,98,33,17,GELU,true",
        "BFLOAT16,788,64,96,GELU,false",
        "BFLOAT16,5,64,96,GELU_TANH,true"
    })
    void productsAreThoseOfThePlainWeights(
            Dtype dtype, int rows, int in, int out, Activation activation, boolean biased) {
        TorchRuntime.load();
        assumeTrue(PackedLinear.isSupported(dtype, Device.CPU), "this processor multiplies no " + dtype);
        assertThat(PackedLinear.isExact(dtype, out)).isTrue();
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor x = normal(dtype, 1, 1, rows, in);
            Tensor weight = normal(dtype, 2, out, in);
            Tensor bias = normal(dtype, 3, out);
            Tensor product = PackedLinear.forward(
                    x, PackedLinear.pack(weight), biased ? Optional.of(bias) : Optional.empty(), activation);
            assertThat(product.shape()).containsExactly(1, rows, out);
            assertThat(Tensors.type(product)).isEqualTo(dtype.scalarType());
            float[] actual = Tensors.toFloats(product);
            float[] a = Tensors.toFloats(x);
            float[] b = Tensors.toFloats(weight);
            float[] c = Tensors.toFloats(bias);
            double ulp = dtype == Dtype.FLOAT32 ? 1e-6 : 1.0 / 256; // half a unit in the last place, of 1
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < out; column++) {
                    double sum = biased ? c[column] : 0;
                    double magnitude = Math.abs(sum);
                    for (int i = 0; i < in; i++) {
                        sum += (double) a[row * in + i] * b[column * in + i];
                        magnitude += Math.abs((double) a[row * in + i] * b[column * in + i]);
                    }
                    double expected = applied(activation, sum);
                    assertThat((double) actual[row * out + column])
                            .isCloseTo(expected, within(1.01 * ulp * Math.abs(expected) + 1e-6 * (1 + magnitude)));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"FLOAT16", "FLOAT32", "BFLOAT16"})
    void nothingIsPackedForAGpu(Dtype dtype) {
        TorchRuntime.load();
        assertThat(PackedLinear.isSupported(dtype, new Device(0))).isFalse();
        assertThat(PackedLinear.isSupported(Dtype.FLOAT16, Device.CPU)).isFalse();
    }

    private static double applied(Activation activation, double x) {
        return switch (activation) {
            case NONE -> x;
            case GELU -> x * normalDistribution(x);
            case GELU_TANH -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
        };
    }

    /** By its power series, and by 0 and 1 where that would lose digits (Abramowitz and Stegun 1964, 26.2.10). */
    private static double normalDistribution(double x) {
        if (Math.abs(x) > 6) {
            return x > 0 ? 1 : 0;
        }
        double term = x;
        double sum = x;
        for (int n = 1; n < 200; n++) {
            term *= -x * x / 2 / n;
            sum += term / (2 * n + 1);
        }
        return 0.5 + sum / Math.sqrt(2 * Math.PI);
    }

    private static Tensor normal(Dtype dtype, long seed, long... shape) {
        Tensor numbers = Tensors.zeros(Dtype.FLOAT32, Device.CPU, shape);
        Tensors.fillNormal(numbers, 0, 0.3, seed);
        return Tensors.to(numbers, dtype);
    }
}
