package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.TestDevice;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code model_ema_decay}: an average of the weights that is evaluated, saved beside them, and may be kept in their place. */
class AveragedWeightsTest {
    @TempDir
    Path folder;

    private TinyRun run(String name, String... more) {
        TinyRun run = new TinyRun(folder.resolve(name))
                .with(Map.of(
                        "max_steps", "4",
                        "eval_steps", "1",
                        "save_steps", "1",
                        "save_total_limit", "4",
                        "model_ema_decay", "0.75"));
        for (int i = 0; i < more.length; i += 2) {
            run.with(more[i], more[i + 1]);
        }
        return run;
    }

    private Map<String, float[]> saved(String name, int step, String below) {
        return RankedRun.weights(RankedRun.weightsIn(
                folder.resolve(name).resolve("checkpoint-" + step).resolve(below)));
    }

    /**
     * From the weights of every step, as {@code timm} averages them: the first step's are where it begins. Of adapters, the adapters'
     * own.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void everyCheckpointHoldsTheAverageOfTheWeightsOfAllStepsBefore(int loraRank) {
        run("run", "save_only_model", "true", "lora_rank", "" + loraRank).run();
        Map<String, float[]> expected = new HashMap<>(saved("run", 1, ""));
        assertThat(saved("run", 1, "ema")).containsAllEntriesOf(expected);
        for (int step = 2; step <= 4; step++) {
            saved("run", step, "").forEach((name, weights) -> {
                float[] average = expected.get(name).clone();
                for (int i = 0; i < average.length; i++) {
                    average[i] += (float) (0.25 * (weights[i] - average[i]));
                }
                expected.put(name, average);
            });
            saved("run", step, "ema")
                    .forEach((name, average) -> assertThat(average)
                            .as(name)
                            .usingComparatorWithPrecision(1e-6f)
                            .containsExactly(expected.get(name)));
        }
    }

    @Test
    void itIsEvaluatedAsTheModelThatItIsSavedAs() {
        TinyRun.Result result = run("run").run();
        double logged = evaluations(result).get(3).get("eval_ema_loss").doubleValue();
        Path averaged = folder.resolve("run/checkpoint-4/ema");
        TrainingArguments arguments = TrainingArguments.builder()
                .outputDir(folder.resolve("other"))
                .perDeviceEvalBatchSize(5)
                .set("dtype", "float32")
                .build();
        try (VisionModel model = Pretrained.load(averaged, Pretrained.Options.asItIs(TestDevice.here()))
                        .model();
                Trainer trainer = Trainer.builder(model, arguments)
                        .evalDataset(TinyRun.pictures(12, 2))
                        .build()) {
            assertThat(trainer.evaluate().get("eval_loss")).isCloseTo(logged, within(1e-6));
        }
    }

    private static List<JsonNode> evaluations(TinyRun.Result result) {
        return result.logs().stream()
                .map(line -> (JsonNode) Json.parseObject(line, "log"))
                .filter(entry -> entry.has("eval_loss"))
                .toList();
    }

    /** The rate is so high that the last weights are worse than their average. */
    @Test
    void theMetricForBestModelSaysWhichWeightsAreKept() {
        run("raw").run();
        run("averaged", "metric_for_best_model", "eval_ema_loss").run();
        int best = bestStep("averaged");
        assertThat(RankedRun.weights(folder.resolve("averaged/model.safetensors")))
                .containsAllEntriesOf(saved("averaged", best, "ema"));
        assertThat(RankedRun.weights(folder.resolve("averaged/ema/model.safetensors")))
                .containsAllEntriesOf(saved("averaged", best, "ema"));
        assertThat(RankedRun.weights(folder.resolve("raw/model.safetensors")))
                .containsAllEntriesOf(saved("raw", bestStep("raw"), ""));
        assertThat(RankedRun.weights(folder.resolve("raw/ema/model.safetensors")))
                .containsAllEntriesOf(saved("raw", bestStep("raw"), "ema"));
    }

    private int bestStep(String name) {
        String best = TrainerState.read(folder.resolve(name).resolve("trainer_state.json"))
                .bestModelCheckpoint()
                .orElseThrow();
        return Integer.parseInt(best.replaceAll(".*-", ""));
    }

    @Test
    void withoutAnAverageItsMetricsAndItsWarmUpAreRefused() {
        assertThatThrownBy(() -> new TinyRun(folder.resolve("run"))
                        .with("metric_for_best_model", "eval_ema_loss")
                        .run())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("eval_ema_loss");
        assertThatThrownBy(
                        () -> TrainingArguments.builder().modelEmaWarmup(true).build())
                .isInstanceOf(InputException.class)
                .hasMessage("model_ema_warmup needs model_ema_decay; give model_ema_decay, 0.9998 for example");
    }
}
