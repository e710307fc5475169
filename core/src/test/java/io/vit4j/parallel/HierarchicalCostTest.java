package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.JsonObject;
import io.vit4j.base.RandomKey;
import io.vit4j.model.Context;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.NativeMemory;
import io.vit4j.torch.Scope;
import io.vit4j.torch.SettledMemory;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Walk;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What families with stages say of their costs. */
class HierarchicalCostTest {
    private static final int BATCH = 8;

    /** Billions of multiplications and additions for a picture of 224x224 (V2: 256x256), as the papers give them. */
    @ParameterizedTest
    @CsvSource({"swin-tiny, 4.5", "swinv2-tiny, 5.9", "convnext-tiny, 4.5", "convnextv2-tiny, 4.47"})
    void operationsAreThoseOfThePapers(String preset, double billions) {
        double forward = new ModelCost(ModelDefinition.preset(preset), Dtype.FLOAT32).forwardFlops();
        assertThat(forward / 2e9).isCloseTo(billions, within(0.06));
    }

    private static ModelDefinition model(String family) {
        JsonObject common = JsonObject.empty().with("model_type", family).with("drop_path_rate", 0.0);
        return ModelDefinition.of(
                family.startsWith("swin")
                        ? common.with("embed_dim", 32)
                                .with("depths", List.of(2, 3))
                                .with("num_heads", List.of(2, 4))
                                .with("window_size", 7)
                                .with("image_size", 132) // 33x33 places, not whole windows
                        : common.with("hidden_sizes", List.of(32, 64))
                                .with("depths", List.of(2, 3))
                                .with("layer_scale_init_value", 0.5)
                                .with("image_size", 132));
    }

    /** Product by product, written out for the models above. */
    @ParameterizedTest
    @CsvSource({"swin", "swinv2", "convnext", "convnextv2"})
    void operationsAreCountedAsTheyAreComputed(String family) {
        double places = 33 * 33;
        double halved = family.startsWith("swin") ? 17 * 17 : 16 * 16;
        double embedding = 2 * places * 3 * 16 * 32;
        double classifier = 2 * 64 * 2;
        double layers = family.startsWith("swin")
                ? 2 * swin(places, 35 * 35, 32) + 2 * halved * 4 * 32 * 64 + 3 * swin(halved, 21 * 21, 64)
                : 2 * convNext(places, 32) + 2 * halved * 4 * 32 * 64 + 3 * convNext(halved, 64);
        assertThat(new ModelCost(model(family), Dtype.FLOAT32).forwardFlops())
                .isCloseTo(embedding + layers + classifier, Percentage.withPercentage(1e-6));
    }

    private static double swin(double places, double filled, double channels) {
        return 2 * filled * 4 * channels * channels + 4 * filled * 49 * channels + 2 * places * 8 * channels * channels;
    }

    private static double convNext(double places, double channels) {
        return 2 * places * 49 * channels + 2 * places * 8 * channels * channels;
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @CsvSource({"swin, FLOAT32", "swinv2, BFLOAT16", "convnext, BFLOAT16", "convnextv2, FLOAT32", "convnextv2, BFLOAT16"
    })
    void soDoTheOthers(String family, Dtype dtype) {
        layersKeepWhatIsPredictedOfThem(family, dtype);
    }

    @ParameterizedTest
    @CsvSource({"swin, BFLOAT16", "swinv2, FLOAT32", "convnext, FLOAT32"})
    void layersKeepWhatIsPredictedOfThem(String family, Dtype dtype) {
        assumeTrue(NativeMemory.inUse().isPresent(), "skipped: this C library does not tell what is in use");
        ModelDefinition definition = model(family);
        BlockRange layers = new BlockRange(1, 6);
        try (VisionModel model = VisionModel.fromScratch(definition, Device.CPU, 1);
                StepWeights weights = new StepWeights(dtype);
                Scope scope = new Scope()) {
            model.parameters().trainable(name -> false);
            Walk walk = new Walk(definition.over(model.parameters(), 1, 6), false, 0, true, true);
            Tensor hidden = Tensors.zeros(
                    Dtype.FLOAT32, Device.CPU, definition.shapes().get(1).batch(BATCH));
            SettledMemory.await();
            long[] grown = new long[5];
            for (int i = 0; i < grown.length; i++) {
                long before = NativeMemory.inUse().orElseThrow();
                try (Walk.Tape tape =
                        walk.forward(hidden, Context.training(weights, RandomKey.of(1), new long[BATCH]))) {
                    tape.outputTaken();
                    grown[i] = NativeMemory.inUse().orElseThrow() - before;
                }
            }
            Arrays.sort(grown);
            ModelCost cost = new ModelCost(definition, dtype);
            long output = Float.BYTES * definition.shapes().get(6).numbers(); // the last layer holds on to it
            double predicted = cost.keptBytes(layers, false, BATCH, 0) + BATCH * (output - cost.inputBytes(1));
            assertThat((double) grown[grown.length / 2]).isCloseTo(predicted, Percentage.withPercentage(5));
        }
    }
}
