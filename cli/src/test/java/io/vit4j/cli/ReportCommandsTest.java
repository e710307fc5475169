package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import io.vit4j.base.Progress;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** inspect, evaluate, report and explain, as a user calls them after a run. */
class ReportCommandsTest {
    private static final String MODEL =
            "{\"model_type\":\"vit\",\"hidden_size\":16,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
                    + "\"intermediate_size\":32,\"image_size\":224,\"patch_size\":32}";

    @TempDir
    static Path folder;

    private static Path dataset;
    private static Path tuned;

    @BeforeAll
    static void aRun() throws IOException {
        Path release = folder.resolve("release");
        dataset = folder.resolve("dataset");
        tuned = folder.resolve("tuned");
        SyntheticRelease.write(
                new SyntheticRelease.Options(release, 30, 5, Prevalence.of("balanced")), 2, Progress.NONE);
        Files.writeString(folder.resolve("model.json"), MODEL);
        succeed("prepare", "--data", release, "--output", dataset, "--validation", "0.3", "--test", "0.2");
        succeed(
                "train",
                "--from-scratch",
                folder.resolve("model.json"),
                "--dataset",
                dataset,
                "--output",
                tuned,
                "--num-train-epochs",
                "1",
                "--logging-steps",
                "1",
                "--report-to",
                "csv",
                "tensorboard");
    }

    private static String succeed(Object... args) {
        CommandRun run = new CommandRun();
        int exitCode = run.run(Arrays.stream(args).map(Object::toString).toArray(String[]::new));
        assertThat(exitCode).as(run.err()).isZero();
        return run.out();
    }

    @Test
    void aRunLeavesReportCardAndLogs() throws IOException {
        assertThat(Files.readString(tuned.resolve("report.html"))).contains("AUROC on validation", "image/jpeg");
        assertThat(Files.readString(tuned.resolve("README.md")))
                .startsWith("---\n")
                .contains("# tuned");
        assertThat(Files.readAllLines(tuned.resolve("log.csv")).get(0)).isEqualTo("step,epoch,name,value");
        assertThat(tuned.resolve("runs")).isNotEmptyDirectory();
    }

    /** Half of a page or of the lines, then no room: no command may take that for a success. */
    @Test
    void resultsThatFindNoRoomAreAFault() throws IOException {
        List<String> pictures;
        try (var files = Files.list(folder.resolve("release/images"))) {
            pictures = files.map(Path::toString).toList();
        }
        List<String> predict = new ArrayList<>(List.of("predict", "--model", tuned.toString(), "--json"));
        predict.addAll(pictures);
        for (List<String> command : List.of(
                predict,
                List.of("evaluate", "--model", tuned.toString(), "--dataset", dataset.toString(), "--json"),
                List.of("compare", tuned.toString(), tuned.toString()),
                List.of("compare", tuned.toString(), tuned.toString(), "--json"))) {
            assertThat(StandardOutputTest.errors(1, new FullDisk(100), command))
                    .as("%s", command)
                    .contains(FullDisk.LINE);
        }
    }

    @Test
    void theTestSplitJoinsTheReportWithValidationsThresholds() throws IOException {
        succeed("evaluate", "--model", tuned, "--dataset", dataset, "--split", "test", "--report-images", "none");
        String page = Files.readString(tuned.resolve("report.html"));
        assertThat(page).contains("AUROC on test", "chosen on validation and measured on test");
        assertThat(page).doesNotContain("image/jpeg");
        assertThat(succeed("report", tuned, "--dataset", dataset)).contains("report.html");
        assertThat(Files.readString(tuned.resolve("report.html"))).contains("image/jpeg");
    }

    @Test
    void trainingKeepsTemperatureAndThresholdsWithTheModelAndPredictGoesByThem() throws IOException {
        JsonNode decision = Json.read(tuned.resolve("decision.json"));
        assertThat(decision.at("/fitted_on/split").asText()).isEqualTo("validation");
        assertThat(decision.path("thresholds").size()).isGreaterThan(5);
        Path image;
        try (var files = Files.list(folder.resolve("release/images"))) {
            image = files.sorted().findFirst().orElseThrow();
        }
        JsonNode line = Json.parse(succeed("predict", "--model", tuned, "--json", image), "predict");
        JsonNode plain = Json.parse(succeed("predict", "--model", tuned, "--json", "--plain-scores", image), "predict");
        assertThat(line.path("logits")).isEqualTo(plain.path("logits"));
        double temperature = decision.path("temperature").doubleValue();
        line.path("logits").properties().forEach(logit -> {
            double value = (float) logit.getValue().doubleValue(); // written as short as float32 allows
            String label = logit.getKey();
            double score = 1 / (1 + Math.exp(-value / temperature));
            assertThat(line.path("scores").path(label).doubleValue()).isCloseTo(score, within(1e-9));
            assertThat(plain.path("scores").path(label).doubleValue())
                    .isCloseTo(1 / (1 + Math.exp(-value)), within(1e-9));
            double threshold = decision.path("thresholds").path(label).asDouble(0.5);
            assertThat(names(line.path("present")).contains(label)).isEqualTo(score >= threshold);
        });
    }

    private static List<String> names(JsonNode array) {
        List<String> names = new ArrayList<>();
        array.forEach(name -> names.add(name.asText()));
        return names;
    }

    @Test
    void nothingIsFittedOnTestAndWhatWasSetByHandIsKept() throws IOException {
        Path copy = folder.resolve("copy");
        Files.createDirectories(copy);
        for (String file : List.of("config.json", "model.safetensors", "preprocessor_config.json")) {
            Files.copy(tuned.resolve(file), copy.resolve(file));
        }
        String test = succeed("evaluate", "--model", copy, "--dataset", dataset, "--split", "test", "--json");
        assertThat(copy.resolve("decision.json")).doesNotExist();
        JsonNode json = Json.parse(
                test.lines().filter(line -> line.startsWith("{")).findFirst().orElseThrow(), "json");
        assertThat(json.path("split").asText()).isEqualTo("test");
        assertThat(json.has("temperature")).isFalse();
        assertThat(json.path("labels").path("Effusion").has("thresholds")).isFalse();
        assertThat(json.at("/averages/macro/roc_auc/by_patient").size()).isEqualTo(2);
        assertThat(json.at("/walkthrough/difference").asText()).contains("softmax", "here no patient is in two splits");
        assertThat(Json.read(copy.resolve("evaluation-test.json")).path("labels"))
                .isEqualTo(json.path("labels"));
        CommandRun refused = new CommandRun();
        assertThat(refused.run(
                        "evaluate",
                        "--model",
                        copy.toString(),
                        "--dataset",
                        dataset.toString(),
                        "--split",
                        "test",
                        "--calibrate"))
                .isEqualTo(2);
        assertThat(refused.err()).contains("only on the validation split");

        String byHand = "{\"temperature\": 3, \"thresholds\": {\"Effusion\": 0.4}}";
        Files.writeString(copy.resolve("decision.json"), byHand);
        String out = succeed("evaluate", "--model", copy, "--dataset", dataset);
        assertThat(Files.readString(copy.resolve("decision.json"))).isEqualTo(byHand);
        assertThat(out).contains("Temperature 3.000", "AUROC", "by patient", "sensitivity");
        succeed(
                "evaluate",
                "--model",
                copy,
                "--dataset",
                dataset,
                "--calibrate",
                "--threshold-rule",
                "sensitivity=0.8");
        assertThat(Json.read(copy.resolve("decision.json"))
                        .at("/fitted_on/rule")
                        .asText())
                .isEqualTo("sensitivity=0.8");
    }

    @Test
    void modelsAreComparedFromFilesAndOnADataSet() {
        Path predictions = folder.resolve("predictions.csv");
        succeed("evaluate", "--model", tuned, "--dataset", dataset, "--predictions", predictions);
        JsonNode json = Json.parse(
                succeed("compare", tuned, predictions, "--split", "validation", "--json", "--bootstrap-rounds", "50"),
                "compare");
        assertThat(json.path("patients").asInt()).isGreaterThan(1);
        assertThat(json.at("/averages/macro/difference").doubleValue()).isZero();
        String table = succeed("compare", tuned, tuned, "--dataset", dataset, "--split", "test", "--threads", "1");
        assertThat(table).contains("A is tuned, B is tuned", "by patient", "p (Holm)", "macro");
        CommandRun none = new CommandRun();
        assertThat(none.run("compare", tuned.toString(), folder.resolve("none").toString()))
                .isEqualTo(2);
        assertThat(none.err()).contains("no such file");
    }

    @Test
    void inspectShowsRowsCountsAndPictures() throws IOException {
        String out = succeed("inspect", "--dataset", dataset, "--output", folder.resolve("twelve.png"));
        assertThat(out).contains("Patient Gender", "validation", "Effusion", "Warnings");
        assertThat(ImageIO.read(folder.resolve("twelve.png").toFile()).getWidth())
                .isGreaterThan(1000);
        assertThat(succeed(
                        "inspect",
                        "--dataset",
                        dataset,
                        "--output",
                        folder.resolve("twelve.png"),
                        "--augment",
                        "xray+flip"))
                .contains("augmented.png");
        assertThat(ImageIO.read(folder.resolve("augmented.png").toFile()).getWidth())
                .isEqualTo(6 + 5 * 156);
        CommandRun wrong = new CommandRun();
        assertThat(wrong.run("inspect", "--dataset", dataset.toString(), "--augment", "xrays"))
                .isEqualTo(2);
        assertThat(wrong.err()).contains("did you mean xray?");
    }

    @Test
    void explainDrawsOverTheOriginalAtItsFullSize() throws IOException {
        Path image;
        try (var files = Files.list(folder.resolve("release/images"))) {
            image = files.sorted().findFirst().orElseThrow();
        }
        Path boxes = Files.writeString(
                folder.resolve("BBox_List_2017.csv"),
                "Image Index,Finding Label,Bbox [x,y,w,h],,,\n" + image.getFileName() + ",Effusion,0,0,1024,1024,,,\n");
        for (String method : new String[] {"attention-rollout", "rollout", "grad-cam", "gradient-input"}) {
            Path png = folder.resolve(method + ".png");
            String out = succeed(
                    "explain",
                    "--model",
                    tuned,
                    image,
                    "--label",
                    "effusion",
                    "--output",
                    png,
                    "--method",
                    method,
                    "--boxes",
                    boxes);
            BufferedImage drawn = ImageIO.read(png.toFile());
            assertThat(drawn.getWidth()).isEqualTo(1024);
            assertThat(out).contains("Effusion: ", "peak is inside");
        }
        String scores = succeed("explain", "--model", tuned, folder.resolve("release/images"), "--boxes", boxes);
        assertThat(scores).containsPattern("Effusion +1  1\\.000").contains("all labels");
        CommandRun wrong = new CommandRun();
        assertThat(wrong.run("explain", "--model", tuned.toString(), image.toString(), "--label", "Efusion"))
                .isEqualTo(2);
        assertThat(wrong.err()).contains("Efusion");
    }
}
