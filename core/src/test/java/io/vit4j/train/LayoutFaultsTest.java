package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.train.checkpoint.TrainerState;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A layout that cannot be run is one line on every rank, soon, and never a hang. */
@Timeout(180)
class LayoutFaultsTest {
    @TempDir
    Path folder;

    private RankedRun run;

    @BeforeEach
    void small() {
        run = new RankedRun(folder.resolve("run")).with("max_steps", "3");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "2; layers_per_ipu=[1 1]; places 2 layers, but the model has 4",
                "2; layers_per_ipu=[1 1 2]; 1 replicas of 3 stages, 3 ranks in total, but 2 were started; start 3",
                "1; replication_factor=2; 2 replicas of 1 stages, 2 ranks in total, but 1 was started; start 2 (vit4j launch",
                "2; layers_per_ipu=[5 -1]; make them add up"
            })
    void aLayoutThatDoesNotFitIsRefusedByEveryRank(int ranks, String layout, String fault) {
        assertThat(run.layout(ranks, layout).faults())
                .hasSize(ranks)
                .allSatisfy(said -> assertThat(said)
                        .startsWith("InputException: ")
                        .contains(fault)
                        .doesNotContain("\n"));
    }

    @Test
    void otherArgumentsOnOneRankAreNamedOnAll() {
        List<String> faults = run.layout(2, "replication_factor=2")
                .with(1, "learning_rate", "3e-3")
                .faults();
        assertThat(faults)
                .allSatisfy(said -> assertThat(said)
                        .isEqualTo(
                                "InputException: rank 1 differs from rank 0 in arguments; start every rank with the same"
                                        + " arguments and data"));
    }

    @Test
    void otherDataOnOneRankIsNamedOnAll() {
        List<String> faults = run.layout(2, "layers_per_ipu=[2 2]")
                .training(1, TinyRun.pictures(43, 1))
                .faults();
        assertThat(faults)
                .allSatisfy(said -> assertThat(said).contains("rank 1 differs from rank 0 in the training data;"));
    }

    @Test
    void aRankMayHaveItsOwnNumberOfWorkers() {
        assertThat(run.layout(2, "layers_per_ipu=[2 2]")
                        .with(0, "dataloader_num_workers", "2")
                        .faults())
                .containsOnly("nothing");
    }

    @Test
    void aRankThatNeverComesIsNamed() {
        RankEnvironment alone = new RankEnvironment(0, 0, 2, "127.0.0.1", RankThreads.freePort());
        run.layout(2, "replication_factor=2").with("rendezvous_timeout", "2");
        assertThatThrownBy(() -> run.runRank(Optional.of(alone)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("rank 1 of 2 did not connect to 127.0.0.1:" + alone.masterPort() + " within 2 s");
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            RankEnvironment first = new RankEnvironment(0, 0, 2, "127.0.0.1", taken.getLocalPort());
            run.layout(2, "replication_factor=2").with("rendezvous_timeout", "2");
            assertThatThrownBy(() -> run.runRank(Optional.of(first)))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("port " + taken.getLocalPort() + " of this machine cannot be opened");
        }
    }

    @Test
    void aStepThatTheDataCannotFillIsRefused() {
        List<String> faults = run.layout(2, "layers_per_ipu=[2 2],gradient_accumulation_steps=8")
                .with("dataloader_drop_last", "true")
                .faults();
        assertThat(faults.get(0)).contains("44 training samples do not fill one batch of 64");
    }

    @Test
    void aFaultOfOneRankEndsTheOthersInOneLine() {
        List<String> faults = run.layout(2, "layers_per_ipu=[2 2]")
                .callback(new TrainerCallback() {
                    @Override
                    public void onStepEnd(TrainerState state, TrainerControl control) {
                        throw new InputException("no room left");
                    }
                })
                .faults();
        assertThat(faults.get(0)).isEqualTo("InputException: no room left");
        assertThat(faults.get(1)).startsWith("RankFailedException: rank 0").endsWith("failed: no room left");
    }
}
