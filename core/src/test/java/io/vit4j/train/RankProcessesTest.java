package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ranks as real processes; four layouts with {@code -Dvit4j.test.layouts=all}. */
@Timeout(180)
class RankProcessesTest {
    @TempDir
    Path folder;

    record Layout(int stages, int replicas, int accumulation, String layers) {}

    static List<Layout> layouts() {
        Layout both = new Layout(2, 2, 2, "[1 3]");
        if (!System.getProperty("vit4j.test.layouts", "some").equals("all")) {
            return List.of(both);
        }
        return List.of(
                both, new Layout(1, 2, 1, "[4]"), new Layout(2, 1, 4, "[2 2]"), new Layout(4, 1, 4, "[1 2 1 0]"));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void processesGiveTheResultsOfOne(Layout layout) throws Exception {
        RankedRun.Result single = new RankedRun(folder.resolve("single")).run();
        String overrides = "layers_per_ipu=" + layout.layers() + ",replication_factor=" + layout.replicas()
                + ",gradient_accumulation_steps=" + layout.accumulation() + ",replicated_tensor_sharding=true";
        List<RankProcess> ranks = RankProcess.start(
                folder.resolve("ranks"),
                layout.stages() * layout.replicas(),
                overrides,
                List.of("per_device_train_batch_size=" + 8 / layout.replicas() / layout.accumulation()));
        for (RankProcess rank : ranks) {
            assertThat(rank.await(120)).as(rank.said()).isZero();
        }
        LayoutsTest.assertSame(RankedRun.left(folder.resolve("ranks/run"), single.evaluated()), single);
    }

    @Tag("exhaustive")
    @Test
    void aRankThatIsKilledIsNamedInOneLineByEveryOther() throws Exception {
        secondsUntilTheKilledRankIsNamed();
    }

    @Test
    @Tag("timing")
    void theOthersEndWithin20Seconds() throws Exception {
        assertThat(secondsUntilTheKilledRankIsNamed()).isLessThan(20);
    }

    /** The timeout is an hour, which nobody waits for. */
    private double secondsUntilTheKilledRankIsNamed() throws Exception {
        List<RankProcess> ranks = RankProcess.start(
                folder,
                3,
                "layers_per_ipu=[1 2 1],gradient_accumulation_steps=4",
                List.of(
                        "per_device_train_batch_size=2",
                        "max_steps=1000000",
                        "logging_strategy=no",
                        "rendezvous_timeout=3600"));
        ranks.get(0).awaitSaying("step 5\n");
        ranks.get(1).kill();
        long killed = System.nanoTime();
        for (int rank : new int[] {0, 2}) {
            assertThat(ranks.get(rank).await(100)).as(ranks.get(rank).said()).isEqualTo(1);
            List<String> faults = ranks.get(rank)
                    .said()
                    .lines()
                    .filter(line -> line.startsWith("FAULT"))
                    .toList();
            assertThat(faults).hasSize(1);
            assertThat(faults.get(0))
                    .contains("rank 1 (process " + ranks.get(1).pid())
                    .contains("died");
            assertThat(ranks.get(rank).said()).doesNotContain("Exception");
        }
        return (System.nanoTime() - killed) / 1e9;
    }
}
