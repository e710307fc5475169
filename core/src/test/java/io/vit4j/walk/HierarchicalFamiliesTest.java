package io.vit4j.walk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.JsonObject;
import io.vit4j.base.RandomKey;
import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.Fixture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Walks of models whose hidden states become fewer and wider, in each of the forms that a walk has. */
class HierarchicalFamiliesTest {
    private static final int SIDE = 45; // neither whole patches nor, then, whole windows
    private static final RandomKey STEP = RandomKey.of(3).with("step");

    private static VisionModel model(String family, double dropPath) {
        JsonObject common = JsonObject.empty()
                .with("model_type", family)
                .with("image_size", SIDE)
                .with("initializer_range", 0.1)
                .with("drop_path_rate", dropPath);
        JsonObject config = family.startsWith("swin")
                ? common.with("embed_dim", 24)
                        .with("depths", List.of(2, 2))
                        .with("num_heads", List.of(2, 4))
                        .with("window_size", 4)
                : common.with("hidden_sizes", List.of(24, 40))
                        .with("depths", List.of(2, 2))
                        .with("layer_scale_init_value", 0.8);
        return VisionModel.fromScratch(ModelDefinition.of(config), Device.CPU, 5);
    }

    private static Tensor random(long... shape) {
        Tensor numbers = Tensors.empty(Dtype.FLOAT32, Device.CPU, shape);
        Tensors.fillNormal(numbers, 0, 1, Arrays.hashCode(shape));
        return numbers;
    }

    private static float[] logits(VisionModel model, Tensor pixels, Context context) {
        return Tensors.toFloats(new Walk(model.blocks()).infer(pixels, context));
    }

    @ParameterizedTest
    @ValueSource(strings = {"swin", "swinv2", "convnext", "convnextv2"})
    void packedWeightsAndShortTypesGiveTheSameLogits(String family) {
        try (VisionModel model = model(family, 0);
                StepWeights plain = new StepWeights(Dtype.FLOAT32);
                StepWeights packed = StepWeights.forInference(Dtype.FLOAT32, Device.CPU);
                StepWeights half = new StepWeights(Dtype.BFLOAT16);
                StepWeights packedHalf = StepWeights.forInference(Dtype.BFLOAT16, Device.CPU);
                Scope scope = new Scope()) {
            Tensor pixels = random(3, 3, SIDE, SIDE);
            float[] expected = logits(model, pixels, Context.inference(plain));
            double size = Fixture.norm(expected) / Math.sqrt(expected.length);
            assertThat(size).isGreaterThan(0.05);
            assertThat(Fixture.largestDifference(logits(model, pixels, Context.inference(packed)), expected))
                    .isLessThan(1e-5);
            for (StepWeights weights : List.of(half, packedHalf)) {
                assertThat(Fixture.largestDifference(logits(model, pixels, Context.inference(weights)), expected))
                        .isLessThan(0.05 * size);
            }
            // the second picture alone, by weights that are kept
            float[] second = logits(model, pixels.narrow(0, 1, 1), Context.inference(packed));
            assertThat(Fixture.largestDifference(second, Arrays.copyOfRange(expected, 2, 4)))
                    .isLessThan(1e-5);
        }
    }

    /** A picture of another size after the first: what is kept of the first's windows is not taken for it. */
    @ParameterizedTest
    @ValueSource(strings = {"swin", "swinv2", "convnext", "convnextv2"})
    void weightsThatAreKeptServePicturesOfEverySize(String family) {
        try (VisionModel model = model(family, 0);
                StepWeights kept = StepWeights.forInference(Dtype.FLOAT32, Device.CPU);
                Scope scope = new Scope()) {
            for (int[] size : new int[][] {{SIDE, SIDE}, {61, 40}, {40, 61}, {SIDE, SIDE}}) {
                Tensor pixels = random(1, 3, size[0], size[1]);
                try (StepWeights fresh = new StepWeights(Dtype.FLOAT32)) {
                    assertThat(Fixture.largestDifference(
                                    logits(model, pixels, Context.inference(kept)),
                                    logits(model, pixels, Context.inference(fresh))))
                            .isLessThan(1e-5);
                }
                assertThat(model.definition().shapes(size[0], size[1])).hasSize(7);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"swin", "swinv2", "convnext", "convnextv2"})
    void whatIsDroppedDependsOnStepAndSampleAlone(String family) {
        try (VisionModel model = model(family, 0.5);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope()) {
            assertThat(model.definition().drops()).isTrue();
            Tensor pixels = random(4, 3, SIDE, SIDE);
            float[] together = logits(model, pixels, Context.training(weights, STEP, new long[] {20, 21, 22, 23}));
            for (int i = 0; i < 4; i++) {
                float[] alone =
                        logits(model, pixels.narrow(0, i, 1), Context.training(weights, STEP, new long[] {20 + i}));
                assertThat(Fixture.largestDifference(alone, Arrays.copyOfRange(together, 2 * i, 2 * i + 2)))
                        .isLessThan(1e-5);
            }
            float[] later =
                    logits(model, pixels, Context.training(weights, STEP.with("next"), new long[] {20, 21, 22, 23}));
            assertThat(Fixture.largestDifference(later, together)).isGreaterThan(1e-3);
        }
    }

    /** The layer's contribution is left out, or counts for all: its mean over many draws is itself. */
    @Test
    void aContributionIsDroppedWholeOrScaled() {
        int samples = 200;
        double rate = 0.4;
        try (VisionModel model = model("convnextv2", rate);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Block last = model.blocks().get(4);
            Tensor one = random(1, 5, 5, 40);
            float[] input = Tensors.toFloats(one);
            float[] whole = Tensors.toFloats(last.forward(one, Context.inference(weights)));
            long[] numbers = new long[samples];
            Arrays.setAll(numbers, i -> i);
            float[] all = Tensors.toFloats(
                    last.forward(one.expand(samples, 5, 5, 40).contiguous(), Context.training(weights, STEP, numbers)));
            int dropped = 0;
            for (int sample = 0; sample < samples; sample++) {
                float[] output = Arrays.copyOfRange(all, sample * input.length, (sample + 1) * input.length);
                if (Arrays.equals(output, input)) {
                    dropped++;
                    continue;
                }
                for (int i = 0; i < input.length; i++) {
                    double scaled = input[i] + (whole[i] - input[i]) / (1 - rate);
                    assertThat((double) output[i]).isCloseTo(scaled, within(1e-5));
                }
            }
            assertThat(dropped).isBetween(55, 105); // 80 on average, 7 of standard deviation
        }
    }
}
