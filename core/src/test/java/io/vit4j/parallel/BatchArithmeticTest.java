package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vit4j.base.InputException;
import org.junit.jupiter.api.Test;

class BatchArithmeticTest {
    private static final BatchArithmetic WALKTHROUGH = new BatchArithmetic(1, 1, 128, 1);

    @Test
    void theWalkthroughsNumbersComeOut() {
        assertThat(WALKTHROUGH.samplesPerUpdate()).isEqualTo(128);
        assertThat(WALKTHROUGH.updatesPerEpoch(106_514, true)).isEqualTo(832);
        assertThat(WALKTHROUGH.droppedPerEpoch(106_514)).isEqualTo(18);
        assertThat(WALKTHROUGH.totalUpdates(106_514, 3, true)).isEqualTo(2_496);
        assertThat(BatchArithmetic.warmupUpdates(0.25, 2_496)).isEqualTo(624);
    }

    @Test
    void theWalkthroughsEvaluationDroppedTheLastTwoImages() {
        assertThat(5_606 % BatchArithmetic.samplesPerInferenceStep(1, 1, 4)).isEqualTo(2);
        assertThat(BatchArithmetic.samplesPerInferenceStep(8, 2, 4)).isEqualTo(64);
    }

    @Test
    void withoutDroppingTheLastUpdateTakesWhatIsLeft() {
        assertThat(WALKTHROUGH.updatesPerEpoch(106_514, false)).isEqualTo(833);
        assertThat(WALKTHROUGH.updatesPerEpoch(106_496, false)).isEqualTo(832);
        assertThat(WALKTHROUGH.updatesPerEpoch(0, false)).isZero();
    }

    @Test
    void everyFactorMultipliesTheHostStepAndEveryUpdateCounts() {
        BatchArithmetic batch = new BatchArithmetic(2, 3, 5, 7);
        assertThat(batch.samplesPerUpdate()).isEqualTo(30);
        assertThat(batch.samplesPerHostStep()).isEqualTo(210);
        assertThat(batch.updatesPerEpoch(1_000, true)).isEqualTo(4 * 7); // Optimum would say 4
        assertThat(batch.droppedPerEpoch(1_000)).isEqualTo(160);
    }

    @Test
    void partsOfEpochsAndWarmupsRoundUp() {
        assertThat(WALKTHROUGH.totalUpdates(106_514, 0.001, true)).isEqualTo(1);
        assertThat(WALKTHROUGH.totalUpdates(106_514, 2.5, true)).isEqualTo(2_080);
        assertThat(BatchArithmetic.warmupUpdates(0.1, 11)).isEqualTo(2);
        assertThat(BatchArithmetic.warmupUpdates(0, 11)).isZero();
    }

    @Test
    void trainingIsAnnouncedAsTheWalkthroughAnnouncedIt() {
        assertThat(WALKTHROUGH.describe(106_514, 3, 2_496))
                .containsExactly(
                        "***** Running training *****",
                        "  Num examples = 106514",
                        "  Num Epochs = 3",
                        "  Instantaneous batch size per device = 1",
                        "  Device Iterations = 1",
                        "  Replication Factor = 1",
                        "  Gradient Accumulation steps = 128",
                        "  Total train batch size (w. parallel, distributed & accumulation) = 128",
                        "  Total optimization steps = 2496");
        assertThat(WALKTHROUGH.describe(10, 0.5, 1)).contains("  Num Epochs = 0.5");
    }

    @Test
    void countsThatAreNoBatchAreRefused() {
        refused("the micro-batch is 0", 0, 1, 1, 1);
        refused("replicas is -1", 1, -1, 1, 1);
        refused("gradient accumulation steps is 0", 1, 1, 0, 1);
        refused("device iterations is 0", 1, 1, 1, 0);
        int huge = Integer.MAX_VALUE;
        refused("lower one of them", huge, huge, huge, huge);
        refused("lower one of them", huge, huge, 2, 2);
    }

    private static void refused(String why, int microBatch, int replicas, int accumulation, int iterations) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new BatchArithmetic(microBatch, replicas, accumulation, iterations))
                .withMessageContaining(why);
    }
}
