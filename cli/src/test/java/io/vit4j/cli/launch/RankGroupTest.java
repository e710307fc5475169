package io.vit4j.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ranks that are shell scripts, so that they start at once and do as they are told. */
@Timeout(180)
class RankGroupTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private final RankOutput output = new RankOutput(new PrintStream(shown, true));

    @BeforeEach
    void needsAShell() {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash here");
    }

    private RankJob job(int processes, String script) {
        return new RankJob(
                processes,
                1,
                0,
                "127.0.0.1",
                OptionalInt.empty(),
                List.of("/bin/bash", "-c", script, folder.toString()));
    }

    private List<RankEnd> run(int processes, String script) throws InterruptedException {
        return new RankGroup(job(processes, script), Map.of(), output).await();
    }

    /** What was printed, without the lines' order. */
    private List<String> lines() {
        return shown.toString().lines().sorted().toList();
    }

    @Test
    void everyRankIsToldWhoItIs() throws Exception {
        RankJob second = new RankJob(
                2,
                3,
                1,
                "host0",
                OptionalInt.of(29_500),
                List.of(
                        "/bin/bash",
                        "-c",
                        "echo $RANK $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $MASTER_ADDR $MASTER_PORT > $0/$RANK",
                        folder.toString()));
        List<RankEnd> ends = new RankGroup(second, Map.of(), output).await();
        assertThat(ends).extracting(RankEnd::rank).containsExactlyInAnyOrder(2, 3);
        assertThat(ends).allMatch(RankEnd::isWell);
        assertThat(folder.resolve("2")).hasContent("2 0 6 2 host0 29500");
        assertThat(folder.resolve("3")).hasContent("3 1 6 2 host0 29500");
        assertThat(RankEnd.cause(ends)).isEmpty();
    }

    @Test
    void allRanksOfOneStartMeetAtOneFreePort() throws Exception {
        run(3, "echo $MASTER_PORT > $0/$RANK");
        String port = Files.readString(folder.resolve("0"));
        assertThat(folder.resolve("1")).hasContent(port);
        assertThat(folder.resolve("2")).hasContent(port);
        assertThat(Integer.parseInt(port.strip())).isBetween(1, 65_535);
    }

    @Test
    void rankZeroIsShownWholeAndTheOthersShortWithTheirRank() throws Exception {
        run(3, """
                if [ $RANK = 0 ]; then echo '[Gloo] hello' >&2; printf '[Glo' >&2; for i in $(seq 30); do echo "line $i" >&2; done; printf 'bar' >&2; fi
                if [ $RANK = 1 ]; then echo 'warn: slow disk' >&2; echo '[Gloo] hello'; echo; fi
                if [ $RANK = 2 ]; then for i in $(seq 100 150); do echo "line $i"; done; fi
                """);
        List<String> lines = lines();
        assertThat(lines).contains("[Gloline 1", "line 30", "[rank 1] warn: slow disk", "[rank 2] line 119");
        assertThat(lines).contains("[rank 2] (further output is omitted)");
        assertThat(lines).doesNotContain("[rank 2] line 120").noneMatch(line -> line.contains("Gloo"));
        assertThat(lines).hasSize(30 + 1 + 1 + 21);
    }

    @Test
    void whatAllRanksSayIsShownOnce() throws Exception {
        run(4, "[ $RANK = 0 ] && sleep 0.5; echo 'the same for all' >&2");
        assertThat(lines()).containsExactly("the same for all");
    }

    @Test
    void aRankThatDiesIsNamedAndTheOthersEnd() throws Exception {
        List<RankEnd> ends = run(2, """
                if [ $RANK = 1 ]; then sleep 0.3; kill -KILL $$; fi
                sleep 0.5; exit 1
                """);
        RankEnd cause = RankEnd.cause(ends).orElseThrow();
        assertThat(cause.describe()).isEqualTo("rank 1 (process " + cause.pid() + ") was ended by SIGKILL");
        assertThat(ends).hasSize(2);
    }

    @Tag("exhaustive")
    @Test
    void aRankThatHearsNoSignalIsKilledSoon() throws Exception {
        List<RankEnd> ends = run(3, """
                if [ $RANK = 1 ]; then sleep 0.3; kill -KILL $$; fi
                if [ $RANK = 2 ]; then trap '' TERM; sleep 3600; fi
                sleep 0.5; exit 1
                """);
        RankEnd cause = RankEnd.cause(ends).orElseThrow();
        assertThat(cause.rank()).isEqualTo(1);
        assertThat(cause.describe()).isEqualTo("rank 1 (process " + cause.pid() + ") was ended by SIGKILL");
        RankEnd last = ends.get(2);
        assertThat(last.rank()).isEqualTo(2);
        assertThat(last.killed()).isTrue();
    }

    /** A control group as a container has one, with less memory than the rank fills. */
    @Test
    void aRankThatTheKernelKilledForWantOfMemoryIsToldSo() throws Exception {
        Path group =
                Path.of("/sys/fs/cgroup/memory/vit4j-" + ProcessHandle.current().pid());
        assumeTrue(
                Files.isWritable(group.getParent()) && KernelKills.isCounted(),
                "skipped: needs root, control groups of version 1 and the kernel's count");
        Files.createDirectory(group);
        try {
            Files.writeString(group.resolve("memory.limit_in_bytes"), "16m");
            RankEnd cause = RankEnd.cause(run(2, """
                            if [ $RANK = 1 ]; then echo $$ > GROUP/cgroup.procs; exec tail /dev/zero; fi
                            """.replace("GROUP", group.toString())))
                    .orElseThrow();
            assertThat(cause.describe())
                    .isEqualTo(
                            "rank 1 (process " + cause.pid()
                                    + ") was ended by SIGKILL while the kernel killed processes"
                                    + " because memory ran out (use smaller batches or fewer ranks, or allow the job more memory)");
        } finally {
            Files.delete(group);
        }
    }

    @Test
    void theCauseIsADeathBeforeAnErrorAndAnErrorBeforeItsEchoes() {
        RankEnd echo = new RankEnd(0, 1, 1, false, false);
        RankEnd error = new RankEnd(1, 2, 2, false, false);
        RankEnd killed = new RankEnd(2, 3, 137, true, false);
        RankEnd crash = new RankEnd(3, 4, 139, false, false);
        assertThat(RankEnd.cause(List.of(echo, error, killed))).contains(error);
        assertThat(RankEnd.cause(List.of(echo, error, killed, crash))).contains(crash);
        assertThat(crash.describe()).endsWith("was ended by SIGSEGV");
        assertThat(echo.describe()).endsWith("ended with exit code 1");
    }

    @Test
    void interruptsArePassedOnOnceAndThenAgain() throws Exception {
        RankGroup group = new RankGroup(job(2, """
                trap 'echo first >> $0/$RANK; trap "echo second >> $0/$RANK; echo last words of $RANK >&2; exit 143" TERM' TERM
                echo ready > $0/ready-$RANK
                while true; do sleep 0.05; done
                """), Map.of(), output);
        for (String ready : List.of("ready-0", "ready-1")) {
            waitFor(folder.resolve(ready), "ready");
        }
        group.interrupt();
        waitFor(folder.resolve("0"), "first");
        waitFor(folder.resolve("1"), "first");
        group.interrupt();
        assertThat(group.await()).extracting(RankEnd::exitCode).containsExactly(143, 143);
        assertThat(lines()).containsExactly("[rank 1] last words of 1", "last words of 0");
        assertThat(folder.resolve("1")).hasContent("first\nsecond");
    }

    private static void waitFor(Path file, String content) throws IOException, InterruptedException {
        while (!Files.exists(file) || !Files.readString(file).contains(content)) {
            Thread.sleep(20);
        }
    }

    @Test
    void aPortThatIsTakenIsSaidBeforeAnyRankStarts() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            RankJob job = new RankJob(
                    2,
                    1,
                    0,
                    "127.0.0.1",
                    OptionalInt.of(taken.getLocalPort()),
                    List.of("/bin/bash", "-c", "touch $0/$RANK", folder.toString()));
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> new RankGroup(job, Map.of(), output))
                    .withMessageStartingWith("port " + taken.getLocalPort())
                    .withMessageContaining("--master-port");
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatIsNoJobIsRefused() {
        refused("--nproc-per-node is 0", 0, 1, 0, 1);
        refused("--nnodes is 0", 1, 0, 0, 1);
        refused("--node-rank is 2", 1, 2, 2, 1);
        refused("--node-rank is -1", 1, 2, -1, 1);
        refused("--master-port is 65536", 1, 1, 0, 65_536);
        refused("more than 65536 ranks", 1 << 15, 1 << 15, 0, 1);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new RankJob(1, 2, 0, "host", OptionalInt.empty(), List.of("true")))
                .withMessageContaining("needs --master-port");
    }

    private static void refused(String why, int processes, int nodes, int nodeRank, int port) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(
                        () -> new RankJob(processes, nodes, nodeRank, "host", OptionalInt.of(port), List.of("true")))
                .withMessageContaining(why);
    }
}
