package io.vit4j.walk;

import static io.vit4j.model.Fixture.largestDifference;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.Shared;
import io.vit4j.TestDevice;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.MaskingCollator;
import io.vit4j.data.Sample;
import io.vit4j.data.Targets;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.image.Picture;
import io.vit4j.model.Context;
import io.vit4j.model.Fixture;
import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.Masking;
import io.vit4j.model.Parameters;
import io.vit4j.model.Pretrained;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A masked autoencoder does what transformers' {@code ViTMAEForPreTraining} does, given the same noise. */
class MaskedAutoencoderTest {
    private static final int SAMPLES = 4;

    private static Stream<Path> fixtures() {
        return Shared.family("vit_mae");
    }

    /** A fixture's model, and the values that transformers computed of it. */
    private static final class Reference implements AutoCloseable {
        final VisionModel model;
        final SafetensorsFile values;

        Reference(Path folder, MaskedAutoencoding settings) {
            model = Pretrained.load(
                            folder.resolve("checkpoint"),
                            Pretrained.Options.pretraining(TestDevice.here(), settings, 0))
                    .model();
            values = Safetensors.open(folder.resolve("forward.safetensors"));
        }

        float[] floats(String name) {
            return Fixture.floats(values.tensor(name).orElseThrow());
        }

        Tensor tensor(String name) {
            return Tensors.to(
                    Tensors.of(floats(name), values.tensor(name).orElseThrow().shape()), TestDevice.here());
        }

        Masking masking() {
            return model.definition().masking().orElseThrow();
        }

        MaskedPixels objective() {
            return MaskedPixels.of(masking());
        }

        /** The noise, and behind it the patches as the collator makes them of these pixels. */
        float[] labels() {
            float[] pixels = floats("pixel_values");
            float[] noise = floats("noise");
            int side = model.definition().imageHeight();
            int each = 3 * side * side;
            Collator plain = (rows, samples, buffers, key) -> {
                FloatBuffer buffer = buffers.take(pixels.length);
                buffer.put(0, pixels);
                return new Batch(rows, List.of("a", "b", "c", "d"), buffer, 3, side, side, new float[0], 0, () -> {});
            };
            Sample blank = new Sample("", new Picture(1, 1, 1, new byte[1]), new float[0]);
            int patches = masking().patches();
            try (Batch batch = new MaskingCollator(plain, masking().patchSize())
                    .collate(
                            IntStream.range(0, SAMPLES).toArray(),
                            List.of(blank, blank, blank, blank),
                            new FloatBuffers(1),
                            RandomKey.of(1))) {
                float[] labels = batch.labels().clone();
                for (int i = 0; i < SAMPLES; i++) {
                    System.arraycopy(noise, i * patches, labels, i * (patches + each), patches);
                }
                return labels;
            }
        }

        @Override
        public void close() {
            values.close();
            model.close();
        }
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void maskPredictionLossAndEveryGradientAreThoseOfTransformers(Path folder) {
        try (Reference reference = new Reference(folder, MaskedAutoencoding.DEFAULTS)) {
            assertSame(reference, "", 1, false);
            assertSame(reference, "", 3, true);
        }
    }

    @Test
    void soTheyAreIfPixelsAreNormalised() {
        Path folder = Shared.model("families/vit_mae");
        try (Reference reference = new Reference(folder, MaskedAutoencoding.DEFAULTS.withNormPixLoss(true))) {
            assertSame(reference, "norm.", 2, false);
        }
    }

    private static void assertSame(Reference reference, String prefix, int chunk, boolean recompute) {
        float[] labels = reference.labels();
        Parameters weights = reference.model.parameters();
        weights.trainable(name -> !reference.model.definition().trains(name));
        MaskedPixels objective = reference.objective();
        int outputs = reference.model.definition().outputs();
        Targets targets = objective.targets(labels, SAMPLES, outputs);
        assertMask(reference, prefix, targets);
        try (Scope scope = new Scope();
                StepWeights step = new StepWeights(Dtype.FLOAT32)) {
            Walk walk = new Walk(reference.model.blocks(), recompute, 0, false);
            Tensor pixels = reference.tensor("pixel_values");
            Tensor noise = reference.tensor("noise");
            Tensor predicted = walk.infer(pixels, Context.inference(step).withLabels(Optional.of(noise)));
            assertThat(largestDifference(Tensors.toFloats(predicted), reference.floats(prefix + "logits")))
                    .isLessThan(1e-5);
            double sum = 0;
            for (int from = 0; from < SAMPLES; from += chunk) {
                int count = Math.min(chunk, SAMPLES - from);
                sum += MicroBatchStep.run(
                        walk,
                        objective,
                        pixels.narrow(0, from, count),
                        TargetTensors.of(targets.rows(from, count), TestDevice.here()),
                        1 / targets.divisor(),
                        Context.inference(step).withLabels(Optional.of(noise.narrow(0, from, count))),
                        MicroBatchStep.SILENT);
            }
            assertThat(sum / targets.divisor()).isCloseTo(reference.floats(prefix + "loss")[0], within(1e-5));
            assertGradients(reference, prefix, weights);
            weights.forgetGradients();
        }
    }

    private static void assertMask(Reference reference, String prefix, Targets targets) {
        float[] expected = reference.floats(prefix + "mask");
        int patches = reference.masking().patches();
        for (int i = 0; i < SAMPLES; i++) {
            assertThat(Arrays.copyOfRange(targets.values(), i * targets.width(), i * targets.width() + patches))
                    .containsExactly(Arrays.copyOfRange(expected, i * patches, (i + 1) * patches));
        }
    }

    private static void assertGradients(Reference reference, String prefix, Parameters weights) {
        int compared = 0;
        for (Parameters.Entry entry : weights.trained()) {
            float[] expected = reference.floats(prefix + "grad." + entry.name());
            float[] actual = Tensors.toFloats(weights.gradient(entry.name()));
            float[] difference = new float[expected.length];
            for (int i = 0; i < difference.length; i++) {
                difference[i] = actual[i] - expected[i];
            }
            boolean without = Fixture.isKeyBias(entry.name()) && Fixture.norm(expected) < 1e-6;
            assertThat(Fixture.norm(difference))
                    .as("%s%s", prefix, entry.name())
                    .isLessThanOrEqualTo(without ? 1e-7 : 1e-5 * Fixture.norm(expected));
            compared++;
        }
        long all = reference.values.tensors().stream()
                .filter(tensor -> tensor.name().startsWith(prefix + "grad."))
                .count();
        assertThat((long) compared).as("weights that transformers trains").isEqualTo(all);
    }
}
