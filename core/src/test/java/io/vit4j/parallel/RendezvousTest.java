package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vit4j.JavaProcess;
import io.vit4j.base.InputException;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class RendezvousTest {
    private static final Duration SHORT = Duration.ofSeconds(2);

    /** Far longer than a test may take: what ends sooner did not wait for it. */
    private static final Duration NEVER = Duration.ofHours(1);

    private static RankEnvironment rank(int rank, int worldSize, int port) {
        return new RankEnvironment(rank, rank, worldSize, "127.0.0.1", port);
    }

    @Test
    void theEnvironmentSaysWhoARankIs() {
        Map<String, String> environment = new HashMap<>(Map.of(
                "RANK", "3", "LOCAL_RANK", "1", "WORLD_SIZE", "4", "MASTER_ADDR", "host", "MASTER_PORT", "29500"));
        RankEnvironment read = RankEnvironment.read(environment).orElseThrow();
        assertThat(read).isEqualTo(new RankEnvironment(3, 1, 4, "host", 29500));
        assertThat(RankEnvironment.read(read.variables())).contains(read);
        assertThat(RankEnvironment.read(Map.of("MASTER_PORT", "1", "PATH", "x")))
                .isEmpty();
        environment.remove("LOCAL_RANK");
        assertThat(RankEnvironment.read(environment).orElseThrow().localRank()).isZero();
        wrong(environment, "RANK", "4", "RANK is \"4\"", "from 0 to 3");
        wrong(environment, "RANK", "-1", "RANK is \"-1\"");
        wrong(environment, "RANK", " ", "lacks RANK");
        wrong(environment, "WORLD_SIZE", "0", "WORLD_SIZE is \"0\"");
        wrong(environment, "WORLD_SIZE", "99999999999", "WORLD_SIZE");
        wrong(environment, "MASTER_PORT", "70000", "MASTER_PORT is \"70000\"", "65535");
        wrong(environment, "MASTER_PORT", "http", "MASTER_PORT");
        wrong(environment, "MASTER_ADDR", "", "lacks MASTER_ADDR", "vit4j launch");
    }

    private static void wrong(Map<String, String> environment, String name, String value, String... saying) {
        Map<String, String> changed = new HashMap<>(environment);
        changed.put(name, value);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> RankEnvironment.read(changed))
                .satisfies(e -> assertThat(e.getMessage()).contains(saying));
    }

    @Test
    void ranksOfOneMachineKnowHowManyTheyAre() throws Exception {
        assertThat(Ranks.run(3, Rendezvous::localWorldSize)).containsExactly(3, 3, 3);
    }

    @Test
    void aPortThatIsTakenIsOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            List<String> faults = Ranks.faults(List.of(rank(0, 1, taken.getLocalPort())), SHORT, r -> null);
            assertThat(faults.get(0))
                    .startsWith("InputException: port " + taken.getLocalPort())
                    .contains("MASTER_PORT");
        }
    }

    @Test
    void aRankThatNeverComesIsNamed() throws Exception {
        int port = Ranks.freePort();
        List<String> faults = Ranks.faults(List.of(rank(0, 4, port), rank(2, 4, port)), SHORT, r -> null);
        assertThat(faults)
                .allSatisfy(fault -> assertThat(fault).contains("within 2 s").doesNotContain("\n"));
        assertThat(faults.get(0)).contains("ranks 1, 3 of 4 did not connect");
    }

    @Test
    void aMasterThatNeverComesIsNamed() throws Exception {
        int port = Ranks.freePort();
        List<String> faults = Ranks.faults(List.of(rank(1, 2, port)), SHORT, r -> null);
        assertThat(faults.get(0))
                .contains("rank 0 did not appear at 127.0.0.1:" + port + " within 2 s")
                .contains("nothing listens");
        RankEnvironment lost = new RankEnvironment(1, 1, 2, "no-such-host.invalid", port);
        assertThat(Ranks.faults(List.of(lost), SHORT, r -> null).get(0)).contains("no-such-host.invalid");
    }

    @Test
    void whoeverElseListensOnThePortIsNoStore() throws Exception {
        try (ServerSocket stranger = new ServerSocket(0)) {
            List<String> faults = Ranks.faults(List.of(rank(1, 2, stranger.getLocalPort())), SHORT, r -> null);
            assertThat(faults.get(0)).contains("cannot be reached").doesNotContain("\n", "frame #");
        }
    }

    @Test
    void twoOfOneNumberAreRefused() throws Exception {
        int port = Ranks.freePort();
        List<String> faults =
                Ranks.faults(List.of(rank(0, 3, port), rank(1, 3, port), rank(1, 3, port)), SHORT, r -> null);
        assertThat(faults).allSatisfy(fault -> assertThat(fault).contains("two processes claim to be rank 1"));
    }

    @Test
    void ranksOfDifferentWorldSizesAreRefused() throws Exception {
        int port = Ranks.freePort();
        List<String> faults = Ranks.faults(List.of(rank(0, 2, port), rank(1, 3, port)), SHORT, r -> null);
        assertThat(faults).allSatisfy(fault -> assertThat(fault).contains("do not agree on WORLD_SIZE"));
    }

    @Test
    void ranksWithDifferentArgumentsAreToldSoBeforeAnythingIsSent() throws Exception {
        int port = Ranks.freePort();
        List<String> faults = Ranks.faults(
                List.of(rank(0, 3, port), rank(1, 3, port), rank(2, 3, port)), Ranks.TIMEOUT, rendezvous -> {
                    rendezvous.agree(Map.of("data set", "same"));
                    String digest = rendezvous.self().rank() == 2 ? "other" : "mine";
                    rendezvous.agree(Map.of("arguments", digest, "model", "same"));
                    return null;
                });
        assertThat(faults)
                .allSatisfy(fault ->
                        assertThat(fault).startsWith("InputException: rank 2 differs from rank 0 in arguments;"));
    }

    @Test
    void aRankThatFailsTellsAllOthersWhy() throws Exception {
        int port = Ranks.freePort();
        List<String> faults = Ranks.faults(
                List.of(rank(0, 3, port), rank(1, 3, port), rank(2, 3, port)), Ranks.TIMEOUT, rendezvous -> {
                    if (rendezvous.self().rank() == 1) {
                        throw new IOException("the disk is full");
                    }
                    rendezvous.agree(Map.of("never", "complete"));
                    return null;
                });
        assertThat(faults.get(1)).isEqualTo("IOException: the disk is full");
        for (int rank : new int[] {0, 2}) {
            assertThat(faults.get(rank)).startsWith("RankFailedException: rank 1 (process ");
            assertThat(faults.get(rank)).endsWith("failed: the disk is full");
        }
    }

    /** A rank as a process of its own: joins, then sums with the others for ever. */
    static final class SummingRank {
        private SummingRank() {}

        public static void main(String[] arguments) {
            RankEnvironment self = RankEnvironment.read(System.getenv()).orElseThrow();
            try (Rendezvous rendezvous = Rendezvous.join(self, NEVER);
                    ProcessGroup group = ProcessGroup.connect(
                            rendezvous, "world", self.worldSize() == 2 ? List.of(0, 1) : List.of(0, 1, 2), Device.CPU);
                    Scope scope = new Scope()) {
                Tensor tensor = Tensors.zeros(Dtype.FLOAT32, Device.CPU, 100_000);
                group.barrier();
                System.out.println("ready");
                boolean waits = arguments.length > 0 && self.rank() == 2;
                while (!waits) {
                    group.allReduce(tensor, ProcessGroup.Reduction.SUM).await();
                }
                group.receive(tensor, 0, 1).await(); // never sent: only an abort ends this
            } catch (RankFailedException e) {
                System.err.println(e.getMessage());
                Runtime.getRuntime().halt(1);
            }
        }
    }

    /** Rank 0 may go before it has answered the last that leaves, who then had waited ten seconds for a reason. */
    @RepeatedTest(40)
    @Timeout(9)
    void whoLeavesLastWaitsForNobody() throws Exception {
        assertThat(Ranks.run(4, rendezvous -> "here")).hasSize(4);
    }

    @Tag("exhaustive")
    @Test
    void theDeathOfAnyRankEndsAllOthersWithOneLineThatNamesIt(@TempDir Path folder) throws Exception {
        for (int killed : new int[] {1, 0}) {
            int port = Ranks.freePort();
            int worldSize = killed == 0 ? 2 : 3;
            List<Process> ranks = new ArrayList<>();
            for (int rank = 0; rank < worldSize; rank++) {
                ProcessBuilder builder =
                        JavaProcess.of(SummingRank.class, List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=off"));
                if (killed == 1) {
                    builder.command().add("rank 2 only receives");
                }
                builder.environment().putAll(rank(rank, worldSize, port).variables());
                builder.redirectError(
                        folder.resolve(killed + "-" + rank + ".err").toFile());
                builder.redirectOutput(
                        folder.resolve(killed + "-" + rank + ".out").toFile());
                ranks.add(builder.start());
            }
            for (int rank = 0; rank < worldSize; rank++) {
                Path out = folder.resolve(killed + "-" + rank + ".out");
                while (!Files.readString(out).contains("ready")) {
                    assertThat(ranks.get(rank).isAlive()).isTrue();
                    Thread.sleep(20);
                }
            }
            ranks.get(killed).destroyForcibly().waitFor();
            for (int rank = 0; rank < worldSize; rank++) {
                if (rank != killed) {
                    assertThat(ranks.get(rank).waitFor(120, TimeUnit.SECONDS)).isTrue();
                    assertThat(ranks.get(rank).exitValue()).isEqualTo(1);
                    List<String> lines = Files.readAllLines(folder.resolve(killed + "-" + rank + ".err"));
                    lines.removeIf(line -> line.startsWith("[Gloo] "));
                    assertThat(lines).hasSize(1);
                    assertThat(lines.get(0)).startsWith("rank " + killed + " (process ");
                    assertThat(Files.readAllLines(folder.resolve(killed + "-" + rank + ".out")))
                            .containsExactly("ready");
                }
            }
        }
    }
}
