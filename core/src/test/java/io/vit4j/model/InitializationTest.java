package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Weights that start at random, against the variances and bounds of the papers. */
class InitializationTest {
    private static float[] drawn(Initialization init, long... shape) {
        try (Scope scope = new Scope()) {
            Tensor weight = Tensors.empty(Dtype.FLOAT32, Device.CPU, shape);
            init.fill(weight, 11);
            return Tensors.toFloats(weight);
        }
    }

    private static double variance(float[] numbers) {
        return Math.pow(Fixture.norm(numbers), 2) / numbers.length;
    }

    private static double largest(float[] numbers) {
        return Fixture.largestDifference(numbers, new float[numbers.length]);
    }

    @Test
    void lecunsNormalHasAVarianceOfOneOverAllInputsAndNothingBeyondTwoDeviations() {
        float[] kernel = drawn(Initialization.lecunNormal(), 256, 3, 16, 16);
        assertThat(variance(kernel)).isCloseTo(1.0 / (3 * 16 * 16), withinPercentage(1));
        double untruncated = Math.sqrt(1.0 / (3 * 16 * 16)) / 0.87962566;
        assertThat(largest(kernel)).isBetween(1.99 * untruncated, 2.0001 * untruncated);
    }

    @Test
    void xaviersUniformHasAVarianceOfTwoOverInputsAndOutputs() {
        float[] matrix = drawn(Initialization.xavierUniform(), 300, 500);
        assertThat(variance(matrix)).isCloseTo(2.0 / (300 + 500), withinPercentage(1));
        double bound = Math.sqrt(6.0 / (300 + 500));
        assertThat(largest(matrix)).isBetween(0.999 * bound, bound);
    }
}
