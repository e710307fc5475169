package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.JavaProcess;
import io.vit4j.base.Progress;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import io.vit4j.train.checkpoint.Checkpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sun.misc.Signal;

/** SIGINT and SIGTERM: the step is finished and saved; a second one ends the process at once. */
class SignalsTest {
    /** Its step over all pictures takes far longer than this test. */
    private static final String SLOW =
            "{\"model_type\":\"vit\",\"hidden_size\":384,\"num_hidden_layers\":12,\"num_attention_heads\":6,"
                    + "\"intermediate_size\":1536,\"image_size\":224,\"patch_size\":8}";

    private static final String FAST =
            "{\"model_type\":\"vit\",\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":1,"
                    + "\"intermediate_size\":8,\"image_size\":224,\"patch_size\":56}";

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    @BeforeAll
    static void aDataSet() {
        assumeTrue(Files.isExecutable(Path.of("/bin/kill")), "skipped: no signals here");
        SyntheticRelease.write(
                new SyntheticRelease.Options(shared.resolve("xrays"), 16, 3, Prevalence.of("balanced")),
                2,
                Progress.NONE);
        CommandRun run = CommandRun.of(
                "prepare",
                "--data",
                shared.resolve("xrays").toString(),
                "--output",
                shared.resolve("dataset").toString(),
                "--validation",
                "0",
                "--test",
                "0");
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    /** A process that trains and does not end by itself; its log is read line by line. */
    private final class Training implements AutoCloseable {
        private final Process process;
        private final BufferedReader log;
        private final StringBuilder said = new StringBuilder();

        Training(String model, int accumulation) throws IOException {
            process = JavaProcess.of(
                            Main.class,
                            List.of(),
                            "train",
                            "--from-scratch",
                            Files.writeString(folder.resolve("model.json"), model)
                                    .toString(),
                            "--dataset",
                            shared.resolve("dataset").toString(),
                            "--output",
                            folder.resolve("run").toString(),
                            "--max-steps",
                            "1000000",
                            "--per-device-train-batch-size",
                            "1",
                            "--gradient-accumulation-steps",
                            Integer.toString(accumulation),
                            "--logging-steps",
                            "1",
                            "--save-strategy",
                            "no",
                            "--disable-tqdm",
                            "true")
                    .redirectErrorStream(true)
                    .start();
            log = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        void waitFor(String words) throws IOException {
            String line = log.readLine();
            while (line != null && !line.contains(words)) {
                said.append(line).append('\n');
                line = log.readLine();
            }
            assertThat(line).as("%s", said).isNotNull();
        }

        void signal(String name) throws Exception {
            new ProcessBuilder("/bin/kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        }

        int end() throws Exception {
            Thread drain = new Thread(() -> log.lines().forEach(line -> {}));
            drain.start();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    /** A program started in the background by a shell may have SIGINT ignored, and so have its children. */
    private static String interrupt() throws IOException {
        String ignored = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .map(line -> line.substring("SigIgn:".length()).strip())
                .findFirst()
                .orElse("0");
        int number = new Signal("INT").getNumber();
        return (Long.parseUnsignedLong(ignored, 16) >> (number - 1) & 1) == 0 ? "INT" : "TERM";
    }

    private void endsTrainingWithACheckpoint(String signal) throws Exception {
        try (Training training = new Training(FAST, 1)) {
            training.waitFor("step 3,");
            training.signal(signal);
            training.waitFor("Stopping after this step");
            training.waitFor("Interrupted after step");
            assertThat(training.end()).isEqualTo(128 + new Signal(signal).getNumber());
        }
        Checkpoint saved = Checkpoint.newestWhole(folder.resolve("run")).orElseThrow();
        assertThat(saved.step()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void aSignalEndsTrainingAfterItsStepWithACheckpointOfIt() throws Exception {
        endsTrainingWithACheckpoint("TERM");
    }

    @Tag("exhaustive")
    @Test
    void soDoesAnInterruptFromTheKeyboard() throws Exception {
        endsTrainingWithACheckpoint(interrupt());
    }

    @Tag("exhaustive")
    @Test
    void aSecondSignalEndsTheProcessAtOnce() throws Exception {
        String signal = interrupt();
        try (Training training = new Training(SLOW, 16)) {
            training.waitFor("Running training");
            training.signal(signal);
            training.waitFor("interrupt again to stop at once");
            training.signal(signal);
            assertThat(training.end()).isEqualTo(128 + new Signal(signal).getNumber());
        }
        assertThat(Checkpoint.in(folder.resolve("run"))).isEmpty();
    }
}
