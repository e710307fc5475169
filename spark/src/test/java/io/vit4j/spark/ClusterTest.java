package io.vit4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.train.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Executors that are processes of their own. */
@Tag("exhaustive")
class ClusterTest {
    private static final String LOCAL_CLUSTER = "local-cluster[2,1,2048]";

    @TempDir
    Path folder;

    @AfterAll
    static void stop() {
        LocalSpark.stop();
    }

    @Test
    void twoReplicasAndTwoStagesTrainWhatOneProcessDoes() throws IOException {
        SparkSession spark = LocalSpark.of(LOCAL_CLUSTER);
        TrainedOnSpark run = new TrainedOnSpark(folder);
        Path replicas = folder.resolve("replicas");
        Path stages = folder.resolve("stages");

        run.classifier(stages, 2, 1, "layers_per_stage=[2 1]").fit(spark);
        run.classifier(replicas, 2, 2, "replicas=2").fit(spark);

        Path alone = run.alone();
        TrainedOnSpark.areWithin(1e-5, replicas, alone);
        TrainedOnSpark.areWithin(1e-5, stages, alone);
    }

    /**
     * Each of two executors has a folder of its own, as if it were alone on its machine, and each of two stages takes its blocks of the best
     * checkpoint: the first one, because the greatest loss is to be the best.
     */
    @Test
    void theBestCheckpointIsFetchedByThoseWhoDoNotHaveIt() throws IOException {
        SparkSession spark = LocalSpark.of(LOCAL_CLUSTER);
        TrainedOnSpark run = new TrainedOnSpark(folder);
        Path output = folder.resolve("stages");

        run.classifier(output, 2, 1, "layers_per_stage=[2 1]")
                .setLocalDir("local") // in each executor's working directory
                .setArgument("eval_strategy", "steps")
                .setArgument("eval_steps", "5")
                .setArgument("save_total_limit", "2")
                .setArgument("load_best_model_at_end", "true")
                .setArgument("metric_for_best_model", "loss")
                .setArgument("greater_is_better", "true")
                .fit(spark);

        assertThat(Checkpoint.in(output)).extracting(Checkpoint::step).containsExactly(20L, 5L);
        assertThat(TrainedOnSpark.bytes(output)).isEqualTo(TrainedOnSpark.bytes(output.resolve("checkpoint-5")));
    }

    /** One of two executors is killed with SIGKILL between two checkpoints. */
    @Test
    void aRunWhoseExecutorIsKilledEndsWithTheBitsOfAnUndisturbedOne() throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self")), "skipped: executors are found in /proc");
        SparkSession spark = LocalSpark.of(LOCAL_CLUSTER);
        TrainedOnSpark run = new TrainedOnSpark(folder);
        Path undisturbed = folder.resolve("undisturbed");
        Path disturbed = folder.resolve("disturbed");
        ViTClassifier classifier = run.classifier(undisturbed, 2, 2, "replicas=2")
                .setArgument("max_steps", "200")
                .setArgument("save_steps", "20");
        classifier.fit(spark);

        CompletableFuture<Void> training = CompletableFuture.runAsync(
                () -> classifier.setOutput(disturbed.toString()).fit(spark));
        while (!Files.exists(disturbed.resolve("checkpoint-60"))) {
            assertThat(training).isNotDone();
            Thread.sleep(20);
        }
        ProcessHandle executor = ProcessHandle.current()
                .descendants()
                .filter(ClusterTest::isExecutor)
                .findFirst()
                .orElseThrow();
        assertThat(executor.destroyForcibly()).isTrue();
        assertThat(disturbed.resolve("checkpoint-180")).doesNotExist();
        training.get();

        assertThat(TrainedOnSpark.bytes(disturbed)).isEqualTo(TrainedOnSpark.bytes(undisturbed));
    }

    /** The command line is too long for Java's own account of processes. */
    private static boolean isExecutor(ProcessHandle process) {
        try {
            String command = Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
            return command.contains("/java\0") && command.contains("CoarseGrainedExecutorBackend");
        } catch (IOException e) {
            return false;
        }
    }
}
