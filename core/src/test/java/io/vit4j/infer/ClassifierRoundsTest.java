package io.vit4j.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.data.ProblemType;
import io.vit4j.model.Context;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.PackedLinear;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Walk;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassifierRoundsTest {
    private static final String[] LABELS = {"Nodule", "Hernia", "Mass"};
    private static final int PICTURES = 11;

    private static float[] pixels(int seed) {
        float[] pixels = new float[3 * 32 * 32];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.sin(seed + i * (0.1 + 0.01 * seed));
        }
        return pixels;
    }

    /** By weights as they are in the checkpoint. */
    private static float[] plainLogits(VisionModel model, Dtype dtype, float[] pixels) {
        try (StepWeights weights = new StepWeights(dtype);
                Scope scope = new Scope()) {
            return Tensors.toFloats(
                    new Walk(model.blocks()).infer(Tensors.of(pixels, 1, 3, 32, 32), Context.inference(weights)));
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "2"})
    void logitsAloneAndInACrowdAreThoseOfThePlainWeights(int threads) {
        assertThat(largestDifference(Dtype.FLOAT32, threads)).isLessThan(1e-5);
    }

    @ParameterizedTest
    @CsvSource({"1", "2"})
    void bfloat16IsNoFurtherFromFloat32ThanWithPlainWeights(int threads) {
        double plain = 0;
        try (VisionModel model = SmallModels.fromScratch(ProblemType.MULTI_LABEL, LABELS)) {
            for (int i = 0; i < PICTURES; i++) {
                plain = Math.max(
                        plain,
                        difference(
                                plainLogits(model, Dtype.BFLOAT16, pixels(i)),
                                plainLogits(model, Dtype.FLOAT32, pixels(i))));
            }
        }
        assertThat(largestDifference(Dtype.BFLOAT16, threads)).isPositive().isLessThan(1.5 * plain);
    }

    /** Of rounds in this type, from the plain float32 walk. */
    private static double largestDifference(Dtype dtype, int threads) {
        double largest = 0;
        try (VisionModel plain = SmallModels.fromScratch(ProblemType.MULTI_LABEL, LABELS);
                VisionModel model = SmallModels.fromScratch(ProblemType.MULTI_LABEL, LABELS);
                ClassifierRounds rounds =
                        new ClassifierRounds(model.definition(), model.parameters(), dtype, threads)) {
            List<CompletableFuture<float[]>> crowd = new ArrayList<>();
            for (int i = 0; i < PICTURES; i++) {
                crowd.add(rounds.submit(pixels(i), 3, 32, 32));
            }
            for (int i = 0; i < PICTURES; i++) {
                float[] expected = plainLogits(plain, Dtype.FLOAT32, pixels(i));
                float[] together = crowd.get(i).join();
                float[] alone = rounds.submit(pixels(i), 3, 32, 32).join();
                largest = Math.max(largest, Math.max(difference(together, expected), difference(alone, expected)));
            }
        }
        return largest;
    }

    private static double difference(float[] a, float[] b) {
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i] - b[i]));
        }
        return largest;
    }

    @Test
    void noWeightIsHeldInTwoForms() {
        assumeTrue(PackedLinear.isSupported(Dtype.FLOAT32, Device.CPU), "nothing is packed here");
        ModelDefinition packable = ModelDefinition.of(SmallModels.vit(64, 2, 2, 128, 32, 8))
                .withLabels(List.of(LABELS), ProblemType.MULTI_LABEL);
        try (VisionModel model = VisionModel.fromScratch(packable, Device.CPU, 7);
                ClassifierRounds rounds =
                        new ClassifierRounds(model.definition(), model.parameters(), Dtype.FLOAT32, 2)) {
            assertThat(model.parameters().names())
                    .isNotEmpty()
                    .noneMatch(name -> name.contains("dense.weight") || name.contains("attention.query.weight"))
                    .anyMatch(name -> name.contains("layernorm"));
            assertThat(rounds.submit(pixels(1), 3, 32, 32).join()).hasSize(LABELS.length);
        }
    }
}
