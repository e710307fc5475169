package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.JavaProcess;
import io.vit4j.ListeningSockets;
import io.vit4j.base.Json;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.train.checkpoint.Checkpoint;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ranks as processes, started by {@code launch} and by hand, and what becomes of them when one dies or is another. */
@Timeout(180)
class LaunchedRanksTest {
    private static final String MODEL =
            "{\"model_type\":\"vit\",\"hidden_size\":32,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
                    + "\"intermediate_size\":64,\"image_size\":32,\"patch_size\":16}";
    private static final int STEPS = 40;

    @TempDir
    static Path shared;

    private static Path model;
    private static Path dataset;
    private static Path undisturbed;

    @TempDir
    Path folder;

    private final List<Process> started = new ArrayList<>();

    @BeforeAll
    static void twoReplicasTrain() throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self")), "no /proc to tell ranks apart by");
        dataset = prepare("pictures", 40);
        model = Files.writeString(shared.resolve("model.json"), MODEL);
        undisturbed = shared.resolve("undisturbed");
        LaunchedRanksTest test = new LaunchedRanksTest();
        test.folder = Files.createDirectory(shared.resolve("first"));
        Run run = test.launch(train(undisturbed));
        assertThat(run.exitCode()).as(run.text()).isZero();
        assertThat(run.text())
                .containsOnlyOnce("Tuned model: ")
                .containsOnlyOnce("***** Running training *****")
                .contains("Replication Factor = 2")
                .doesNotContain("[rank 1]")
                .doesNotContain("Gloo");
    }

    private static Path prepare(String name, int count) throws IOException {
        Path base = Files.createDirectories(shared.resolve("base-" + name));
        Files.writeString(base.resolve("config.json"), MODEL);
        Files.writeString(base.resolve("preprocessor_config.json"), "{\"size\":{\"height\":32,\"width\":32}}");
        Random random = new Random(count);
        for (String label : List.of("dark", "light")) {
            Path of = Files.createDirectories(shared.resolve(name).resolve(label));
            for (int i = 0; i < count; i++) {
                BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
                int[] pixels = random.ints(32 * 32, 0, 140)
                        .map(p -> p + (label.equals("light") ? 100 : 0))
                        .toArray();
                image.getRaster().setPixels(0, 0, 32, 32, pixels);
                ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
            }
        }
        Path prepared = shared.resolve("dataset-" + name);
        CommandRun run = CommandRun.of(
                "prepare",
                "--data",
                shared.resolve(name).toString(),
                "--model",
                base.toString(),
                "--output",
                prepared.toString(),
                "--validation",
                "0.2",
                "--test",
                "0");
        assertThat(run.exitCode()).as(run.err()).isZero();
        return prepared;
    }

    private static List<String> train(Path output, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "train",
                "--from-scratch",
                model.toString(),
                "--dataset",
                dataset.toString(),
                "--output",
                output.toString(),
                "--max-steps",
                Integer.toString(STEPS),
                "--per-device-train-batch-size",
                "4",
                "--learning-rate",
                "1e-3",
                "--dtype",
                "float32",
                "--threads",
                "1",
                "--save-steps",
                "10",
                "--save-total-limit",
                "2",
                "--rendezvous-timeout",
                "30"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    /** A process that has ended. */
    private record Run(int exitCode, String text) {
        List<String> lines() {
            return text.lines().toList();
        }
    }

    private Process start(List<String> arguments, RankEnvironment... self) throws IOException {
        ProcessBuilder builder = JavaProcess.of(Main.class, List.of("-Xmx256m"), arguments.toArray(String[]::new))
                .redirectErrorStream(true);
        builder.environment().put("OMP_NUM_THREADS", "1"); // as torchrun gives its ranks
        for (RankEnvironment rank : self) {
            builder.environment().putAll(rank.variables());
        }
        builder.redirectOutput(folder.resolve("output-" + started.size()).toFile());
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private Run end(Process process) throws IOException, InterruptedException {
        int exitCode = process.waitFor();
        Path output = folder.resolve("output-" + started.indexOf(process));
        return new Run(exitCode, Files.readString(output));
    }

    private Process startLaunch(List<String> command, String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("launch", "--nproc-per-node", "2"));
        arguments.addAll(List.of(options));
        arguments.add("--");
        arguments.addAll(command);
        return start(arguments);
    }

    private Run launch(List<String> command, String... options) throws IOException, InterruptedException {
        return end(startLaunch(command, options));
    }

    @AfterEach
    void nothingIsLeft() {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static void waitFor(Process running, Path file) throws InterruptedException {
        while (!Files.exists(file)) {
            assertThat(running.isAlive())
                    .as("the run goes on until %s is there", file)
                    .isTrue();
            Thread.sleep(5);
        }
    }

    /** The process of a rank that {@code launch} has started. */
    private static ProcessHandle rank(Process launcher, int rank) throws IOException {
        for (ProcessHandle child : launcher.children().toList()) {
            String environment = Files.readString(
                    Path.of("/proc", Long.toString(child.pid()), "environ"), StandardCharsets.ISO_8859_1);
            if (Arrays.asList(environment.split("\0")).contains("RANK=" + rank)) {
                return child;
            }
        }
        throw new AssertionError("no rank " + rank + " among the launcher's children");
    }

    private static byte[] weights(Path output) throws IOException {
        return Files.readAllBytes(output.resolve("model.safetensors"));
    }

    @Test
    void everyCheckpointAndTheOutputKeepTheConfiguration() {
        for (String place : List.of(".", "checkpoint-" + STEPS)) {
            JsonNode config = Json.readObject(undisturbed.resolve(place).resolve("ipu_config.json"));
            assertThat(config.get("replication_factor").intValue()).isEqualTo(2);
        }
    }

    @Test
    void aKilledRankIsStartedAgainAndTheWeightsAreThoseOfAnUndisturbedRun() throws Exception {
        Path output = folder.resolve("run");
        Process launcher = startLaunch(train(output), "--max-restarts", "3");
        waitFor(launcher, output.resolve("checkpoint-10"));
        ProcessHandle killed = rank(launcher, 1);
        killed.destroyForcibly();
        Run run = end(launcher);
        assertThat(run.exitCode()).as(run.text()).isZero();
        assertThat(run.lines())
                .contains("rank 1 (process " + killed.pid() + ") was ended by SIGKILL")
                .anyMatch(line -> line.startsWith("Starting all ranks again, restart 1 of 3, from checkpoint-"));
        assertThat(weights(output)).isEqualTo(weights(undisturbed));
    }

    @Test
    void withoutRestartsAllEndSoonWithLinesThatNameTheDeadRank() throws Exception {
        Path output = folder.resolve("run");
        Process launcher = startLaunch(train(output, "--max-steps", "100000", "--rendezvous-timeout", "3600"));
        waitFor(launcher, output.resolve("checkpoint-10"));
        ProcessHandle killed = rank(launcher, 1);
        killed.destroyForcibly();
        Run run = end(launcher); // within this class's time limit, far below the timeout of an hour
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.lines().stream().filter(line -> line.startsWith("rank 1 (process " + killed.pid())))
                .as(run.text())
                .hasSize(2) // rank 0's word and the launcher's
                .last()
                .asString()
                .contains("was ended by SIGKILL; the job is over");
        assertThat(run.text()).doesNotContain("\tat ", "frame #", "Exception");
    }

    @Test
    void anInterruptReachesEveryRankOnceAndTheRunCanGoOn() throws Exception {
        Path output = folder.resolve("run");
        Process launcher = startLaunch(train(output));
        waitFor(launcher, output.resolve("checkpoint-10"));
        launcher.destroy(); // SIGTERM
        Run run = end(launcher);
        assertThat(run.exitCode()).as(run.text()).isEqualTo(143);
        assertThat(run.text())
                .containsOnlyOnce("Stopping after this step, with a checkpoint")
                .containsOnlyOnce("Interrupted after step ");
        Run resumed = launch(train(output, "--resume-from-checkpoint", "true"));
        assertThat(resumed.exitCode()).as(resumed.text()).isZero();
        assertThat(weights(output)).isEqualTo(weights(undisturbed));
    }

    /** The secret is in the ranks' environment, and neither on their command lines nor printed. */
    private void requireLoopbackAndSecret(Process launcher) throws IOException {
        List<String> listening = new ArrayList<>(ListeningSockets.of(launcher.pid()));
        String secret = null;
        for (int number = 0; number < 2; number++) {
            long pid = rank(launcher, number).pid();
            List<String> ofRank = ListeningSockets.of(pid);
            assertThat(ofRank)
                    .as("rank %d: Gloo listens, and on rank 0 the store", number)
                    .isNotEmpty();
            listening.addAll(ofRank);
            secret = Files.readString(Path.of("/proc/" + pid + "/environ"), StandardCharsets.ISO_8859_1)
                    .replaceFirst("(?s).*VIT4J_RENDEZVOUS_SECRET=([^\0]*).*", "$1");
            assertThat(secret).hasSize(64);
            assertThat(Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1))
                    .doesNotContain(secret);
        }
        assertThat(listening).allMatch(ListeningSockets::isLoopback);
        assertThat(Files.readString(folder.resolve("output-" + started.indexOf(launcher))))
                .doesNotContain(secret);
    }

    @Test
    void ranksOfOneMachineListenOnLoopbackAloneAndEndWithTheirLauncher() throws Exception {
        Path output = folder.resolve("run");
        Process launcher = startLaunch(train(output, "--max-steps", "100000", "--rendezvous-timeout", "3600"));
        waitFor(launcher, output.resolve("checkpoint-10"));
        if (Files.isDirectory(Path.of("/proc/self/fd"))) { // elsewhere nothing shows who listens where
            requireLoopbackAndSecret(launcher);
        }
        List<ProcessHandle> ranks = launcher.children().toList();
        launcher.destroyForcibly();
        for (ProcessHandle rank : ranks) {
            rank.onExit().get(150, TimeUnit.SECONDS);
        }
        assertThat(Checkpoint.newestWhole(output)).isPresent();
    }

    @Test
    void twoStagesEvaluateAsOneProcessDoes() throws Exception {
        Path tuned = folder.resolve("tuned");
        copyModel(undisturbed, tuned);
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

    /** No rank of a pipeline holds the whole model; the report's heat maps are of the one that was saved. */
    @Test
    void aPipelinesModelIsExplainedReportedAndSavedLikeAnyOther() throws Exception {
        Path output = folder.resolve("pipelined");
        Run run =
                launch(train(output, "--parallel", stages().toString(), "--max-steps", "3", "--report-images", "all"));
        assertThat(run.exitCode()).as(run.text()).isZero();
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
