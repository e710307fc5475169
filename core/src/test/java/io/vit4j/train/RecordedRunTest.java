package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.Shared;
import io.vit4j.base.Json;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.image.ImageProcessor;
import io.vit4j.metrics.Metrics;
import io.vit4j.model.Fixture;
import io.vit4j.model.Parameters;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.torch.Tensors;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArgumentsBuilder;
import io.vit4j.train.checkpoint.LogEntry;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that transformers' Trainer recorded, repeated: its order of samples, its losses, rates, norms and weights. */
class RecordedRunTest {
    @TempDir
    Path output;

    @ParameterizedTest
    @CsvSource({
        "vit-micro,1,8",
        "vit-micro,2,3",
        "vit-micro-nobias-tanh,2,8",
        "families/dinov2,2,3",
        "families/swin,2,3",
        "vit-tiny,1,8",
        "vit-tiny,2,3",
        "vit-nobias-tanh,2,8"
    })
    void theTrainerRepeatsTheRunOfTransformers(String name, int lanes, int chunkSize) {
        // stochastic depth was switched off: what it drops is another's random choice
        try (Fixture fixture = new Fixture(
                        Shared.model(name),
                        config -> config.has("drop_path_rate") ? config.with("drop_path_rate", 0.0) : config);
                SafetensorsFile data = Safetensors.open(fixture.folder.resolve("train-data.safetensors"))) {
            JsonNode run = Json.readObject(fixture.folder.resolve("trainer-run.json"));
            VisionModel model = new VisionModel(fixture.definition, fixture.parameters, ImageProcessor.defaults());
            RecordedSamples recorded = new RecordedSamples(data, run.get("micro_batches"));
            try (Trainer trainer = Trainer.builder(model, arguments(run.get("arguments"), lanes, chunkSize))
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

    @Test
    void twoReplicasOfTwoStagesRepeatItToo() {
        JsonNode run = Json.readObject(Shared.model("vit-micro").resolve("trainer-run.json"));
        List<List<LogEntry>> logs = RankThreads.run(4, self -> {
            try (Fixture fixture = new Fixture("vit-micro");
                    SafetensorsFile data = Safetensors.open(fixture.folder.resolve("train-data.safetensors"))) {
                VisionModel model = new VisionModel(fixture.definition, fixture.parameters, ImageProcessor.defaults());
                RecordedSamples recorded = new RecordedSamples(data, run.get("micro_batches"));
                TrainingArguments halved =
                        arguments(run.get("arguments"), 1, 8).withOverrides(Map.of("per_device_train_batch_size", "4"));
                String layout = "layers_per_ipu=[1 2],replication_factor=2,replicated_tensor_sharding=true";
                try (Trainer trainer = Trainer.builder(model, halved)
                        .parallel(ParallelConfig.of(
                                ParallelArguments.options(halved).withOverrides(layout)))
                        .rank(self.orElseThrow())
                        .trainDataset(recorded)
                        .sampler(recorded)
                        .collator(recorded)
                        .build()) {
                    trainer.train();
                    trainer.saveModel();
                    return trainer.state().logHistory();
                }
            }
        });
        compareLogs(logs.get(0), run.get("log_history"));
        Map<String, float[]> saved = RankedRun.weights(output.resolve("model.safetensors"));
        Map<String, float[]> trained =
                RankedRun.weights(Shared.model("vit-micro").resolve("trained/model.safetensors"));
        assertThat(saved).containsOnlyKeys(trained.keySet());
        trained.forEach((name, expected) -> {
            if (!name.endsWith("key.bias")) {
                assertThat(Fixture.largestDifference(saved.get(name), expected))
                        .as(name)
                        .isLessThan(1e-5);
            }
        });
    }

    private TrainingArguments arguments(JsonNode recorded, int lanes, int chunkSize) {
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
                        Integer.toString(chunkSize)))
                .build();
    }

    private static void compareLogs(List<LogEntry> logs, JsonNode recorded) {
        assertThat(logs).hasSize(recorded.size());
        for (int i = 0; i < recorded.size() - 1; i++) {
            JsonNode expected = recorded.get(i);
            LogEntry actual = logs.get(i);
            for (Map.Entry<String, Double> bound : Map.of(
                            "learning_rate", 1e-12, "loss", 1e-5, "grad_norm", 1e-4, "epoch", 1e-12, "step", 0.0)
                    .entrySet()) {
                assertThat(Metrics.of(actual.toJson()).get(bound.getKey()))
                        .as("%s of log entry %d", bound.getKey(), i)
                        .isCloseTo(expected.get(bound.getKey()).doubleValue(), within(bound.getValue()));
            }
        }
        assertThat(logs.get(logs.size() - 1).get("train_loss"))
                .isCloseTo(recorded.get(recorded.size() - 1).get("train_loss").doubleValue(), within(1e-5));
    }

    private static void compareWeights(Fixture fixture) {
        try (SafetensorsFile trained = Safetensors.open(fixture.folder.resolve("trained/model.safetensors"))) {
            for (Parameters.Entry entry : fixture.parameters.entries()) {
                if (!entry.name().endsWith("key.bias")) {
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
}
