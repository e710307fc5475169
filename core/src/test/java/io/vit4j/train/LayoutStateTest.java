package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.WeightLayout;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.ParallelOptions;
import io.vit4j.train.checkpoint.Checkpoint;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.train.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What ranks hold, what their checkpoints hold, and what can be gone on with from there. */
@Timeout(300)
class LayoutStateTest {
    @TempDir
    Path folder;

    private static String layout(String layers, int replicas, int accumulation, boolean sharding) {
        return "layers_per_ipu=" + layers + ",replication_factor=" + replicas + ",gradient_accumulation_steps="
                + accumulation + ",replicated_tensor_sharding=" + sharding;
    }

    private RankedRun saving(String name) {
        return new RankedRun(folder.resolve(name))
                .with("save_strategy", "steps")
                .with("save_steps", "6");
    }

    private void keepOnly(String name, long step) throws Exception {
        keepOnly(folder.resolve(name), step);
    }

    /** Has a run look as if it had ended with its checkpoint of a step. */
    static void keepOnly(Path run, long step) throws IOException {
        for (Checkpoint checkpoint : Checkpoint.in(run)) {
            if (checkpoint.step() != step) {
                io.vit4j.base.DurableFiles.SYSTEM.delete(checkpoint.folder());
            }
        }
        Files.delete(run.resolve(TrainerState.FILE));
        Files.delete(run.resolve("model.safetensors"));
    }

    /** A layout in a line: {@code ranks; layers_per_ipu; replicas; accumulation; sharded}. */
    record Laid(int ranks, String layers, int replicas, int accumulation, boolean sharded) {
        static Laid of(String line) {
            String[] parts = line.split("; ");
            return new Laid(
                    Integer.parseInt(parts[0]),
                    parts[1],
                    Integer.parseInt(parts[2]),
                    Integer.parseInt(parts[3]),
                    Boolean.parseBoolean(parts[4]));
        }

        RankedRun out(RankedRun run) {
            return run.layout(ranks, layout(layers, replicas, accumulation, sharded))
                    .with("per_device_train_batch_size", "" + 8 / replicas / accumulation);
        }
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"4; [1 1 1 1]; 1; 2; false | 1; [4]; 1; 1; false", "1; [4]; 1; 1; false | 2; [4]; 2; 1; true"})
    void soItIsOfAndByOneProcess(Laid before, Laid after) throws Exception {
        aCheckpointOfOneLayoutIsGoneOnWithUnderAnother(before, after);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"2; [1 3]; 1; 4; false | 4; [-1 -1]; 2; 1; true", "2; [4]; 2; 2; true | 3; [2 1 1]; 1; 2; false"})
    void aCheckpointOfOneLayoutIsGoneOnWithUnderAnother(Laid before, Laid after) throws Exception {
        RankedRun.Result undisturbed = new RankedRun(folder.resolve("undisturbed")).run();
        before.out(saving("run")).run();
        keepOnly("run", 6);
        RankedRun.Result resumed =
                after.out(saving("run").with("resume_from_checkpoint", "true")).run();
        LayoutsTest.assertSame(resumed, undisturbed);
    }

    @Test
    void aRunResumedUnderTheSameLayoutRepeatsTheUndisturbedOneToTheBit() throws Exception {
        String layout = layout("[2 2]", 2, 2, true);
        RankedRun run = saving("run")
                .layout(4, layout)
                .with("per_device_train_batch_size", "2")
                .with("save_steps", "4"); // amid an epoch
        RankedRun.Result undisturbed = run.run();
        keepOnly("run", 4);
        RankedRun.Result resumed = run.with("resume_from_checkpoint", "true").run();
        assertThat(resumed.losses()).isEqualTo(undisturbed.losses());
        undisturbed
                .weights()
                .forEach((name, weight) ->
                        assertThat(resumed.weights().get(name)).as(name).isEqualTo(weight));
    }

    @Test
    void everyCheckpointKeepsTheConfiguration() {
        saving("run")
                .layout(2, layout("[3 1]", 1, 2, true))
                .with("max_steps", "6")
                .run();
        for (Path place : List.of(folder.resolve("run"), folder.resolve("run/checkpoint-6"))) {
            ParallelConfig kept = ParallelConfig.read(place, ParallelOptions.NONE);
            assertThat(kept.layersPerStage()).containsExactly(3, 1);
            assertThat(kept.gradientAccumulationSteps()).hasValue(2);
        }
    }

    @Test
    void anotherGlobalBatchIsRefusedWhenResuming() {
        saving("run").with("max_steps", "6").run();
        assertThatThrownBy(() -> saving("run")
                        .layout(2, layout("[4]", 2, 1, false))
                        .with("resume_from_checkpoint", "true")
                        .run())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("batches of 8, but now they are of 16");
    }

    private ConcurrentMap<Integer, Engine.RankMemory> held(int ranks, String layout) {
        ConcurrentMap<Integer, Engine.RankMemory> held = new ConcurrentHashMap<>();
        new RankedRun(folder.resolve("held-" + ranks + layout.hashCode()))
                .with("max_steps", "2")
                .layout(ranks, layout)
                .whileOpen(trainer -> held.put(trainer.rank(), trainer.engine().held()))
                .run();
        return held;
    }

    @Test
    void aRankHoldsItsOwnBlocksAlone() {
        ConcurrentMap<Integer, Engine.RankMemory> held = held(4, layout("[1 2 1 0]", 1, 4, false));
        int[][] blocks = {{0, 2}, {2, 4}, {4, 5}, {5, 6}};
        for (int rank = 0; rank < blocks.length; rank++) {
            List<ParameterSpec> specs = RankedRun.config(0).weights(blocks[rank][0], blocks[rank][1]);
            long numbers = specs.stream().mapToLong(ParameterSpec::count).sum();
            long lines =
                    specs.stream().mapToLong(spec -> (spec.count() + 15) / 16).sum();
            double bytes = 16.0 * Float.BYTES * lines; // each weight begins a cache line
            assertThat((double) held.get(rank).weights())
                    .as("weights of rank %d", rank)
                    .isEqualTo(bytes);
            assertThat((double) held.get(rank).gradients()).isBetween((double) Float.BYTES * numbers, bytes);
            assertThat((double) held.get(rank).optimizer()).as("two moments").isEqualTo(2 * bytes);
        }
    }

    /** The gaps are nothing in a real model: of ViT-B's stages, weights take their own bytes within 1%. */
    @Test
    void gapsBetweenWeightsAreSmall() {
        ModelDefinition base = ModelDefinition.preset("vit-base");
        for (int first = 0; first < 14; first += 4) {
            List<ParameterSpec> specs = base.weights(first, Math.min(14, first + 4));
            long numbers = specs.stream().mapToLong(ParameterSpec::count).sum();
            assertThat((double) WeightLayout.of(specs).size()).isBetween((double) numbers, 1.01 * numbers);
        }
    }

    @Test
    void shardingHalvesTheOptimizersStateOfEachOfTwoReplicas() {
        ConcurrentMap<Integer, Engine.RankMemory> whole = held(2, layout("[4]", 2, 1, false));
        ConcurrentMap<Integer, Engine.RankMemory> shared = held(2, layout("[4]", 2, 1, true));
        for (int rank = 0; rank < 2; rank++) {
            assertThat(shared.get(rank).optimizer()).isEqualTo(whole.get(rank).optimizer() / 2);
            assertThat(shared.get(rank).weights()).isEqualTo(whole.get(rank).weights());
        }
    }

    @ParameterizedTest
    @CsvSource({"10,2,2", "7,3,2", "1,1,4", "5,4,3", "64,8,2"})
    void replicasShareEverySampleOnceAndInOrder(int samples, int microBatch, int replicas) {
        int[] rows = new int[samples];
        Arrays.setAll(rows, i -> 100 + i);
        int[] seen = new int[samples];
        for (int replica = 0; replica < replicas; replica++) {
            Engine.Share share = Engine.Share.ofReplica(rows, microBatch, replica, replicas);
            for (int b = 0; b < share.batches().size(); b++) {
                int[] batch = share.batches().get(b);
                assertThat(batch).hasSizeBetween(1, microBatch);
                for (int i = 0; i < batch.length; i++) {
                    assertThat(batch[i]).isEqualTo(100 + share.firsts()[b] + i);
                    seen[batch[i] - 100]++;
                }
                assertThat(share.firsts()[b] / (microBatch * replicas))
                        .as("each global micro-batch is shared out")
                        .isEqualTo((share.firsts()[b] + batch.length - 1) / (microBatch * replicas));
            }
        }
        assertThat(seen).containsOnly(1);
    }
}
