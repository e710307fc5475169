package io.vit4j.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.TestDevice;
import io.vit4j.data.ProblemType;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.model.Fixture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExplanationTest {
    private static final int SIZE = 12;
    private static final int PATCH = 4;

    /** A small model whose weights are large enough that attention is far from even. */
    private static VisionModel model() {
        ModelDefinition config = ModelDefinition.of(
                        SmallModels.vit(8, 2, 2, 16, SIZE, PATCH).with("initializer_range", 0.8))
                .withLabels(List.of("A", "B", "C"), ProblemType.MULTI_LABEL);
        return VisionModel.fromScratch(config, TestDevice.here(), 7);
    }

    private static float[] pixels(int seed) {
        Random random = new Random(seed);
        float[] pixels = new float[3 * SIZE * SIZE];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        return pixels;
    }

    @ParameterizedTest
    @ValueSource(strings = {"vit-micro", "vit-tiny"})
    void rolloutIsTheProductOfTransformersAttentions(String model) {
        try (Fixture fixture = new Fixture(model);
                Explanation explanation = new Explanation(
                        new VisionModel(fixture.definition, fixture.parameters, ImageProcessor.defaults()))) {
            float[] batch = fixture.floats("pixel_values");
            int side = fixture.definition.config().integer("image_size");
            int grid = side / fixture.definition.config().integer("patch_size");
            int labels = fixture.definition.labels().size();
            int each = 3 * side * side;
            for (int sample = 0; sample < batch.length / each; sample++) {
                Explanation.Explained explained = explanation.of(
                        Arrays.copyOfRange(batch, sample * each, (sample + 1) * each),
                        side,
                        side,
                        0,
                        Explanation.Method.ATTENTION_ROLLOUT);
                double[] expected = directRollout(fixture, grid * grid + 1, sample);
                assertThat(explained.heatmap().rows()).isEqualTo(grid);
                for (int patch = 0; patch < grid * grid; patch++) {
                    assertThat((double) explained.heatmap().values()[patch]).isCloseTo(expected[patch], within(1e-6));
                }
                float[] logits = Arrays.copyOfRange(fixture.floats("logits"), sample * labels, (sample + 1) * labels);
                assertThat(Fixture.largestDifference(explained.logits(), logits))
                        .isLessThan(1e-4);
            }
        }
    }

    /** The class token's row of the product of (A + I) / 2 over the layers, last layer first, in float64. */
    private static double[] directRollout(Fixture fixture, int tokens, int sample) {
        int heads = fixture.definition.config().integer("num_attention_heads");
        double[] row = new double[tokens];
        row[0] = 1;
        for (int layer = fixture.definition.layers() - 1; layer >= 0; layer--) {
            float[] attentions = fixture.floats("attentions." + layer);
            double[] next = new double[tokens];
            for (int i = 0; i < tokens; i++) {
                next[i] += row[i] / 2;
                for (int h = 0; h < heads; h++) {
                    for (int j = 0; j < tokens; j++) {
                        int at = ((sample * heads + h) * tokens + i) * tokens + j;
                        next[j] += row[i] * attentions[at] / heads / 2;
                    }
                }
            }
            row = next;
        }
        return Arrays.copyOfRange(row, 1, tokens);
    }

    /** Gradient x input against central differences of the logit. */
    @Test
    void gradientTimesInputIsTheLogitsSlope() {
        try (VisionModel model = model();
                Explanation explanation = new Explanation(model)) {
            float[] pixels = pixels(1);
            Heatmap heatmap = explanation
                    .of(pixels, SIZE, SIZE, 1, Explanation.Method.GRADIENT_X_INPUT)
                    .heatmap();
            for (int i = 0; i < SIZE * SIZE; i += 13) {
                double sum = 0;
                for (int channel = 0; channel < 3; channel++) {
                    int at = channel * SIZE * SIZE + i;
                    float step = 1e-2f;
                    sum += (logit(explanation, pixels, at, step) - logit(explanation, pixels, at, -step))
                            / (2 * step)
                            * pixels[at];
                }
                assertThat((double) heatmap.values()[i]).isCloseTo(Math.abs(sum), within(2e-3));
            }
            assertThat(Arrays.stream(toDoubles(heatmap.values())).max().orElseThrow())
                    .isGreaterThan(0.01);
        }
    }

    private static double logit(Explanation explanation, float[] pixels, int at, float step) {
        float[] moved = pixels.clone();
        moved[at] += step;
        return explanation.of(moved, SIZE, SIZE, 1, Explanation.Method.ATTENTION_ROLLOUT)
                .logits()[1];
    }

    private static double[] toDoubles(float[] values) {
        double[] doubles = new double[values.length];
        Arrays.setAll(doubles, i -> values[i]);
        return doubles;
    }

    /** With one label's weights in the classifier turned round, evidence for it and against it change places. */
    @Test
    void gradientRolloutDependsOnTheLabelAndRolloutDoesNot() {
        try (VisionModel model = model();
                Explanation explanation = new Explanation(model)) {
            float[] pixels = pixels(2);
            Heatmap a = explanation
                    .of(pixels, SIZE, SIZE, 0, Explanation.Method.GRADIENT_ROLLOUT)
                    .heatmap();
            Heatmap b = explanation
                    .of(pixels, SIZE, SIZE, 1, Explanation.Method.GRADIENT_ROLLOUT)
                    .heatmap();
            assertThat(a).isNotEqualTo(b);
            assertThat(a.values()).isNotEqualTo(new float[9]);
            for (float value : a.values()) {
                assertThat(value).isNotNegative();
            }
            Heatmap rollout = explanation
                    .of(pixels, SIZE, SIZE, 0, Explanation.Method.ATTENTION_ROLLOUT)
                    .heatmap();
            assertThat(rollout)
                    .isEqualTo(explanation
                            .of(pixels, SIZE, SIZE, 2, Explanation.Method.ATTENTION_ROLLOUT)
                            .heatmap());
            float sum = 0;
            for (float value : rollout.values()) {
                sum += value;
            }
            assertThat(sum).isBetween(0.3f, 1f); // with the class token's own share the row sums to 1
        }
    }

    @Test
    void oneWeightedLayerIsThePositivePartOfGradientTimesAttention() {
        Rollout rollout = new Rollout(3, 1);
        float[] attention = {0.5f, 0.3f, 0.2f, 1, 0, 0, 0, 1, 0, 0.1f, 0.8f, 0.1f, 0, 0, 1, 0, 0, 1};
        float[] gradient = {1, 2, -4, 0, 0, 0, 0, 0, 0, 1, -1, 6, 0, 0, 0, 0, 0, 0};
        rollout.weightedLayer(attention, gradient);
        assertThat(rollout.ofPatches(1)[0]).isCloseTo(0.3f, within(1e-6f)); // (0.6 + 0) / 2
        assertThat(rollout.ofPatches(1)[1]).isCloseTo(0.3f, within(1e-6f)); // (0 + 0.6) / 2
    }

    /** Weighted layers against the whole product of their matrices, which the class token's row is taken from. */
    @Test
    void theClassTokensRowIsThatOfTheWholeProduct() {
        int tokens = 5;
        Random random = new Random(8);
        Rollout rollout = new Rollout(tokens, 1);
        double[][] whole = new double[tokens][tokens];
        for (int i = 0; i < tokens; i++) {
            whole[i][i] = 1;
        }
        for (int layer = 0; layer < 3; layer++) {
            float[] attention = new float[2 * tokens * tokens];
            float[] gradient = new float[attention.length];
            for (int i = 0; i < attention.length; i++) {
                attention[i] = random.nextFloat();
                gradient[i] = random.nextFloat() - 0.5f;
            }
            rollout.weightedLayer(attention, gradient);
            double[][] next = new double[tokens][tokens];
            for (int i = 0; i < tokens; i++) {
                for (int j = 0; j < tokens; j++) {
                    next[i][j] = whole[i][j];
                    for (int k = 0; k < tokens; k++) {
                        for (int h = 0; h < 2; h++) {
                            int at = (h * tokens + i) * tokens + k;
                            next[i][j] += Math.max(0, attention[at] * gradient[at]) / 2 * whole[k][j];
                        }
                    }
                }
            }
            whole = next;
        }
        for (int patch = 1; patch < tokens; patch++) {
            assertThat((double) rollout.ofPatches(1)[patch - 1]).isCloseTo(whole[0][patch], within(1e-5));
        }
    }

    @Test
    void manyOnSeveralThreadsAreExplainedAsOneByOne() {
        try (VisionModel model = model();
                Explanation explanation = new Explanation(model)) {
            Random random = new Random(4);
            List<Explanation.Target> asked = new ArrayList<>();
            for (int i = 0; i < 7; i++) {
                byte[] grey = new byte[SIZE * SIZE];
                random.nextBytes(grey);
                asked.add(new Explanation.Target(new Picture(SIZE, SIZE, 1, grey), i % 3));
            }
            List<Explanation.Explained> together = explanation.of(asked, Explanation.Method.GRADIENT_ROLLOUT, 3);
            for (int i = 0; i < asked.size(); i++) {
                Explanation.Explained alone = explanation.of(
                        asked.get(i).picture(), asked.get(i).label(), Explanation.Method.GRADIENT_ROLLOUT);
                assertThat(together.get(i).logits()).as("picture %d", i).containsExactly(alone.logits(), within(1e-5f));
                assertThat(together.get(i).heatmap().values())
                        .as("picture %d", i)
                        .containsExactly(alone.heatmap().values(), within(1e-6f));
            }
        }
    }

    @Test
    void explainingLeavesATrainingRunsGradientsAlone() {
        try (VisionModel model = model()) {
            model.parameters().trainable(name -> false);
            model.parameters().zeroGradients();
            try (Explanation explanation = new Explanation(model)) {
                byte[] grey = new byte[SIZE * SIZE];
                new Random(3).nextBytes(grey);
                explanation.of(new Picture(SIZE, SIZE, 1, grey), 2, Explanation.Method.GRADIENT_ROLLOUT);
            }
            for (String name : model.parameters().names()) {
                assertThat(Tensors.toFloats(model.parameters().gradient(name)))
                        .as(name)
                        .containsOnly(0f);
            }
        }
    }

    @Test
    void aHeatmapGrowsBilinearly() {
        Heatmap map = new Heatmap(1, 2, new float[] {0, 1});
        for (double y : new double[] {0, 0.3, 1}) {
            assertThat(map.at(y, 0.1)).isEqualTo(0);
            assertThat(map.at(y, 0.25)).isEqualTo(0);
            assertThat(map.at(y, 0.375)).isEqualTo(0.25f);
            assertThat(map.at(y, 0.75)).isEqualTo(1);
        }
        assertThat(new Heatmap(2, 2, new float[] {0, 1, 2, 3}).at(0.5, 0.5)).isEqualTo(1.5f);
        assertThat(new Heatmap(2, 2, new float[] {3, 5, 4, 3}).scaled().values())
                .containsExactly(0, 1, 0.5f, 0);
        assertThat(new Heatmap(2, 2, new float[] {3, 5, 4, 3}).peak()).containsExactly(0, 1);
    }

    @Test
    void aLegibleMapHasTheMeansOfItsSquares() {
        float[] values = new float[70 * 65]; // squares of 3: 24 rows of 22, the last ones smaller
        java.util.Arrays.fill(values, 2);
        values[69 * 65 + 64] = 9; // alone in its square of 1 x 2
        Heatmap legible = new Heatmap(70, 65, values).legible();
        assertThat(legible.rows()).isEqualTo(24);
        assertThat(legible.columns()).isEqualTo(22);
        assertThat(legible.values()[0]).isCloseTo(2, within(1e-6f));
        assertThat(legible.values()[24 * 22 - 1]).isCloseTo(5.5f, within(1e-6f));
        Heatmap patches = new Heatmap(37, 37, new float[37 * 37]);
        assertThat(patches.legible()).isSameAs(patches);
    }
}
