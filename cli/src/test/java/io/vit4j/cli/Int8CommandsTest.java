package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.JavaProcess;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.LabelScore;
import io.vit4j.model.SmallModels;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Int8Linear;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code --dtype int8} from the command line. */
@Timeout(180)
class Int8CommandsTest {
    private static final String[] LABELS = {"bright", "left"};

    @TempDir
    static Path folder;

    @BeforeAll
    static void modelAndPictures() {
        try {
            Int8Linear.requireSupported(Device.CPU);
        } catch (InputException e) {
            assumeTrue(false, e.getMessage());
        }
        SmallModels.save(folder.resolve("model"), ProblemType.MULTI_LABEL, LABELS);
        SyntheticRelease.write(
                new SyntheticRelease.Options(folder.resolve("release"), 24, 3, Prevalence.of("balanced")),
                2,
                Progress.NONE);
    }

    private static Map<String, Double> scores(Dtype dtype, Path picture) {
        try (ImageClassifier classifier = ImageClassifier.load(
                folder.resolve("model"), ImageClassifier.Options.defaults().withDtype(dtype))) {
            return classifier.classify(picture).stream()
                    .collect(Collectors.toMap(LabelScore::label, score -> (double) score.score()));
        }
    }

    private static Path picture() throws IOException {
        try (var pictures = Files.walk(folder.resolve("release"))) {
            return pictures.filter(file -> file.toString().endsWith(".png"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void predictGivesWhatTheLibraryGives() throws Exception {
        Path picture = picture();
        Map<String, Double> expected = scores(Dtype.INT8, picture);
        assertThat(expected).isNotEqualTo(scores(Dtype.FLOAT32, picture));

        CommandRun predict = CommandRun.of(
                "predict",
                "--model",
                folder.resolve("model").toString(),
                "--dtype",
                "int8",
                "--device",
                "cpu",
                "--json",
                picture.toString());
        assertThat(predict.exitCode()).as(predict.err()).isZero();
        JsonObject scores = JsonObject.parse(predict.out(), "prediction").object("scores");
        expected.forEach((label, score) -> assertThat(scores.number(label)).isCloseTo(score, within(1e-6)));
    }

    @Tag("exhaustive")
    @Test
    void aServersDoorGivesIt() throws Exception {
        Path picture = picture();
        Map<String, Double> expected = scores(Dtype.INT8, picture);
        Process server = JavaProcess.of(
                        Main.class,
                        List.of(),
                        "serve",
                        "--model",
                        "small=" + folder.resolve("model"),
                        "--port",
                        "0",
                        "--device",
                        "cpu",
                        "--dtype",
                        "int8")
                .redirectError(folder.resolve("log").toFile())
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            String line = String.valueOf(out.readLine());
            assertThat(line).as(Files.readString(folder.resolve("log"))).startsWith("Serving at ");
            URI address = URI.create(line.substring("Serving at ".length()));
            String answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(address.resolve("/models/small"))
                                    .header("Content-Type", "image/png")
                                    .POST(HttpRequest.BodyPublishers.ofFile(picture))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            Json.parse(answer, "answer")
                    .forEach(each -> assertThat(each.get("score").doubleValue())
                            .isCloseTo(expected.get(each.get("label").textValue()), within(1e-6)));
            assertThat(answer).contains(LABELS);
        } finally {
            server.destroyForcibly();
        }
    }

    @Test
    void evaluateShowsWhatItCostsBesideFloat32() {
        CommandRun prepare = CommandRun.of(
                "prepare",
                "--data",
                folder.resolve("release").toString(),
                "--output",
                folder.resolve("dataset").toString(),
                "--validation",
                "0.6",
                "--test",
                "0",
                "--image-size",
                "32");
        assertThat(prepare.exitCode()).as(prepare.err()).isZero();
        List<String> labels;
        try (ArrowDataset data = ArrowDataset.open(folder.resolve("dataset"))) {
            labels = data.labels().names();
        }
        SmallModels.save(folder.resolve("of-findings"), ProblemType.MULTI_LABEL, labels.toArray(String[]::new));
        double float32 = evaluated("float32").object("metrics").number("eval_roc_auc");
        JsonObject int8 = evaluated("int8");
        assertThat(int8.object("metrics").number("eval_roc_auc_float32")).isEqualTo(float32);
        JsonObject cost = int8.object("predicted_by").object("int8");
        assertThat(cost.number("roc_auc"))
                .isEqualTo(int8.object("metrics").number("eval_roc_auc"))
                .isCloseTo(float32, within(0.2));
        assertThat(cost.number("roc_auc_float32")).isEqualTo(float32);
        CommandRun tables = evaluate("int8");
        assertThat(tables.out()).contains("Computed in int8: macro AUROC").contains("where float32 has");
        assertThat(folder.resolve("of-findings/report.html")).content().contains("Computed in int8: macro AUROC");
        assertThat(evaluate("bfloat16").out()).doesNotContain("int8");
    }

    private static JsonObject evaluated(String dtype) {
        CommandRun run = evaluate(dtype, "--json");
        return JsonObject.parse(run.out().lines().reduce((a, b) -> b).orElseThrow(), "evaluation");
    }

    private static CommandRun evaluate(String dtype, String... more) {
        String[] line = Stream.concat(
                        Stream.of(
                                "evaluate",
                                "--model",
                                folder.resolve("of-findings").toString(),
                                "--dataset",
                                folder.resolve("dataset").toString(),
                                "--device",
                                "cpu",
                                "--dtype",
                                dtype),
                        Stream.of(more))
                .toArray(String[]::new);
        CommandRun run = CommandRun.of(line);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run;
    }

    @Test
    void whatTrainsRefusesIt() {
        for (String[] line : new String[][] {
            {"bench", "train", "--dtype", "int8"}, {"plan", "--measure", "--model", "vit-tiny", "--dtype", "int8"}
        }) {
            CommandRun run = CommandRun.of(line);
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.err()).contains("int8 is for models at work");
        }
    }
}
