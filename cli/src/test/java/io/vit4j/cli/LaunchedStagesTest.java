package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import io.vit4j.parallel.RankEnvironment;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Stages of a pipeline as processes, and ranks that do not fit together. */
@Timeout(180)
class LaunchedStagesTest extends RankRuns {
    private static Path pipelined;

    /** No rank of a pipeline holds the whole model. */
    @BeforeAll
    static void twoStagesTrain() throws Exception {
        pipelined = shared.resolve("pipelined");
        LaunchedStagesTest test = new LaunchedStagesTest();
        test.folder = Files.createDirectory(shared.resolve("first"));
        Run run = test.launch(
                train(pipelined, "--parallel", test.stages().toString(), "--max-steps", "3", "--report-images", "all"));
        assertThat(run.exitCode()).as(run.text()).isZero();
    }

    @Tag("exhaustive")
    @Test
    void twoStagesEvaluateAsOneProcessDoes() throws Exception {
        Path tuned = folder.resolve("tuned");
        copyModel(pipelined, tuned);
        CommandRun alone = CommandRun.of(
                "evaluate", "--model", tuned.toString(), "--dataset", dataset.toString(), "--threads", "1");
        assertThat(alone.exitCode()).as(alone.err()).isZero();
        JsonNode expected = Json.readObject(tuned.resolve("eval_results.json"));
        double macro = macro(tuned);
        for (String file : List.of("eval_results.json", "evaluation-validation.json", "report.html")) {
            Files.delete(tuned.resolve(file));
        }
        Run run = launch(List.of(
                "evaluate",
                "--model",
                tuned.toString(),
                "--dataset",
                dataset.toString(),
                "--threads",
                "1",
                "--batch-size",
                "3",
                "--parallel",
                stages().toString(),
                "--report-images",
                "all"));
        assertThat(run.exitCode()).as(run.text()).isZero();
        assertThat(run.text()).contains("eval_roc_auc").containsOnlyOnce("Report: ");
        assertThat(Files.readString(tuned.resolve("report.html"))).contains("src=\"data:image/jpeg");
        assertThat(macro(tuned)).isCloseTo(macro, within(1e-6));
        JsonNode together = Json.readObject(tuned.resolve("eval_results.json"));
        for (String metric : List.of("eval_loss", "eval_roc_auc", "eval_accuracy")) {
            assertThat(together.get(metric).doubleValue())
                    .as(metric)
                    .isCloseTo(expected.get(metric).doubleValue(), within(1e-6));
        }
        assertThat(together.get("eval_samples")).isEqualTo(expected.get("eval_samples"));
    }

    private Path stages() throws IOException {
        return Files.writeString(folder.resolve("ipu_config.json"), "{\"layers_per_ipu\": [1, 1]}");
    }

    private static void copyModel(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    @Tag("exhaustive")
    @Test
    void compileOnlyTellsPlacementAndMemoryAndWritesNothing() throws Exception {
        Path output = folder.resolve("run");
        Run run = launch(
                train(output, "--compile-only", "--ipu-config-overrides", "pipeline_stages=2,matmul_proportion=0.3"));
        assertThat(run.exitCode()).as(run.text()).isZero();
        assertThat(run.lines())
                .contains(
                        "Embedding  --> IPU 0", "Encoder 0  --> IPU 0", "Encoder 1  --> IPU 1", "Head       --> IPU 1")
                .anyMatch(line -> line.startsWith("Rank 0: weights "))
                .anyMatch(line -> line.startsWith("Rank 1: weights "));
        assertThat(run.text()).containsOnlyOnce("no effect here: matmul_proportion");
        assertThat(Files.exists(output.resolve("model.safetensors"))).isFalse();
    }

    @Tag("exhaustive")
    @Test
    void ranksStartedByHandWithOtherArgumentsOrDataAreToldSo() throws Exception {
        Path other = prepare("others", 20);
        Path output = folder.resolve("run");
        int port = freePort();
        Process zero = start(train(output), new RankEnvironment(0, 0, 2, "127.0.0.1", port));
        Process one = start(
                train(output, "--learning-rate", "1e-4", "--dataset", other.toString()),
                new RankEnvironment(1, 1, 2, "127.0.0.1", port));
        for (Process process : List.of(zero, one)) {
            Run run = end(process);
            assertThat(run.exitCode()).as(run.text()).isEqualTo(2);
            assertThat(run.lines().stream().filter(line -> !line.startsWith("[Gloo]")))
                    .last()
                    .asString()
                    .contains(
                            "rank 1 differs from rank 0 in arguments", "the training data", "; start every rank with");
            assertThat(run.text()).doesNotContain("\tat ", "frame #");
        }
        assertThat(output).doesNotExist();
    }

    @Tag("exhaustive")
    @Test
    void aRankThatNeverComesAndAPortThatIsTakenAreOneLine() throws Exception {
        List<String> impatient = train(folder.resolve("run"), "--rendezvous-timeout", "3");
        List<String> second = train(folder.resolve("second"), "--rendezvous-timeout", "3");
        try (ServerSocket taken = new ServerSocket(0)) {
            int port = taken.getLocalPort();
            Process alone = start(impatient, new RankEnvironment(0, 0, 2, "127.0.0.1", freePort()));
            Run refused = end(start(second, new RankEnvironment(0, 0, 2, "127.0.0.1", port)));
            assertThat(refused.exitCode()).isEqualTo(2);
            assertThat(refused.text()).contains("port " + port + " of this machine cannot be opened");
            assertThat(refused.text()).doesNotContain("\tat ", "frame #");
            Run waiting = end(alone);
            assertThat(waiting.exitCode()).isEqualTo(2);
            assertThat(waiting.text()).contains("rank 1 of 2 did not connect to 127.0.0.1:");
            assertThat(waiting.text()).doesNotContain("\tat ", "frame #");
        }
    }

    @Tag("exhaustive")
    @Test
    void aLayoutOfOtherRanksThanStartedIsOneLineForAllOfThem() throws Exception {
        Run run = launch(train(folder.resolve("run"), "--ipu-config-overrides", "pipeline_stages=2,replicas=2"));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.lines().stream().filter(line -> line.contains("2 replicas of 2 stages, 4 ranks in total")))
                .as(run.text())
                .hasSize(1);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** The report's heat maps are of the model that was saved, for no rank holds the whole of it. */
    @Tag("exhaustive")
    @Test
    void aPipelinesModelIsExplainedReportedAndSavedLikeAnyOther() throws Exception {
        Path output = folder.resolve("tuned");
        copyModel(pipelined, output);
        assertThat(Files.readString(output.resolve("report.html"))).contains("src=\"data:image/jpeg");
        assertThat(output.resolve("decision.json")).isRegularFile();
        assertThat(output.resolve("README.md")).content().contains("macro average");

        double macro = macro(output);
        Files.delete(output.resolve("evaluation-validation.json"));
        CommandRun alone = CommandRun.of(
                "evaluate", "--model", output.toString(), "--dataset", dataset.toString(), "--threads", "1");
        assertThat(alone.exitCode()).as(alone.err()).isZero();
        assertThat(macro(output)).isCloseTo(macro, within(1e-6));
    }

    private static double macro(Path output) {
        return Json.read(output.resolve("evaluation-validation.json"))
                .at("/averages/macro/roc_auc/value")
                .doubleValue();
    }
}
