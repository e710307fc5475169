package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.Dataset;
import io.vit4j.data.Sample;
import io.vit4j.data.Sampler;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.model.Fixture;
import io.vit4j.model.Parameters;
import io.vit4j.model.ViTForImageClassification;
import io.vit4j.torch.Tensors;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that transformers' Trainer recorded, repeated: its order of samples, its losses, rates, norms and weights. */
class RecordedRunTest {
    @TempDir
    Path output;

    @ParameterizedTest
    @CsvSource({"vit-tiny,1,8", "vit-tiny,2,3", "vit-nobias-tanh,2,8"})
    void theTrainerRepeatsTheRunOfTransformers(String name, int lanes, int piece) {
        try (Fixture fixture = new Fixture(name);
                SafetensorsFile data = Safetensors.open(fixture.folder.resolve("train-data.safetensors"))) {
            JsonNode run = Json.readObject(fixture.folder.resolve("trainer-run.json"));
            ViTForImageClassification model = new ViTForImageClassification(
                    fixture.config, fixture.parameters, ImageProcessor.defaults(), Json.object());
            Recorded recorded = new Recorded(data, run.get("micro_batches"));
            try (Trainer trainer = Trainer.builder(model, arguments(run.get("arguments"), lanes, piece))
                    .trainDataset(recorded)
                    .sampler(recorded)
                    .collator(recorded)
                    .build()) {
                trainer.train();
                compareLogs(trainer.state().logHistory(), run.get("log_history"));
                compareWeights(fixture);
            }
        }
    }

    private TrainingArguments arguments(JsonNode recorded, int lanes, int piece) {
        TrainingArgumentsBuilder builder = TrainingArguments.builder();
        recorded.properties()
                .forEach(argument -> builder.set(
                        Map.of(argument.getKey(), argument.getValue().asText())));
        return builder.set(Map.of(
                        "output_dir",
                        output.toString(),
                        "logging_steps",
                        "1",
                        "save_strategy",
                        "no",
                        "dtype",
                        "float32",
                        "threads",
                        Integer.toString(lanes),
                        "walk_micro_batch",
                        Integer.toString(piece)))
                .build();
    }

    private static void compareLogs(List<ObjectNode> logs, JsonNode recorded) {
        assertThat(logs).hasSize(recorded.size());
        for (int i = 0; i < recorded.size() - 1; i++) {
            JsonNode expected = recorded.get(i);
            ObjectNode actual = logs.get(i);
            for (Map.Entry<String, Double> bound : Map.of(
                            "learning_rate", 1e-12, "loss", 1e-5, "grad_norm", 1e-4, "epoch", 1e-12, "step", 0.0)
                    .entrySet()) {
                assertThat(actual.get(bound.getKey()).doubleValue())
                        .as("%s of log entry %d", bound.getKey(), i)
                        .isCloseTo(expected.get(bound.getKey()).doubleValue(), within(bound.getValue()));
            }
        }
        assertThat(logs.get(logs.size() - 1).get("train_loss").doubleValue())
                .isCloseTo(recorded.get(recorded.size() - 1).get("train_loss").doubleValue(), within(1e-5));
    }

    private static void compareWeights(Fixture fixture) {
        try (SafetensorsFile trained = Safetensors.open(fixture.folder.resolve("trained/model.safetensors"))) {
            for (Parameters.Entry entry : fixture.parameters.entries()) {
                if (!entry.name().endsWith("attention.key.bias")) {
                    float[] expected =
                            Fixture.floats(trained.tensor(entry.name()).orElseThrow());
                    float[] actual = Tensors.toFloats(fixture.parameters.get(entry.name()));
                    assertThat(Fixture.largestDifference(actual, expected))
                            .as(entry.name())
                            .isLessThan(1e-5);
                }
            }
        }
    }

    /** The recorded samples, in the recorded order, as they were: random numbers, no pictures. */
    private static final class Recorded implements Dataset, Sampler, Collator {
        private final float[] pixels;
        private final float[] labels;
        private final int[] shape;
        private final int labelCount;
        private final List<Integer> order = new ArrayList<>();

        Recorded(SafetensorsFile data, JsonNode microBatches) {
            pixels = Fixture.floats(data.tensor("pixel_values").orElseThrow());
            labels = Fixture.floats(data.tensor("labels").orElseThrow());
            long[] long4 = data.tensor("pixel_values").orElseThrow().shape();
            shape = new int[] {(int) long4[0], (int) long4[1], (int) long4[2], (int) long4[3]};
            labelCount = labels.length / shape[0];
            microBatches.forEach(batch -> batch.forEach(row -> order.add(row.intValue())));
        }

        @Override
        public int size() {
            return shape[0];
        }

        @Override
        public int[] order(int size, int epoch) {
            return order.subList(epoch * size, (epoch + 1) * size).stream()
                    .mapToInt(Integer::intValue)
                    .toArray();
        }

        @Override
        public Sample get(int index) {
            float[] own = java.util.Arrays.copyOfRange(labels, index * labelCount, (index + 1) * labelCount);
            return new Sample("sample " + index, new Picture(1, 1, 1, new byte[1]), own);
        }

        @Override
        public Batch collate(
                int[] rows, List<Sample> samples, io.vit4j.data.FloatBuffers buffers, io.vit4j.base.RandomKey key) {
            int each = shape[1] * shape[2] * shape[3];
            FloatBuffer batch = buffers.take(rows.length * each);
            float[] batchLabels = new float[rows.length * labelCount];
            for (int i = 0; i < rows.length; i++) {
                batch.put(i * each, pixels, rows[i] * each, each);
                System.arraycopy(labels, rows[i] * labelCount, batchLabels, i * labelCount, labelCount);
            }
            return new Batch(
                    rows,
                    samples.stream().map(Sample::file).toList(),
                    batch,
                    shape[1],
                    shape[2],
                    shape[3],
                    batchLabels,
                    labelCount,
                    () -> buffers.giveBack(batch));
        }
    }
}
