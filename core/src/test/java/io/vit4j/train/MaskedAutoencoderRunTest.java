package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.Shared;
import io.vit4j.TestDevice;
import io.vit4j.base.Json;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.model.Fixture;
import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArgumentsBuilder;
import io.vit4j.train.checkpoint.LogEntry;
import io.vit4j.walk.MaskedPixels;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A masked autoencoder's run that transformers' Trainer recorded, repeated by one process and by two replicas of two stages. */
class MaskedAutoencoderRunTest {
    private static final Path RECORDED = Shared.model("families/vit_mae");

    @TempDir
    Path output;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theTrainerRepeatsTheRunOfTransformers(boolean recompute) {
        compareLogs(trained(Optional.empty(), Optional.empty(), recompute));
        compareWeights();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void twoReplicasOfTwoStagesRepeatItToo(boolean recompute) {
        String layout = "layers_per_ipu=[2 2],replication_factor=2,replicated_tensor_sharding=true";
        List<List<LogEntry>> logs = RankThreads.run(4, self -> trained(self, Optional.of(layout), recompute));
        compareLogs(logs.get(0));
        compareWeights();
    }

    @Test
    void thePositionsAreNotTrained() {
        try (VisionModel model = open()) {
            assertThat(model.definition().weights().stream()
                            .filter(weight -> !model.definition().trains(weight.name()))
                            .map(weight -> weight.name()))
                    .containsExactly("vit.embeddings.position_embeddings", "decoder.decoder_pos_embed");
        }
    }

    /** Twelve steps, with the pixels normalised, as they were recorded. */
    private List<LogEntry> trained(Optional<RankEnvironment> self, Optional<String> layout, boolean recompute) {
        JsonNode run = Json.readObject(RECORDED.resolve("trainer-run.json"));
        try (VisionModel model = open();
                SafetensorsFile data = Safetensors.open(RECORDED.resolve("train-data.safetensors"))) {
            RecordedSamples recorded = new RecordedSamples(data, run.get("micro_batches"));
            TrainingArguments arguments = arguments(run.get("arguments"), layout.isPresent() ? 4 : 8, recompute);
            TrainerBuilder builder = Trainer.builder(model, arguments)
                    .trainDataset(recorded)
                    .evalDataset(recorded)
                    .sampler(recorded)
                    .collator(recorded)
                    .objective(MaskedPixels.of(model.definition().masking().orElseThrow()));
            layout.ifPresent(text -> builder.parallel(
                    ParallelConfig.of(ParallelArguments.options(arguments).withOverrides(text))));
            self.ifPresent(builder::rank);
            try (Trainer trainer = builder.build()) {
                trainer.train();
                trainer.saveModel();
                List<LogEntry> logs = List.copyOf(trainer.state().logHistory());
                double heldBack = trainer.evaluate().get("eval_loss");
                assertThat(heldBack).isBetween(0.8, 1.0); // keeps no predictions, on whichever rank
                return logs;
            }
        }
    }

    private static VisionModel open() {
        return Pretrained.load(
                        RECORDED.resolve("checkpoint"),
                        Pretrained.Options.pretraining(
                                TestDevice.here(), MaskedAutoencoding.DEFAULTS.withNormPixLoss(true), 0))
                .model();
    }

    private TrainingArguments arguments(JsonNode recorded, int microBatch, boolean recompute) {
        TrainingArgumentsBuilder builder = TrainingArguments.builder();
        recorded.properties()
                .forEach(argument -> builder.set(
                        Map.of(argument.getKey(), argument.getValue().asText())));
        return builder.set(Map.of(
                        "output_dir", output.toString(),
                        "per_device_train_batch_size", Integer.toString(microBatch),
                        "logging_steps", "1",
                        "save_strategy", "no",
                        "dtype", "float32",
                        "threads", "1",
                        "walk_micro_batch", "3",
                        "gradient_checkpointing", Boolean.toString(recompute)))
                .build();
    }

    private static void compareLogs(List<LogEntry> logs) {
        JsonNode recorded =
                Json.readObject(RECORDED.resolve("trainer-run.json")).get("log_history");
        assertThat(logs).hasSize(recorded.size());
        for (int i = 0; i < recorded.size() - 1; i++) {
            for (Map.Entry<String, Double> bound : Map.of("learning_rate", 1e-12, "loss", 1e-5, "grad_norm", 1e-4)
                    .entrySet()) {
                assertThat(logs.get(i).get(bound.getKey()))
                        .as("%s of log entry %d", bound.getKey(), i)
                        .isCloseTo(recorded.get(i).get(bound.getKey()).doubleValue(), within(bound.getValue()));
            }
        }
    }

    private void compareWeights() {
        Map<String, float[]> saved = RankedRun.weights(output.resolve("model.safetensors"));
        Map<String, float[]> expected = RankedRun.weights(RECORDED.resolve("trained/model.safetensors"));
        assertThat(saved).containsOnlyKeys(expected.keySet());
        expected.forEach((name, numbers) -> {
            if (!name.endsWith("key.bias")) {
                assertThat(Fixture.largestDifference(saved.get(name), numbers))
                        .as(name)
                        .isLessThan(1e-5);
            }
        });
    }
}
