package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.ListeningSockets;
import io.vit4j.base.Json;
import io.vit4j.train.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranks that {@code launch} starts, and what becomes of them when one dies or all are to end. */
@Timeout(180)
class LaunchedRanksTest extends RankRuns {
    private static Path undisturbed;

    @BeforeAll
    static void twoReplicasTrain() throws Exception {
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

    @Tag("exhaustive")
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

    @Tag("exhaustive")
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

    @Tag("exhaustive")
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

    @Tag("exhaustive")
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
}
