package io.vit4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.InputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products of 8-bit integers against integers in Java. */
class Int8LinearTest {
    private static final int FACTORS = 8; // bytes

    /** Rows of activations as bytes, computed in Java. */
    private record Rows(int[][] bytes, float[] scales, float[] minima) {
        static Rows of(float[] x, int rows, int in) {
            int[][] bytes = new int[rows][in];
            float[] scales = new float[rows];
            float[] minima = new float[rows];
            for (int row = 0; row < rows; row++) {
                float[] own = Arrays.copyOfRange(x, row * in, (row + 1) * in);
                float smallest = Float.POSITIVE_INFINITY;
                float largest = Float.NEGATIVE_INFINITY;
                for (float number : own) {
                    smallest = Math.min(smallest, number);
                    largest = Math.max(largest, number);
                }
                float range = largest - smallest;
                scales[row] = range / 255;
                minima[row] = smallest;
                float steps = 255 / (range + 1e-8f);
                for (int i = 0; i < in; i++) {
                    bytes[row][i] = (int) Math.rint((own[i] - smallest) * steps);
                }
            }
            return new Rows(bytes, scales, minima);
        }
    }

    @BeforeAll
    static void needsTheKernels() {
        try {
            Int8Linear.requireSupported(Device.CPU);
        } catch (InputException e) {
            assumeTrue(false, e.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "1,33,64", "5,768,48", "99,48,192", "197,31,17", "2,3072,5", "300,64,96"})
    void rowsBecomeBytesFromTheirMinimumToTheirMaximum(int rows, int in) {
        try (Scope scope = new Scope()) {
            Tensor x = normal(1, rows, in);
            Rows expected = Rows.of(Tensors.toFloats(x), rows, in);
            Tensor actual = Int8Linear.rows(x);
            assertThat(actual.shape()).containsExactly(rows, in + FACTORS);
            ByteBuffer bytes = ByteBuffer.wrap(bytes(actual)).order(ByteOrder.LITTLE_ENDIAN);
            for (int row = 0; row < rows; row++) {
                for (int i = 0; i < in; i++) {
                    assertThat(bytes.get() & 0xff)
                            .as("row %d, number %d", row, i)
                            .isEqualTo(expected.bytes()[row][i]);
                }
                assertThat(bytes.getFloat()).isEqualTo(expected.scales()[row]);
                assertThat(bytes.getFloat()).isEqualTo(expected.minima()[row]);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "1,33,64", "5,768,48", "99,48,192", "197,31,17", "2,3072,5", "300,64,96", "788,192,33"})
    void productsOfIntegersAreExact(int rows, int in, int out) {
        try (Scope scope = new Scope()) {
            Tensor x = normal(2, rows, in);
            Int8Weights weights = Int8Weights.of(normal(3, out, in), Int8Kernels.largestWeight());
            float[] integers = Tensors.toFloats(weights.integers());
            Tensor ones = torch.ones_like(weights.scales());
            int[][] bytes = Rows.of(Tensors.toFloats(x), rows, in).bytes();
            try (Int8Linear map = Int8Linear.of(new Int8Weights(weights.integers(), ones))) {
                float[] actual = Tensors.toFloats(map.product(Int8Linear.rows(x)));
                for (int row = 0; row < rows; row++) {
                    for (int column = 0; column < out; column++) {
                        int sum = 0;
                        for (int i = 0; i < in; i++) {
                            sum += bytes[row][i] * (int) integers[column * in + i];
                        }
                        assertThat(actual[row * out + column]).isEqualTo((float) sum);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,33,64,true", "5,768,48,false", "99,48,192,true", "197,31,17,false"})
    void whatComesOutIsWhatIntegersAndFactorsSay(int rows, int in, int out, boolean biased) {
        try (Scope scope = new Scope()) {
            Tensor x = normal(4, rows, in);
            Tensor matrix = normal(5, out, in);
            Tensor bias = normal(6, out);
            Int8Weights weights = Int8Weights.of(matrix, Int8Kernels.largestWeight());
            float[] integers = Tensors.toFloats(weights.integers());
            float[] scales = Tensors.toFloats(weights.scales());
            float[] shift = Tensors.toFloats(bias);
            float[] plain = Tensors.toFloats(torch.linear(x, matrix));
            Rows bytes = Rows.of(Tensors.toFloats(x), rows, in);
            float[] actual;
            try (Int8Linear map = Int8Linear.of(matrix)) {
                Tensor product = map.forward(x.view(1, rows, in), biased ? Optional.of(bias) : Optional.empty());
                assertThat(product.shape()).containsExactly(1, rows, out);
                actual = Tensors.toFloats(product);
            }
            float[] numbers = Tensors.toFloats(x);
            for (int row = 0; row < rows; row++) {
                double step = bytes.scales()[row];
                for (int column = 0; column < out; column++) {
                    double sum = biased ? shift[column] : 0;
                    double magnitude = Math.abs(sum);
                    double rounding = 0;
                    for (int i = 0; i < in; i++) {
                        double number = step * bytes.bytes()[row][i] + bytes.minima()[row];
                        double weight = (double) scales[column] * integers[column * in + i];
                        sum += number * weight;
                        magnitude += (Math.abs(step * bytes.bytes()[row][i]) + Math.abs(bytes.minima()[row]))
                                * Math.abs(weight);
                        rounding += Math.abs(weight) * step / 2 + Math.abs(numbers[row * in + i]) * scales[column] / 2;
                    }
                    double own = actual[row * out + column];
                    assertThat(own).isCloseTo(sum, within(4e-7 * magnitude));
                    double wanted = plain[row * out + column] + (biased ? shift[column] : 0);
                    // every factor is off by half a step at most
                    assertThat(own).isCloseTo(wanted, within(rounding + 1e-5 * (1 + magnitude)));
                }
            }
        }
    }

    @Test
    void aRowDoesNotDependOnThoseBesideIt() {
        try (Scope scope = new Scope();
                Int8Linear map = Int8Linear.of(normal(7, 72, 100))) {
            Tensor x = normal(8, 230, 100);
            Optional<Tensor> bias = Optional.of(normal(9, 72));
            float[] together = Tensors.toFloats(map.forward(x, bias));
            for (int cut : new int[] {1, 2, 17, 64, 99}) {
                for (int from = 0; from < 230; from += cut) {
                    int count = Math.min(cut, 230 - from);
                    assertThat(Tensors.toFloats(map.forward(x.narrow(0, from, count), bias)))
                            .isEqualTo(Arrays.copyOfRange(together, from * 72, (from + count) * 72));
                }
            }
        }
    }

    @Test
    void rowsOfOneNumberAndZerosComeOutExactly() {
        try (Scope scope = new Scope()) {
            Tensor matrix = Tensors.of(new float[] {1, 2, 127, 0, 0, 0}, 2, 3);
            Tensor x = Tensors.of(new float[] {0, 0, 0, 3, 3, 3, -2, -2, -2}, 3, 3);
            try (Int8Linear map = Int8Linear.of(new Int8Weights(matrix, Tensors.of(new float[] {1, 1}, 2)))) {
                assertThat(Tensors.toFloats(map.forward(x, Optional.of(Tensors.of(new float[] {5, 7}, 2)))))
                        .containsExactly(5, 7, 395, 7, -255, 7);
            }
        }
    }

    /** As they do in float32: no finite answer is made of them. */
    @ParameterizedTest
    @CsvSource({"NaN", "Infinity", "-Infinity"})
    void numbersThatAreNoneStayNone(float number) {
        try (Scope scope = new Scope();
                Int8Linear map = Int8Linear.of(normal(10, 16, 64))) {
            for (int place : new int[] {0, 31, 63}) {
                float[] x = new float[64];
                Arrays.fill(x, 1);
                x[5] = 2;
                x[place] = number;
                for (float out : Tensors.toFloats(map.forward(Tensors.of(x, 1, 64), Optional.empty()))) {
                    assertThat(out).isNaN();
                }
            }
        }
    }

    @Test
    void weightsAreRoundedToTheNearestOfTheirRow() {
        try (Scope scope = new Scope()) {
            Int8Weights weights = Int8Weights.of(Tensors.of(new float[] {-127, 2.5f, 3.5f, 0, 0, 0}, 2, 3), 127);
            assertThat(Tensors.toFloats(weights.integers())).containsExactly(-127, 2, 4, 0, 0, 0);
            assertThat(Tensors.toFloats(weights.scales())[0]).isEqualTo(1);
        }
    }

    @Test
    void aGpuIsRefused() {
        assertThatThrownBy(() -> Int8Linear.requireSupported(new Device(0)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--device cpu");
    }

    private static byte[] bytes(Tensor tensor) {
        ByteBuffer all = Tensors.bytes(tensor, 0, (int) tensor.numel());
        byte[] copied = new byte[all.remaining()];
        all.get(copied);
        return copied;
    }

    private static Tensor normal(long seed, long... shape) {
        Tensor numbers = Tensors.zeros(Dtype.FLOAT32, Device.CPU, shape);
        Tensors.fillNormal(numbers, 0.1, 0.3, seed);
        return numbers;
    }
}
