package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.TestDevice;
import io.vit4j.data.ProblemType;
import io.vit4j.image.ImageProcessor;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Patches of any width are in bfloat16 what they are in float32, but for its rounding. */
class PatchesInBfloat16Test {
    @ParameterizedTest
    @ValueSource(ints = {8, 24, 40, 48, 72})
    void patchesDifferFromFloat32ByRoundingAlone(int hidden) {
        ModelDefinition model = ModelDefinition.of(SmallModels.vit(hidden, 1, 2, 16, 64, 16))
                .withLabels(List.of("a"), ProblemType.MULTI_LABEL);
        try (VisionModel small = VisionModel.fromScratch(model, ImageProcessor.defaults(), TestDevice.here(), 3);
                Scope scope = new Scope()) {
            Tensor pixels = Tensors.zeros(Dtype.FLOAT32, TestDevice.here(), 2, 3, 64, 64);
            Tensors.fillNormal(pixels, 0, 1, 5);
            float[] exact = embedded(small, pixels, Dtype.FLOAT32);
            float[] rounded = embedded(small, pixels, Dtype.BFLOAT16);
            float[] difference = new float[exact.length];
            for (int i = 0; i < exact.length; i++) {
                difference[i] = exact[i] - rounded[i];
            }
            assertThat(Fixture.norm(difference)).isLessThan(0.01 * Fixture.norm(exact));
        }
    }

    private static float[] embedded(VisionModel model, Tensor pixels, Dtype dtype) {
        try (StepWeights weights = new StepWeights(dtype)) {
            return Tensors.toFloats(model.blocks().get(0).forward(pixels, Context.inference(weights)));
        }
    }
}
