package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.LabelScore;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command takes the folder of an adapter as it takes a model's. */
class AdapterCommandsTest {
    private static final String MODEL = """
            {"model_type": "vit", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
             "intermediate_size": 16, "image_size": 32, "patch_size": 8, "initializer_range": 0.2}
            """;

    @TempDir
    static Path folder;

    private static Path picture;

    private static CommandRun run(Object... line) {
        CommandRun run = CommandRun.of(Arrays.stream(line).map(Object::toString).toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run;
    }

    private static void train(String output, Object... more) {
        Object[] line = {
            "train",
            "--dataset",
            folder.resolve("dataset"),
            "--output",
            folder.resolve(output),
            "--max-steps",
            3,
            "--per-device-train-batch-size",
            4,
            "--bf16",
            "false",
            "--learning-rate",
            0.05,
            "--save-steps",
            2
        };
        run(Stream.concat(Arrays.stream(line), Arrays.stream(more)).toArray());
    }

    @BeforeAll
    static void modelAndAdapterAreTrained() throws IOException {
        Path release = folder.resolve("release");
        SyntheticRelease.write(
                new SyntheticRelease.Options(release, 24, 3, Prevalence.of("balanced")), 2, Progress.NONE);
        Files.writeString(folder.resolve("model.json"), MODEL);
        run(
                "prepare",
                "--data",
                release,
                "--output",
                folder.resolve("dataset"),
                "--validation",
                0.3,
                "--test",
                0,
                "--image-size",
                32);
        try (Stream<Path> files = Files.walk(release)) {
            picture = files.filter(file -> file.toString().endsWith(".png"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
        train("base", "--from-scratch", folder.resolve("model.json"));
        train("adapter", "--model", folder.resolve("base"), "--lora-rank", 2, "--lora-alpha", 4);
        train("other", "--model", folder.resolve("base"), "--lora-rank", 3, "--lora-target-modules", "query,value");
    }

    private static Map<String, Double> scores(String model) {
        String json = run("predict", "--model", folder.resolve(model), "--json", picture)
                .out();
        JsonObject scores = JsonObject.parse(json.strip(), "prediction").object("scores");
        Map<String, Double> byLabel = new TreeMap<>();
        scores.keys().forEach(label -> byLabel.put(label, scores.number(label)));
        return byLabel;
    }

    private static void assertSame(Map<String, Double> actual, Map<String, Double> expected, double bound) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach(
                (label, score) -> assertThat(actual.get(label)).as(label).isCloseTo(score, within(bound)));
    }

    @Test
    void aRunLeavesTheAdapterAloneAndMergesIntoAPlainModel() {
        Path adapter = folder.resolve("adapter");
        assertThat(adapter.resolve("model.safetensors")).doesNotExist();
        assertThat(adapter.resolve("checkpoint-2/model.safetensors")).doesNotExist();
        assertThat(adapter.resolve("checkpoint-2/adapter_model.safetensors")).isRegularFile();
        assertThat(JsonObject.read(adapter.resolve("adapter_config.json")).text("base_model_name_or_path"))
                .isEqualTo(folder.resolve("base").toAbsolutePath().toString());
        run("check", adapter);
        run("merge", "--model", adapter, "--output", folder.resolve("merged"));
        assertThat(folder.resolve("merged/adapter_config.json")).doesNotExist();
        assertSame(scores("merged"), scores("adapter"), 1e-9);
        assertThat(scores("adapter")).isNotEqualTo(scores("base"));
        CommandRun again = CommandRun.of(
                "merge",
                "--model",
                adapter.toString(),
                "--output",
                folder.resolve("merged").toString());
        assertThat(again.exitCode()).isEqualTo(2);
        assertThat(again.err()).contains("already contains a model");
    }

    @Test
    void itIsEvaluatedExplainedAndTrainedFurther() {
        Path adapter = folder.resolve("adapter");
        run("evaluate", "--model", adapter, "--dataset", folder.resolve("dataset"));
        run("explain", "--model", adapter, "--output", folder.resolve("map.png"), picture);
        train("further", "--model", adapter);
        assertThat(folder.resolve("further/adapter_model.safetensors")).isRegularFile();
        assertThat(scores("further")).isNotEqualTo(scores("adapter"));
        CommandRun twice = CommandRun.of(
                "train",
                "--model",
                adapter.toString(),
                "--lora-rank",
                "2",
                "--dataset",
                folder.resolve("dataset").toString(),
                "--output",
                folder.resolve("twice").toString());
        assertThat(twice.exitCode()).isEqualTo(2);
        assertThat(twice.err()).contains("is an adapter already");
    }

    @Test
    void severalAreOpenedOverOneModel() {
        List<ImageClassifier> classifiers = ImageClassifier.loadAdapters(
                List.of(folder.resolve("adapter"), folder.resolve("other")), ImageClassifier.Options.defaults());
        Map<String, Double> first = scores(classifiers.get(0).classify(picture));
        assertSame(first, scores("adapter"), 1e-5);
        classifiers.get(0).close();
        assertSame(scores(classifiers.get(1).classify(picture)), scores("other"), 1e-5);
        classifiers.get(1).close();
    }

    private static Map<String, Double> scores(List<LabelScore> labels) {
        Map<String, Double> scores = new TreeMap<>();
        labels.forEach(label -> scores.put(label.label(), label.score()));
        return scores;
    }

    @Test
    void aRecipeIsOverriddenByArguments() {
        train(
                "recipe",
                "--model",
                folder.resolve("base"),
                "--recipe",
                "lora",
                "--lora-rank",
                4,
                "--gradient-accumulation-steps",
                1);
        JsonObject arguments = JsonObject.read(folder.resolve("recipe/training_args.json"));
        assertThat(arguments.integer("lora_rank")).isEqualTo(4);
        assertThat(arguments.number("lora_alpha")).isEqualTo(16);
        assertThat(arguments.number("learning_rate")).isEqualTo(0.05);
        assertThat(JsonObject.read(folder.resolve("recipe/adapter_config.json")).texts("target_modules"))
                .hasSize(4);
        assertThat(run("recipes", "lora").out()).contains("\"lora_rank\": 16");
        assertThat(run("recipes").out()).contains("x-ray", "from-scratch");
    }
}
