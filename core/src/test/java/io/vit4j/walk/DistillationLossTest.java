package io.vit4j.walk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.data.Targets;
import io.vit4j.torch.Device;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Loss and gradient against DeiT's formula in PyTorch, {@code distillation.py}. */
class DistillationLossTest {
    private static final int SAMPLES = 3;
    private static final int OUTPUTS = 4;
    private static final float[] CLASSES = {2, 0, 3};

    @TestFactory
    List<DynamicTest> lossAndGradientAreThoseOfDeiT() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        try (InputStream in = DistillationLossTest.class.getResourceAsStream("distillation.json")) {
            for (JsonNode each : Json.parse(in.readAllBytes(), "distillation.json")) {
                String name = (each.get("hard").booleanValue() ? "hard" : "soft")
                        + (each.get("several").booleanValue() ? ", labels" : ", classes")
                        + (each.get("two").booleanValue() ? ", two classifiers" : "");
                tests.add(DynamicTest.dynamicTest(name, () -> compare(each)));
            }
        }
        return tests;
    }

    private static void compare(JsonNode expected) {
        boolean several = expected.get("several").booleanValue();
        Objective loss = new DistillationLoss(
                several ? new BinaryCrossEntropy() : new CrossEntropy(),
                new DistillationLoss.Settings(expected.get("hard").booleanValue(), 0.7, 3));
        float[] teacher = numbers(i -> 3 * Math.sin(0.9 * i - 1));
        float[] own = several ? numbers(i -> Math.sin(5.0 * i) > 0 ? 1 : 0) : CLASSES;
        Targets targets = loss.targets(beside(own, teacher), SAMPLES, OUTPUTS);
        float[] student = numbers(i -> 2 * Math.sin(1.7 * i + 0.3));
        boolean two = expected.get("two").booleanValue();
        float[] predictions = two ? beside(student, numbers(i -> 2 * Math.cos(2.3 * i))) : student;
        try (Scope scope = new Scope()) {
            MicroBatchStep.LossAndGradient at = MicroBatchStep.lossAndGradient(
                    loss,
                    Tensors.of(predictions, SAMPLES, predictions.length / SAMPLES),
                    TargetTensors.of(targets, Device.CPU),
                    1 / targets.divisor());
            assertThat(at.loss() / targets.divisor())
                    .isCloseTo(expected.get("loss").doubleValue(), within(1e-6));
            float[] gradient = Tensors.toFloats(at.gradient());
            assertThat(gradient).hasSize(expected.get("gradient").size());
            for (int i = 0; i < gradient.length; i++) {
                assertThat((double) gradient[i])
                        .as("gradient %d", i)
                        .isCloseTo(expected.get("gradient").get(i).doubleValue(), within(1e-6));
            }
        }
    }

    private static float[] numbers(IntToDoubleFunction number) {
        float[] numbers = new float[SAMPLES * OUTPUTS];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) number.applyAsDouble(i);
        }
        return numbers;
    }

    /** Row by row. */
    private static float[] beside(float[] left, float[] right) {
        int wide = (left.length + right.length) / SAMPLES;
        float[] all = new float[SAMPLES * wide];
        for (int row = 0; row < SAMPLES; row++) {
            int own = left.length / SAMPLES;
            System.arraycopy(left, row * own, all, row * wide, own);
            System.arraycopy(right, row * (wide - own), all, row * wide + own, wide - own);
        }
        return all;
    }

    /** A sample whose label is unknown counts in neither part. */
    @Test
    void whatIsUnknownCountsNeitherWithTheTeacher() {
        Objective loss = new DistillationLoss(new CrossEntropy(), new DistillationLoss.Settings(false, 1, 1));
        Targets targets = loss.targets(beside(new float[] {2, Float.NaN, 3}, numbers(i -> i)), SAMPLES, OUTPUTS);
        assertThat(targets.divisor()).isEqualTo(2);
        try (Scope scope = new Scope()) {
            float[] gradient = Tensors.toFloats(MicroBatchStep.lossAndGradient(
                            loss,
                            Tensors.of(numbers(i -> -i * i), SAMPLES, OUTPUTS),
                            TargetTensors.of(targets, Device.CPU),
                            1)
                    .gradient());
            assertThat(gradient[0]).isNotZero();
            assertThat(Arrays.copyOfRange(gradient, OUTPUTS, 2 * OUTPUTS)).containsOnly(0);
        }
    }

    @Test
    void numbersHaveNoTeacher() {
        assertThatThrownBy(() ->
                        new DistillationLoss(new MeanSquaredError(), new DistillationLoss.Settings(false, 0.5, 1)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("leave teacher out");
    }
}
