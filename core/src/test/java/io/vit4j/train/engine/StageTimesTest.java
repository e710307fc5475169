package io.vit4j.train.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.parallel.Pipeline;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StageTimesTest {
    private static double[] each(int count, double seconds) {
        return IntStream.range(0, count).mapToDouble(i -> seconds).toArray();
    }

    private static StageTimes times(Pipeline.Ran... steps) {
        StageTimes times = new StageTimes();
        for (Pipeline.Ran step : steps) {
            times.add(step);
        }
        return times;
    }

    private static Pipeline.Ran ran(int microBatches, double forward, double backward, double seconds) {
        return new Pipeline.Ran(each(microBatches, forward), each(microBatches, backward), seconds, 0.25, 0.125, 1);
    }

    private static StageTimes.Summary summary(StageTimes... stages) {
        return StageTimes.summary(Arrays.stream(stages).map(StageTimes::numbers).toList());
    }

    /** Equal stages wait (S-1) / (M+S-1) of the time (Narayanan et al., 2021), and the schedule says so of their times. */
    @Test
    void equalStagesThatLoseNoTimeWaitAsTheScheduleSays() {
        int microBatches = 6;
        int stages = 3;
        double seconds = (microBatches + stages - 1) * 3;
        Pipeline.Ran step = ran(microBatches, 1, 2, seconds);
        StageTimes.Summary summary = summary(times(step), times(step), times(step));
        assertThat(summary.bubble()).isCloseTo(2 / 8.0, within(1e-12));
        assertThat(summary.scheduledBubble()).isCloseTo(2 / 8.0, within(1e-12));
        assertThat(summary.pipelineSeconds()).isCloseTo(seconds, within(1e-12));
        assertThat(summary.stages().get(1).forwardSeconds()).isCloseTo(1, within(1e-12));
        assertThat(summary.stages().get(1).backwardSeconds()).isCloseTo(2, within(1e-12));
        assertThat(summary.stages().get(1).receiving()).isCloseTo(0.25 / seconds, within(1e-12));
        assertThat(summary.stages().get(1).sending()).isCloseTo(0.125 / seconds, within(1e-12));
    }

    /** What takes time between the actions is waiting that the schedule does not explain. */
    @Test
    void timeLostBesideComputingIsInTheBubbleAndNotInTheScheduled() {
        Pipeline.Ran step = ran(6, 1, 2, 24 + 6);
        StageTimes.Summary summary = summary(times(step), times(step), times(step));
        assertThat(summary.bubble()).isCloseTo(1 - 18 / 30.0, within(1e-12));
        assertThat(summary.scheduledBubble()).isCloseTo(2 / 8.0, within(1e-12));
    }

    /** A micro-batch that takes long on one stage holds up the other, which the mean of the times does not show. */
    @Test
    void everyMicroBatchIsPlayedWithItsOwnTime() {
        Pipeline.Ran first = new Pipeline.Ran(new double[] {1, 5, 1}, each(3, 1), 15, 0, 0, 2);
        Pipeline.Ran second = new Pipeline.Ran(each(3, 1), each(3, 1), 15, 0, 0, 1);
        StageTimes.Summary summary = summary(times(first), times(second));
        double[] one = {1, 5, 1};
        // F0 1 | F1 5 -> 6 | B0 (ready 3) 7 | F2 8 | B1: stage 1 F1 7, B1 8 -> 9 | B2: F2 9, B2 10 -> 11
        assertThat(summary.stages().get(0).scheduled())
                .isCloseTo(1 - (Arrays.stream(one).sum() + 3) / 11, within(1e-12));
        assertThat(summary.stages().get(1).scheduled()).isCloseTo(1 - 6 / 11.0, within(1e-12));
    }

    @Test
    void aFrozenStageHasNoBackwardToWaitFor() {
        Pipeline.Ran frozen = new Pipeline.Ran(each(4, 1), each(4, Double.NaN), 4, 0, 0, 0);
        Pipeline.Ran trained = ran(4, 1, 2, 13);
        StageTimes.Summary summary = summary(times(frozen), times(trained));
        assertThat(summary.stages().get(0).backwardSeconds()).isZero();
        assertThat(summary.stages().get(0).scheduled()).isCloseTo(1 - 4 / 13.0, within(1e-12));
        assertThat(summary.stages().get(1).scheduled()).isCloseTo(1 / 13.0, within(1e-12));
    }

    @Test
    void theFirstStepOfARunIsForgottenOnceThereIsASecond() {
        Pipeline.Ran slow = ran(2, 10, 20, 90);
        Pipeline.Ran fast = ran(2, 1, 2, 9);
        assertThat(summary(times(slow), times(slow)).pipelineSeconds()).isEqualTo(90);
        assertThat(summary(times(slow, fast, fast), times(slow, fast, fast)).pipelineSeconds())
                .isEqualTo(9);
        StageTimes later = times(slow, fast);
        later.clear();
        later.add(fast);
        later.add(slow);
        assertThat(summary(later).pipelineSeconds()).as("only a run's first").isEqualTo((90 + 9) / 2.0);
    }

    @Test
    void stepsOfSeveralSizesAreTakenTogether() {
        StageTimes stage = times(ran(1, 9, 9, 99), ran(4, 1, 1, 8), ran(2, 1, 1, 4));
        StageTimes.Summary summary = summary(stage);
        assertThat(summary.steps()).isEqualTo(2);
        assertThat(summary.bubble()).isCloseTo(0, within(1e-12));
    }

    @Test
    void nothingWasWalkedOnARankThatHadNoSample() {
        StageTimes.Summary summary = summary(times(), times());
        assertThat(summary.steps()).isZero();
        assertThat(summary.pipelineSeconds()).isZero();
        assertThat(summary.stages().get(0).forwardSeconds()).isZero();
    }
}
