package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.JsonObject;
import io.vit4j.base.RandomKey;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers of models with stages: the derivatives that are written out are those of autograd. */
class HierarchicalLayersTest {
    private static final int BATCH = 3;
    private static final int SIDE = 44; // 11x11 places: neither whole windows nor whole pairs

    private static VisionModel model(String family) {
        JsonObject common = JsonObject.empty()
                .with("model_type", family)
                .with("image_size", SIDE)
                .with("initializer_range", 0.3)
                .with("drop_path_rate", 0.4);
        JsonObject config = family.startsWith("swin")
                ? common.with("embed_dim", 8)
                        .with("depths", List.of(2, 2))
                        .with("num_heads", List.of(2, 4))
                        .with("window_size", 4)
                        .with("hidden_dropout_prob", 0.1)
                        .with("attention_probs_dropout_prob", 0.2)
                : common.with("hidden_sizes", List.of(8, 12))
                        .with("depths", List.of(2, 2))
                        .with("layer_scale_init_value", 0.8);
        VisionModel model = VisionModel.fromScratch(ModelDefinition.of(config), Device.CPU, 5);
        for (String name : model.parameters().names()) { // none where it starts: gradients at 0 and 1 show less
            try (Scope scope = new Scope()) {
                Tensor weight = model.parameters().get(name).detach();
                Tensor noise = random(weight.shape());
                weight.add_(noise.mul_(Tensors.of(new float[] {0.1f})));
            }
        }
        model.parameters().trainable(name -> false);
        return model;
    }

    private static Tensor random(long... shape) {
        Tensor numbers = Tensors.empty(Dtype.FLOAT32, Device.CPU, shape);
        Tensors.fillNormal(numbers, 0, 1, Arrays.hashCode(shape));
        return numbers;
    }

    private static Context training(StepWeights weights) {
        return Context.training(weights, RandomKey.of(5), new long[] {4, 1, 7});
    }

    /** What comes out and all gradients, of a recorded layer. */
    private static Map<String, float[]> walked(Recorded recorded, Block block, Tensor gradient) {
        Parameters parameters = block.parameters();
        Map<String, float[]> values = new HashMap<>();
        try (recorded) {
            values.put("output", Tensors.toFloats(recorded.output()));
            values.put("input", Tensors.toFloats(recorded.backward(gradient).orElseThrow()));
            parameters.forgetGradients();
            recorded.accumulate();
        }
        block.definition()
                .weights()
                .forEach(weight -> values.put(weight.name(), Tensors.toFloats(parameters.gradient(weight.name()))));
        return values;
    }

    private static double distance(float[] a, float[] b) {
        float[] difference = new float[a.length];
        for (int i = 0; i < difference.length; i++) {
            difference[i] = a[i] - b[i];
        }
        return Fixture.norm(difference);
    }

    @ParameterizedTest
    @ValueSource(strings = {"swin", "swinv2", "convnext", "convnextv2"})
    void theWrittenOutDerivativeIsThatOfAutograd(String family) {
        try (VisionModel model = model(family);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                StepWeights rounded = new StepWeights(Dtype.BFLOAT16)) {
            for (int i = 1; i <= model.definition().layers(); i++) {
                Block block = model.blocks().get(i);
                try (Scope scope = new Scope()) {
                    List<Shape> shapes = model.definition().shapes();
                    Tensor hidden = random(shapes.get(i).batch(BATCH));
                    Tensor gradient = random(shapes.get(i + 1).batch(BATCH));
                    Recorded own = block.record(hidden, true, training(weights));
                    assertThat(own).isInstanceOf(WrittenDerivative.class);
                    Map<String, float[]> written = walked(own, block, gradient);
                    Map<String, float[]> byAutograd =
                            walked(new RecordedByAutograd(block, hidden, true, training(weights)), block, gradient);
                    assertThat(written.keySet()).isEqualTo(byAutograd.keySet());
                    written.forEach((what, values) -> assertThat(distance(values, byAutograd.get(what)))
                            .as("%s of %s", what, block.name())
                            .isLessThanOrEqualTo(2e-6 * size(byAutograd, what)));
                    inBfloat16AllIsTheSameButForRounding(block, hidden, gradient, rounded, byAutograd);
                }
            }
        }
    }

    /** Products have 8 bits of 24: what that changes is no more than in autograd's own walk. */
    private static void inBfloat16AllIsTheSameButForRounding(
            Block block, Tensor hidden, Tensor gradient, StepWeights rounded, Map<String, float[]> expected) {
        Map<String, float[]> written = walked(block.record(hidden, true, training(rounded)), block, gradient);
        Map<String, float[]> byAutograd =
                walked(new RecordedByAutograd(block, hidden, true, training(rounded)), block, gradient);
        expected.forEach((what, values) -> assertThat(distance(written.get(what), values))
                .as("%s of %s in bfloat16", what, block.name())
                .isLessThanOrEqualTo(2 * distance(byAutograd.get(what), values) + 0.01 * size(expected, what)));
    }

    /** The same number added to all keys moves nothing: what is left of that gradient is rounding. */
    private static double size(Map<String, float[]> gradients, String what) {
        return Fixture.norm(gradients.get(what.endsWith("key.bias") ? what.replace("bias", "weight") : what));
    }
}
