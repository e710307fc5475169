package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.metrics.Metrics;
import io.vit4j.model.Fixture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No layout changes the results: of eight steps with shuffling, augmentation, dropout and uneven last batches. The whole matrix
 * runs with {@code -Dvit4j.test.layouts=all}.
 */
@Timeout(300)
class LayoutsTest {
    @TempDir
    static Path folder;

    private static final Map<Integer, RankedRun.Result> SINGLE = new HashMap<>();
    private static int runs;

    private static RankedRun run() {
        return new RankedRun(folder.resolve("run-" + runs++));
    }

    private static RankedRun.Result single(int globalBatch) {
        return SINGLE.computeIfAbsent(
                globalBatch,
                none -> run().with("per_device_train_batch_size", "" + globalBatch)
                        .run());
    }

    /** Layers by stage: even and uneven, a stage of no layer, the head alone. */
    private static final List<String> LAYERS = List.of("[4]", "[1 3]", "[0 3 1]", "[1 2 1 0]");

    record Layout(int stages, int replicas, int accumulation, boolean recompute, boolean sharding) {
        RankedRun of(RankedRun run) {
            String overrides = "layers_per_ipu=" + LAYERS.get(stages - 1) + ",replication_factor=" + replicas
                    + ",gradient_accumulation_steps=" + accumulation + ",recompute_checkpoint_every_layer=" + recompute
                    + ",replicated_tensor_sharding=" + sharding;
            return run.layout(stages * replicas, overrides);
        }
    }

    static List<Layout> layouts() {
        if (!System.getProperty("vit4j.test.layouts", "some").equals("all")) {
            return List.of(
                    new Layout(1, 2, 1, false, true),
                    new Layout(2, 1, 4, false, false),
                    new Layout(2, 2, 1, true, true),
                    new Layout(3, 1, 4, true, false),
                    new Layout(4, 2, 4, false, true));
        }
        List<Layout> all = new ArrayList<>();
        for (int stages = 1; stages <= LAYERS.size(); stages++) {
            for (int replicas : new int[] {1, 2}) {
                for (int accumulation : new int[] {1, 4}) {
                    for (boolean recompute : new boolean[] {false, true}) {
                        for (boolean sharding : new boolean[] {false, true}) {
                            all.add(new Layout(stages, replicas, accumulation, recompute, sharding));
                        }
                    }
                }
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void theResultsAreThoseOfOneProcess(Layout layout) {
        RankedRun.Result laidOut = layout.of(run())
                .with("per_device_train_batch_size", "" + 8 / layout.replicas() / layout.accumulation())
                .run();
        assertSame(laidOut, single(8));
    }

    /** 44 pictures are a step of two global micro-batches of 5 x 3, and one of 14: shares of 4, 5 and 5. */
    @Test
    void replicasShareShortBatchesToo() {
        RankedRun.Result laidOut = new Layout(2, 3, 2, false, false)
                .of(run())
                .with("per_device_train_batch_size", "5")
                .run();
        assertSame(laidOut, single(30));
    }

    /** Samples are erased, and mixed with partners of whom some are another rank's, or another micro-batch's. */
    @Test
    void samplesAreMixedAlikeInEveryLayout() {
        RankedRun.Result laidOut = mixed(new Layout(2, 2, 2, false, false).of(run()), 2);
        assertSame(laidOut, mixed(run(), 8));
        assertThat(laidOut.losses()).isNotEqualTo(single(8).losses());
    }

    private static RankedRun.Result mixed(RankedRun run, int batch) {
        return run.erasing()
                .with("per_device_train_batch_size", "" + batch)
                .with("mixup", "0.8")
                .with("cutmix", "1")
                .with("mixup_mode", "elem")
                .with("uncertain_labels", "ones_lsr")
                .training(TinyRun.partlyUnknown(TinyRun.pictures(44, 1)))
                .run();
    }

    static void assertSame(RankedRun.Result actual, RankedRun.Result expected) {
        assertThat(actual.losses()).hasSameSizeAs(expected.losses());
        for (int step = 0; step < expected.losses().size(); step++) {
            double loss = expected.losses().get(step);
            assertThat(actual.losses().get(step))
                    .as("loss of step %d", step + 1)
                    .isCloseTo(loss, within(1e-5 * loss));
        }
        assertThat(actual.weights()).containsOnlyKeys(expected.weights().keySet());
        expected.weights().forEach((name, weight) -> {
            if (!Fixture.isKeyBias(name)) {
                assertThat(Fixture.largestDifference(actual.weights().get(name), weight))
                        .as(name)
                        .isLessThan(1e-5);
            }
        });
        Metrics evaluated = actual.evaluated();
        assertThat(evaluated.get("eval_loss")).isCloseTo(expected.evaluated().get("eval_loss"), within(1e-6));
    }
}
