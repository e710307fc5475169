package io.vit4j.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.TestDevice;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.FeatureMap;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Walk;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Grad-CAM against what it is in closed form, and against finite differences. */
class GradCamTest {
    private static final List<String> LABELS = List.of("A", "B", "C");

    private static float[] normal(int count, int seed) {
        Random random = new Random(seed);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    /** Three convolutions, their mean over all places, a linear classifier. */
    private static ModelDefinition convolutions() {
        return ModelDefinition.of(JsonObject.empty()
                        .with("model_type", "pyramid")
                        .with("hidden_sizes", List.of(5, 6, 7))
                        .with("image_size", 32))
                .withLabels(LABELS, ProblemType.MULTI_LABEL);
    }

    private static ModelDefinition vit() {
        return ModelDefinition.of(SmallModels.vit(8, 3, 2, 16, 24, 8).with("initializer_range", 0.8))
                .withLabels(LABELS, ProblemType.MULTI_LABEL);
    }

    private static Tensor features(VisionModel model, FeatureMap map, float[] pixels, int height, int width) {
        try (StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            List<Block> before = model.blocks().subList(0, map.block());
            Tensor input = Tensors.to(Tensors.of(pixels, 1, 3, height, width), TestDevice.here());
            return new Walk(before).infer(input, Context.inference(weights));
        }
    }

    /**
     * Over a mean of places every channel's weight is its weight in the classifier over the number of places, so that the map is
     * the class activation map of Zhou et al. (2016).
     */
    @ParameterizedTest
    @CsvSource({"32,32", "24,40"})
    void ofALinearClassifierOverAMeanItIsTheClassActivationMap(int height, int width) {
        try (VisionModel model = VisionModel.fromScratch(convolutions(), TestDevice.here(), 3);
                Explanation explanation = new Explanation(model);
                Scope scope = new Scope()) {
            float[] pixels = normal(3 * height * width, 5);
            FeatureMap map = model.definition().featureMap(height, width).orElseThrow();
            assertThat(map.rows()).isEqualTo((height + 7) / 8);
            assertThat(map.columns()).isEqualTo((width + 7) / 8);
            float[] features = Tensors.toFloats(features(model, map, pixels, height, width));
            float[] classifier = Tensors.toFloats(model.parameters().get("fc.weight"));
            float greatest = 0;
            for (int label = 0; label < LABELS.size(); label++) {
                Heatmap heatmap = explanation
                        .of(pixels, height, width, label, Explanation.Method.GRAD_CAM)
                        .heatmap();
                for (int place = 0; place < map.places(); place++) {
                    double sum = 0;
                    for (int channel = 0; channel < 7; channel++) {
                        sum += classifier[label * 7 + channel] * features[channel * map.places() + place];
                    }
                    assertThat((double) heatmap.values()[place])
                            .isCloseTo(Math.max(0, sum / map.places()), within(1e-6));
                    greatest = Math.max(greatest, heatmap.values()[place]);
                }
            }
            assertThat(greatest).isGreaterThan(1e-3f);
        }
    }

    /** A channel's weight is the slope of the logit as the channel grows everywhere alike. */
    @Test
    void ofATransformerChannelsWeighWhatTheLogitGainsByThem() {
        int side = 24;
        int label = 1;
        try (VisionModel model = VisionModel.fromScratch(vit(), TestDevice.here(), 7);
                Explanation explanation = new Explanation(model);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope()) {
            float[] pixels = normal(3 * side * side, 6);
            FeatureMap map = model.definition().featureMap(side, side).orElseThrow();
            assertThat(map).isEqualTo(new FeatureMap(3, 3, 3, 1, false, 8));
            float[] features = Tensors.toFloats(features(model, map, pixels, side, side));
            Walk rest =
                    new Walk(model.blocks().subList(map.block(), model.blocks().size()));
            double[] expected = new double[map.places()];
            for (int channel = 0; channel < map.channels(); channel++) {
                double[] logits = new double[2];
                float step = 1e-2f;
                for (int way = 0; way < 2; way++) {
                    float[] moved = features.clone();
                    for (int place = 0; place < map.places(); place++) {
                        moved[map.at(place, channel)] += way == 0 ? -step : step;
                    }
                    Tensor input = Tensors.to(Tensors.of(moved, 1, 10, 8), TestDevice.here());
                    logits[way] = Tensors.toFloats(rest.infer(input, Context.inference(weights)))[label];
                }
                double weight = (logits[1] - logits[0]) / (2 * step) / map.places();
                for (int place = 0; place < map.places(); place++) {
                    expected[place] += weight * features[map.at(place, channel)];
                }
            }
            Heatmap heatmap = explanation
                    .of(pixels, side, side, label, Explanation.Method.GRAD_CAM)
                    .heatmap();
            double greatest = 0;
            for (int place = 0; place < map.places(); place++) {
                assertThat((double) heatmap.values()[place]).isCloseTo(Math.max(0, expected[place]), within(1e-3));
                greatest = Math.max(greatest, Math.abs(expected[place]));
            }
            assertThat(greatest).isGreaterThan(0.05);
        }
    }

    @Test
    void whatSpeaksAgainstTheLabelIsLeftOut() {
        FeatureMap lastChannels = new FeatureMap(1, 1, 2, 0, false, 2);
        float[] features = {1, 2, -3, 4}; // of two places
        float[] gradient = {1, 0, 3, -2}; // weights 2 and -1
        assertThat(GradCam.of(lastChannels, features, gradient).values()).containsExactly(0, 0);
        assertThat(GradCam.of(lastChannels, features, new float[] {-1, 0, -3, 2})
                        .values())
                .containsExactly(0, 10); // -2 * 1 + 1 * 2; -2 * -3 + 1 * 4
        FeatureMap firstChannels = new FeatureMap(1, 1, 2, 0, true, 2);
        assertThat(GradCam.of(firstChannels, new float[] {1, -3, 2, 4}, new float[] {-1, -3, 0, 2})
                        .values())
                .containsExactly(0, 10);
    }

    @Test
    void theUsualMethodDependsOnWhatTheModelHas() {
        assertThat(Explanation.Method.usual(vit())).isEqualTo(Explanation.Method.GRADIENT_ROLLOUT);
        assertThat(Explanation.Method.usual(convolutions())).isEqualTo(Explanation.Method.GRAD_CAM);
        assertThat(Explanation.Method.usual(convolutions().withImageSize(8, 8))) // one place is left
                .isEqualTo(Explanation.Method.GRADIENT_X_INPUT);
    }

    @Test
    void methodsHaveShortNames() {
        assertThat(Explanation.Method.parse("rollout")).isEqualTo(Explanation.Method.GRADIENT_ROLLOUT);
        assertThat(Explanation.Method.parse("attention_rollout")).isEqualTo(Explanation.Method.ATTENTION_ROLLOUT);
        assertThat(Explanation.Method.parse("Grad-CAM")).isEqualTo(Explanation.Method.GRAD_CAM);
        assertThat(Explanation.Method.parse("gradient-input")).isEqualTo(Explanation.Method.GRADIENT_X_INPUT);
        assertThat(Explanation.Method.parse("gradient-x-input")).isEqualTo(Explanation.Method.GRADIENT_X_INPUT);
        assertThatThrownBy(() -> Explanation.Method.parse("lime"))
                .isInstanceOf(InputException.class)
                .hasMessage(
                        "explanation 'lime' is unknown; use rollout, attention-rollout, grad-cam or gradient-input");
    }
}
