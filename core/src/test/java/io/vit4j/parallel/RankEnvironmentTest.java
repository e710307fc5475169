package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RankEnvironmentTest {
    private static Map<String, String> environment(String... namesAndValues) {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            environment.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return environment;
    }

    private static RankEnvironment rank(Map<String, String> environment) {
        return RankEnvironment.read(environment).orElseThrow();
    }

    /** As {@code srun} sets them for the sixth of eight tasks on two machines. */
    private static Map<String, String> slurm() {
        return environment(
                "SLURM_JOB_ID", "1204",
                "SLURM_STEP_ID", "0",
                "SLURM_PROCID", "5",
                "SLURM_LOCALID", "1",
                "SLURM_NTASKS", "8",
                "SLURM_STEP_NUM_TASKS", "8",
                "SLURM_STEP_NUM_NODES", "2",
                "SLURM_STEP_NODELIST", "gpu[07-08]",
                "SLURM_JOB_NODELIST", "gpu[05-09]");
    }

    @Test
    void torchrunsVariablesAreTakenBeforeAllOthers() {
        Map<String, String> both = slurm();
        both.putAll(environment("RANK", "1", "WORLD_SIZE", "2", "MASTER_ADDR", "host", "MASTER_PORT", "7"));
        assertThat(rank(both)).isEqualTo(new RankEnvironment(1, 0, 2, "host", 7));
        assertThatThrownBy(() -> RankEnvironment.read(environment("RANK", "1", "SLURM_PROCID", "1")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("lacks WORLD_SIZE, MASTER_ADDR, MASTER_PORT");
    }

    @Test
    void aTaskOfSlurmsIsARank() {
        RankEnvironment self = rank(slurm());
        assertThat(self).isEqualTo(new RankEnvironment(5, 1, 8, "gpu07", self.masterPort()));
        assertThat(self.masterPort()).isBetween(15_000, 29_999);

        Map<String, String> nextStep = slurm();
        nextStep.put("SLURM_STEP_ID", "1");
        assertThat(rank(nextStep).masterPort()).isNotEqualTo(self.masterPort());

        Map<String, String> told = slurm();
        told.put("MASTER_ADDR", "10.0.0.7");
        told.put("MASTER_PORT", "4000");
        assertThat(rank(told)).isEqualTo(new RankEnvironment(5, 1, 8, "10.0.0.7", 4000));

        Map<String, String> oneMachine = slurm();
        oneMachine.put("SLURM_STEP_NUM_NODES", "1");
        assertThat(rank(oneMachine).masterAddress()).isEqualTo("127.0.0.1");
    }

    @Test
    void slurmsBatchScriptAndAStepOfOneTaskAreAlone() {
        Map<String, String> script = slurm();
        script.keySet().removeIf(name -> name.startsWith("SLURM_STEP"));
        assertThat(RankEnvironment.read(script)).isEmpty();
        Map<String, String> one = slurm();
        one.put("SLURM_STEP_NUM_TASKS", "1");
        assertThat(RankEnvironment.read(one)).isEmpty();
        assertThat(RankEnvironment.read(Map.of())).isEmpty();
    }

    @Test
    void processesOfMpiAreRanksAlsoWithinAJobOfSlurms() {
        Map<String, String> openMpi = slurm();
        openMpi.putAll(environment(
                "OMPI_COMM_WORLD_RANK", "3",
                "OMPI_COMM_WORLD_LOCAL_RANK", "1",
                "OMPI_COMM_WORLD_SIZE", "4",
                "OMPI_COMM_WORLD_LOCAL_SIZE", "2"));
        assertThat(rank(openMpi))
                .isEqualTo(new RankEnvironment(3, 1, 4, "gpu07", rank(slurm()).masterPort()));

        Map<String, String> here =
                environment("PMI_RANK", "1", "PMI_SIZE", "2", "MPI_LOCALRANKID", "1", "MPI_LOCALNRANKS", "2");
        assertThat(rank(here)).isEqualTo(new RankEnvironment(1, 1, 2, "127.0.0.1", 29_500));
        here.put("MPI_LOCALNRANKS", "1");
        assertThatThrownBy(() -> RankEnvironment.read(here))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("MASTER_ADDR");
        here.put("MASTER_ADDR", "node1");
        assertThat(rank(here).masterAddress()).isEqualTo("node1");
    }

    /** The notation of {@code scontrol show hostnames}. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "node1 | node1",
                "node1,node2 | node1",
                "gpu[07-12] | gpu07",
                "gpu[003,007-009],other | gpu003",
                "tux[12,14-16]-rack[1-2],tux20 | tux12-rack1",
                "a-b.cluster.local,c | a-b.cluster.local"
            })
    void rankZeroIsOnTheFirstHostOfTheList(String list, String first) {
        assertThat(RankVariables.firstHost(list)).isEqualTo(first);
    }
}
