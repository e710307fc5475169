package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.cli.launch.ThisJava;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code launch} says before it starts any rank. */
class LaunchCommandTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "launch -- train | Missing required option: '--nproc-per-node=N'",
                "launch --nproc-per-node 2 | Missing required parameter: '-- COMMAND'",
                "launch --nproc-per-node 0 -- train --dataset d | --nproc-per-node is 0; it must be at least 1",
                "launch --nproc-per-node 2 --nnodes 2 -- train --dataset d | --nnodes 2 needs --master-addr",
                "launch --nproc-per-node 2 --nnodes 2 --master-addr h -- train --dataset d | needs --master-port",
                "launch --nproc-per-node 2 --nnodes 2 --master-addr h --master-port 9 -- train --dataset d | --nnodes 2 needs a secret that strangers do not know",
                "launch --nproc-per-node 2 --rendezvous-secret none -- train --dataset d | none: the ranks' secret cannot be read (no such file or folder); write at least 16",
                "launch --nproc-per-node 2 --node-rank 1 -- train --dataset d | --node-rank is 1; with --nnodes 1",
                "launch --nproc-per-node 2 --max-restarts -1 -- train --dataset d | --max-restarts is -1",
                "launch --nproc-per-node 2 -- prepare --data d | launch can start ranks of train or evaluate, not of prepare",
                "launch --nproc_per_node 2 -- train --dataset d --lerning-rate 1 | --lerning-rate is not an option of vit4j train; did you mean --learning-rate?",
                "launch --nproc-per-node 2 train --dataset d --learning_rate fast | --learning-rate: \"fast\" is not a number",
                "launch --nproc-per-node 2 --max_restart 3 train | --max-restart is not an option of vit4j launch; did you mean --max-restarts?",
            })
    void aWrongCommandLineIsOneLineAndNoRankIsStarted(String args, String line) {
        CommandRun run = CommandRun.of(args.split(" "));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err()).contains(line);
    }

    @Test
    void aPortThatIsTakenIsSaid() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            String port = Integer.toString(taken.getLocalPort());
            CommandRun run = CommandRun.of(
                    "launch", "--nproc-per-node", "2", "--master-port", port, "--", "train", "--dataset", "d");
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.err().lines()).hasSize(1);
            assertThat(run.err()).startsWith("port " + port + " of this machine cannot be opened");
        }
    }

    @Test
    void torchrunsVariablesAreDefaults() throws Exception {
        ProcessBuilder launch = new ProcessBuilder(ThisJava.command(
                Main.class, 1, List.of("launch", "--master-addr", "h", "--", "train", "--dataset", "d")));
        launch.environment().put("PET_NPROC_PER_NODE", "2");
        launch.environment().put("PET_NNODES", "2");
        launch.environment().put("PET_NODE_RANK", "2");
        launch.environment().put("PET_MASTER_PORT", "29500");
        Process process = launch.redirectErrorStream(true).start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("--node-rank is 2; with --nnodes 2 it must be from 0 to 1");
        assertThat(process.waitFor()).isEqualTo(2);
    }

    @Test
    void helpBehindTheDashesIsThatOfTheRanksCommand() {
        CommandRun run = CommandRun.of("launch", "--nproc-per-node", "2", "--", "train", "--help");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("Usage: vit4j train");
        assertThat(CommandRun.of("launch", "--help").out()).contains("Usage: vit4j launch", "--max-restarts=R");
    }
}
