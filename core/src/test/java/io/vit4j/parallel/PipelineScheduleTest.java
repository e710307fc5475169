package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.RandomKey;
import io.vit4j.parallel.PipelineSchedule.Action;
import io.vit4j.parallel.PipelineSchedule.Direction;
import io.vit4j.parallel.PipelineSchedule.Timing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PipelineScheduleTest {
    /** Every pipeline of up to 9 stages and 20 micro-batches, and a deep one. */
    private static void everyShape(BiConsumer<Integer, Integer> check) {
        for (int stages = 1; stages <= 9; stages++) {
            for (int microBatches = 1; microBatches <= 20; microBatches++) {
                check.accept(stages, microBatches);
            }
        }
        check.accept(64, 128);
    }

    private static double[] times(int stages, double seconds) {
        double[] times = new double[stages];
        Arrays.fill(times, seconds);
        return times;
    }

    @Test
    void fourStagesRunTheTextbookSchedule() {
        PipelineSchedule schedule = PipelineSchedule.training(4, 8);
        assertThat(schedule.actions(0)).hasToString("[F0, F1, F2, F3, B0, F4, B1, F5, B2, F6, B3, F7, B4, B5, B6, B7]");
        assertThat(schedule.actions(3)).hasToString("[F0, B0, F1, B1, F2, B2, F3, B3, F4, B4, F5, B5, F6, B6, F7, B7]");
        assertThat(PipelineSchedule.training(3, 1).actions(0)).hasToString("[F0, B0]");
        assertThat(PipelineSchedule.inference(3, 4).actions(1)).hasToString("[F0, F1, F2, F3]");
    }

    @Test
    void everyMicroBatchGoesForwardOnceAndThenBackwardOnceInOrder() {
        everyShape((stages, microBatches) -> {
            PipelineSchedule schedule = PipelineSchedule.training(stages, microBatches);
            List<Integer> inOrder = IntStream.range(0, microBatches).boxed().toList();
            for (int stage = 0; stage < stages; stage++) {
                List<Action> actions = schedule.actions(stage);
                for (Direction direction : Direction.values()) {
                    assertThat(actions.stream()
                                    .filter(a -> a.direction() == direction)
                                    .map(Action::microBatch))
                            .isEqualTo(inOrder);
                }
                for (int m = 0; m < microBatches; m++) {
                    assertThat(actions.indexOf(Action.forward(m))).isLessThan(actions.indexOf(Action.backward(m)));
                }
                assertThat(PipelineSchedule.inference(stages, microBatches).actions(stage))
                        .isEqualTo(inOrder.stream().map(Action::forward).toList());
            }
        });
    }

    @Test
    void noStageKeepsMoreMicroBatchesThanThereAreStagesFromItToTheLast() {
        everyShape((stages, microBatches) -> {
            PipelineSchedule schedule = PipelineSchedule.training(stages, microBatches);
            for (int stage = 0; stage < stages; stage++) {
                int kept = 0;
                int most = 0;
                for (Action action : schedule.actions(stage)) {
                    kept += action.direction() == Direction.FORWARD ? 1 : -1;
                    most = Math.max(most, kept);
                }
                assertThat(most).isEqualTo(schedule.inFlight(stage)).isLessThanOrEqualTo(stages - stage);
            }
        });
    }

    @Test
    void stagesThatBlockOnReceivingNeverWaitForEachOther() {
        everyShape((stages, microBatches) -> {
            for (boolean training : new boolean[] {true, false}) {
                RandomKey.Stream random = RandomKey.of(stages).with(microBatches).stream();
                PipelineSchedule schedule = new PipelineSchedule(stages, microBatches, training);
                double[] forward = random(stages, random);
                double[] backward = random(stages, random);
                Timing timing = schedule.simulate(forward, backward, random.nextDouble());
                for (int stage = 0; stage < stages; stage++) {
                    double work = microBatches * (forward[stage] + (training ? backward[stage] : 0));
                    assertThat(timing.busy()[stage]).isCloseTo(work, within(1e-9));
                    assertThat(timing.makespan()).isGreaterThanOrEqualTo(work - 1e-9);
                    assertThat(timing.finish()[stage]).isLessThanOrEqualTo(timing.makespan());
                }
            }
        });
    }

    /** As a rank does it: one thread a stage, a queue between neighbours each way, receiving blocks. */
    @Test
    void ranksThatFollowTheScheduleMeetTheirNeighboursMicroBatches() throws Exception {
        int stages = 4;
        int microBatches = 9;
        PipelineSchedule schedule = PipelineSchedule.training(stages, microBatches);
        List<BlockingQueue<Integer>> down = new ArrayList<>();
        List<BlockingQueue<Integer>> up = new ArrayList<>();
        for (int i = 0; i <= stages; i++) {
            down.add(new LinkedBlockingQueue<>());
            up.add(new LinkedBlockingQueue<>());
        }
        List<String> wrong = Collections.synchronizedList(new ArrayList<>());
        List<Thread> ranks = new ArrayList<>();
        for (int s = 0; s < stages; s++) {
            int stage = s;
            ranks.add(new Thread(() -> {
                for (Action action : schedule.actions(stage)) {
                    boolean forward = action.direction() == Direction.FORWARD;
                    boolean first = forward ? stage == 0 : stage == stages - 1;
                    try {
                        int came = first ? action.microBatch() : (forward ? down.get(stage) : up.get(stage)).take();
                        if (came != action.microBatch()) {
                            wrong.add("stage " + stage + " wanted " + action + ", got " + came);
                        }
                    } catch (InterruptedException e) {
                        wrong.add("stage " + stage + " waits for ever at " + action);
                        return;
                    }
                    (forward ? down.get(stage + 1) : up.get(stage == 0 ? stages : stage - 1)).add(action.microBatch());
                }
            }));
        }
        ranks.forEach(Thread::start);
        for (Thread rank : ranks) {
            rank.join(5_000);
            rank.interrupt();
            rank.join();
        }
        assertThat(wrong).isEmpty();
    }

    private static double[] random(int count, RandomKey.Stream random) {
        return IntStream.range(0, count).mapToDouble(i -> random.nextDouble()).toArray();
    }

    @Test
    void equalStagesIdleAsTheClosedFormSays() {
        everyShape((stages, microBatches) -> {
            PipelineSchedule schedule = PipelineSchedule.training(stages, microBatches);
            Timing timing = schedule.simulate(times(stages, 1), times(stages, 2), 0);
            assertThat(timing.makespan()).isCloseTo(3.0 * (microBatches + stages - 1), within(1e-9));
            assertThat(timing.bubble()).isCloseTo(schedule.bubbleOfEqualStages(), within(1e-12));
            assertThat(timing.bubble(0)).isCloseTo(schedule.bubbleOfEqualStages(), within(1e-12));
            Timing inference =
                    PipelineSchedule.inference(stages, microBatches).simulate(times(stages, 1), new double[0], 0);
            assertThat(inference.makespan()).isCloseTo(microBatches + stages - 1, within(1e-9));
        });
        assertThat(PipelineSchedule.training(4, 128).bubbleOfEqualStages()).isCloseTo(3.0 / 131, within(1e-15));
    }

    @Test
    void oneStageNeverIdles() {
        Timing timing = PipelineSchedule.training(1, 7).simulate(times(1, 1), times(1, 2), 5);
        assertThat(timing.makespan()).isCloseTo(21, within(1e-9));
        assertThat(timing.bubble()).isCloseTo(0, within(1e-12));
    }

    @Test
    void theSlowestStageSetsThePaceOfALongStep() {
        double[] forward = {1, 3, 1};
        Timing timing = PipelineSchedule.inference(3, 1000).simulate(forward, new double[0], 0.5);
        assertThat(timing.makespan()).isCloseTo(1 + 0.5 + 3 * 1000 + 0.5 + 1, within(1e-6));
        assertThat(timing.bubble(1)).isLessThan(0.002);
        assertThat(timing.bubble(0)).isCloseTo(2.0 / 3, within(0.001));
    }

    @Test
    void oneMicroBatchPaysEveryTransferBothWays() {
        Timing timing = PipelineSchedule.training(4, 1).simulate(times(4, 1), times(4, 2), 0.25);
        assertThat(timing.makespan()).isCloseTo(4 * 3 + 6 * 0.25, within(1e-12));
    }

    @Test
    void aStageWithoutLayersPassesOnAtOnce() {
        double[] forward = {1, 0, 1};
        double[] backward = {2, 0, 2};
        Timing timing = PipelineSchedule.training(3, 4).simulate(forward, backward, 0);
        assertThat(timing.busy()[1]).isZero();
        assertThat(timing.bubble(1)).isEqualTo(1);
        assertThat(timing.makespan()).isLessThanOrEqualTo(3.0 * (4 + 2));
        Timing nothing = PipelineSchedule.training(2, 2).simulate(times(2, 0), times(2, 0), 0);
        assertThat(nothing.bubble()).isZero();
    }

    @Test
    void shapesThatAreNoPipelineAreRefused() {
        assertThatThrownBy(() -> PipelineSchedule.training(0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PipelineSchedule.training(1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PipelineSchedule.training(2, 2).inFlight(2))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
