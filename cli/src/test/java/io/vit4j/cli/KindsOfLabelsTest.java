package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job with one class a picture, and with numbers in place of labels. */
class KindsOfLabelsTest {
    private static final String MODEL =
            "{\"model_type\":\"vit\",\"hidden_size\":16,\"num_hidden_layers\":1,\"num_attention_heads\":2,"
                    + "\"intermediate_size\":32,\"image_size\":224,\"patch_size\":56}";

    private static final int PICTURES = 40;

    @TempDir
    static Path shared;

    private static Path pictures;
    private static Path classes;
    private static Path classifier;

    @TempDir
    Path folder;

    @BeforeAll
    static void aClassifierIsTuned() throws IOException {
        pictures = shared.resolve("pictures");
        for (int i = 0; i < PICTURES; i++) {
            put(pictures.resolve(i % 2 == 0 ? "dark" : "light").resolve(i + ".png"), brightness(i));
        }
        Files.writeString(shared.resolve("model.json"), MODEL);
        classes = shared.resolve("classes");
        classifier = shared.resolve("classifier");
        succeed("prepare", "--data", pictures, "--output", classes, "--validation", "0.4", "--test", "0");
        train(classes, classifier);
    }

    /** The even ones dark, the odd ones light. */
    private static int brightness(int picture) {
        return picture % 2 == 0 ? 10 + 2 * picture : 150 + 2 * picture;
    }

    private static void put(Path file, int brightness) throws IOException {
        Files.createDirectories(file.getParent());
        BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(new Color(brightness, brightness, brightness));
        graphics.fillRect(0, 0, 32, 32);
        graphics.dispose();
        ImageIO.write(image, "png", file.toFile());
    }

    private static void train(Path dataset, Path output) {
        succeed(
                "train",
                "--from-scratch",
                shared.resolve("model.json"),
                "--dataset",
                dataset,
                "--output",
                output,
                "--num-train-epochs",
                "3",
                "--learning-rate",
                "0.01",
                "--per-device-train-batch-size",
                "8",
                "--eval-strategy",
                "epoch",
                "--bf16",
                "false");
    }

    private static CommandRun succeed(Object... arguments) {
        CommandRun run = run(arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run;
    }

    private static CommandRun run(Object... arguments) {
        return CommandRun.of(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    }

    /** A copy of the tuned classifier's checkpoint alone, its configuration changed. */
    private Path copy(String name, java.util.function.Consumer<ObjectNode> change) throws IOException {
        Path copy = Files.createDirectories(folder.resolve(name));
        for (String file : List.of("model.safetensors", "preprocessor_config.json")) {
            Files.copy(classifier.resolve(file), copy.resolve(file));
        }
        ObjectNode config = Json.readObject(classifier.resolve("config.json"));
        change.accept(config);
        Files.writeString(copy.resolve("config.json"), Json.pretty(config));
        return copy;
    }

    /** The data set says what its labels mean, whether the checkpoint does or not; what says otherwise is an error. */
    @Test
    void aDataSetsKindOfLabelsRules() throws IOException {
        Path same = copy("same", config -> {});
        Path silent = copy("silent", config -> config.remove("problem_type"));
        Path other = copy("other", config -> config.put("problem_type", "multi_label_classification"));
        succeed("evaluate", "--model", same, "--dataset", classes);
        succeed("evaluate", "--model", silent, "--dataset", classes);
        String file = "evaluation-validation.json";
        assertThat(Json.readObject(silent.resolve(file))).isEqualTo(Json.readObject(same.resolve(file)));
        assertThat(Json.readObject(same.resolve(file))
                        .at("/averages/macro/roc_auc/value")
                        .doubleValue())
                .isEqualTo(Json.readObject(same.resolve("eval_results.json"))
                        .get("eval_roc_auc")
                        .doubleValue());
        CommandRun refused = run("evaluate", "--model", other, "--dataset", classes);
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("config.json", "multi_label_classification", "single_label_classification");
        assertThat(run("compare", other, same, "--dataset", classes, "--split", "validation")
                        .exitCode())
                .isEqualTo(2);
        assertThat(succeed("compare", silent, same).out()).contains("macro");
    }

    @Test
    void outputsThatShareANameAreAllPrinted() throws IOException {
        Path cranes = copy("cranes", config -> {
            config.putObject("id2label").put("0", "crane").put("1", "crane");
            config.putObject("label2id").put("crane", 1);
        });
        Path picture = pictures.resolve("dark").resolve("0.png");
        JsonNode line = Json.parseObject(
                succeed("predict", "--model", cranes, "--json", picture).out(), "predict");
        JsonNode plain = Json.parseObject(
                succeed("predict", "--model", classifier, "--plain-scores", "--json", picture)
                        .out(),
                "predict");
        for (String key : List.of("logits", "scores")) {
            assertThat(line.get(key)).hasSize(2);
            assertThat(line.at("/" + key + "/crane (0)")).isEqualTo(plain.at("/" + key + "/dark"));
            assertThat(line.at("/" + key + "/crane (1)")).isEqualTo(plain.at("/" + key + "/light"));
        }
    }

    /** Targets are the pictures' brightness and its opposite, some unknown. */
    @Test
    void numbersArePreparedLearnedMeasuredAndPredicted() throws IOException {
        Path data = folder.resolve("data");
        StringBuilder table = new StringBuilder("file,dim,bright,patient_id\n");
        for (int i = 0; i < PICTURES; i++) {
            put(data.resolve(i + ".png"), brightness(i));
            double bright = brightness(i) / 255.0;
            table.append(i)
                    .append(".png,")
                    .append(i % 7 == 0 ? "" : 1 - bright)
                    .append(',')
                    .append(bright);
            table.append(",p").append(i / 2).append('\n');
        }
        Files.writeString(data.resolve("labels.csv"), table);
        Path dataset = folder.resolve("dataset");
        Path tuned = folder.resolve("tuned");
        succeed(
                "prepare",
                "--data",
                data,
                "--labels",
                data.resolve("labels.csv"),
                "--image-column",
                "file",
                "--problem-type",
                "regression",
                "--label-columns",
                "dim,bright",
                "--output",
                dataset,
                "--validation",
                "0.4",
                "--test",
                "0");
        assertThat(Files.readAllLines(dataset.resolve("metadata.jsonl")).get(1)).contains("\"dim\"", "\"bright\"");
        train(dataset, tuned);
        JsonNode results = Json.readObject(tuned.resolve("all_results.json"));
        assertThat(results.get("eval_mse").doubleValue()).isBetween(0.0, 0.2);
        assertThat(results.has("eval_pearson_bright")).isTrue();
        assertThat(Files.exists(tuned.resolve("decision.json"))).isFalse();
        assertThat(Files.readString(tuned.resolve("README.md"))).contains("| output | MSE | MAE |");

        CommandRun evaluated = succeed("evaluate", "--model", tuned, "--dataset", dataset);
        assertThat(evaluated.out()).contains("MAE", "Spearman", "bright", "patients");
        JsonNode file = Json.readObject(tuned.resolve("evaluation-validation.json"));
        assertThat(file.at("/outputs/dim/unknown").intValue()).isPositive();
        assertThat(file.at("/means/mse/value").doubleValue())
                .isEqualTo(Json.readObject(tuned.resolve("eval_results.json"))
                        .get("eval_mse")
                        .doubleValue());
        assertThat(file.at("/outputs/bright/mae/by_patient")).hasSize(2);
        assertThat(Files.readString(tuned.resolve("report.html")))
                .contains("How close are its numbers?", "bright: predictions and targets");

        Path picture = data.resolve("3.png");
        JsonNode line = Json.parseObject(
                succeed("predict", "--model", tuned, "--json", picture).out(), "predict");
        assertThat(line.get("predictions")).hasSize(2);
        assertThat(line.has("scores")).isFalse();
        assertThat(succeed("predict", "--model", tuned, picture).out())
                .contains(line.at("/predictions/bright").asText() + "  bright")
                .doesNotContain("%");
        CommandRun refused = run("evaluate", "--model", tuned, "--dataset", dataset, "--calibrate");
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("regression");
    }

    @Test
    void whatIsNoNumberIsNamed() throws IOException {
        Path data = folder.resolve("words");
        put(data.resolve("a.png"), 10);
        put(data.resolve("b.png"), 10);
        Files.writeString(data.resolve("labels.csv"), "file,age\na.png,old\nb.png,63\n");
        CommandRun refused = run(
                "prepare",
                "--data",
                data,
                "--labels",
                data.resolve("labels.csv"),
                "--image-column",
                "file",
                "--problem-type",
                "regression",
                "--label-columns",
                "age",
                "--output",
                folder.resolve("none"));
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("labels.csv", "age", "old");
    }
}
