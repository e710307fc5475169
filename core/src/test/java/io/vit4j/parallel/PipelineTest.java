package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.parallel.Pipeline.Incoming;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(180)
class PipelineTest {
    /** Forward each stage writes its number behind a message, backward behind a gradient; it counts what it keeps. */
    private static final class Writer implements Pipeline.Stage {
        private final int stage;
        private final int stages;
        private final List<String> seen = new ArrayList<>();
        private int inFlight;
        private int mostInFlight;

        Writer(int stage, int stages) {
            this.stage = stage;
            this.stages = stages;
        }

        @Override
        public Optional<Tensor> forward(int microBatch, Optional<Tensor> message) {
            mostInFlight = Math.max(mostInFlight, ++inFlight);
            float before = message.map(tensor -> Tensors.toFloats(tensor)[0]).orElse(0f);
            seen.add("F" + microBatch + ":" + (int) before);
            return stage == stages - 1 ? Optional.empty() : Optional.of(numbers(microBatch, 10 * before + stage + 1));
        }

        @Override
        public Optional<Tensor> backward(int microBatch, Optional<Tensor> gradient) {
            inFlight--;
            float before = gradient.map(tensor -> Tensors.toFloats(tensor)[0]).orElse(0f);
            seen.add("B" + microBatch + ":" + (int) before);
            return stage == 0 ? Optional.empty() : Optional.of(numbers(microBatch, 10 * before + stage + 1));
        }

        /** As many numbers as the micro-batch has samples. */
        private static Tensor numbers(int microBatch, float number) {
            float[] all = new float[samples(microBatch)];
            all[0] = number;
            try (Scope scope = new Scope()) {
                return scope.own(Tensors.of(all, all.length));
            }
        }
    }

    private static int samples(int microBatch) {
        return 1 + microBatch % 3;
    }

    @ParameterizedTest
    @CsvSource({"1,3", "2,1", "2,7", "3,8", "4,2", "4,16"})
    void messagesPassInOrderAndNoStageKeepsMoreThanTheStagesFromItToTheLast(int stages, int microBatches)
            throws Exception {
        int[] sizes = new int[microBatches];
        for (int m = 0; m < microBatches; m++) {
            sizes[m] = samples(m);
        }
        List<Writer> writers = new ArrayList<>();
        for (int stage = 0; stage < stages; stage++) {
            writers.add(new Writer(stage, stages));
        }
        List<Pipeline.Ran> ran = run(sizes, stages, 1, 1, writers);
        for (int stage = 0; stage < stages; stage++) {
            Writer writer = writers.get(stage);
            assertThat(writer.mostInFlight).isEqualTo(Math.min(stages - stage, microBatches));
            assertThat(ran.get(stage).mostInFlight()).isEqualTo(writer.mostInFlight);
            String forward = "123".substring(0, stage);
            String backward = new StringBuilder("234".substring(Math.min(3, stage), stages - 1))
                    .reverse()
                    .toString();
            for (int m = 0; m < microBatches; m++) {
                assertThat(writer.seen)
                        .containsOnlyOnce("F" + m + ":" + (forward.isEmpty() ? "0" : forward))
                        .containsOnlyOnce("B" + m + ":" + (backward.isEmpty() ? "0" : backward));
            }
        }
    }

    /** Runs some steps, their stages as threads; what the last one took. */
    private static List<Pipeline.Ran> run(
            int[] sizes, int stages, int steps, long numbers, List<? extends Pipeline.Stage> stage) throws Exception {
        int port = Ranks.freePort();
        List<Pipeline.Ran> ran = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int rank = 0; rank < stages; rank++) {
            ran.add(null);
            int self = rank;
            threads.add(new Thread(() -> {
                RankEnvironment environment = new RankEnvironment(self, self, stages, "127.0.0.1", port);
                try (RankMesh mesh = RankMesh.join(
                        environment,
                        RendezvousSettings.within(Duration.ofSeconds(30)),
                        1,
                        stages,
                        Map.of(),
                        Device.CPU)) {
                    Pipeline pipeline = new Pipeline(mesh, Device.CPU);
                    PipelineSchedule schedule = PipelineSchedule.training(stages, sizes.length);
                    Incoming incoming = new Incoming(self > 0 ? numbers : 0, self < stages - 1 ? numbers : 0);
                    for (int step = 0; step < steps; step++) {
                        mesh.world().barrier(); // as training's steps begin together
                        ran.set(self, pipeline.run(schedule, sizes, true, incoming, stage.get(self)));
                    }
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        return ran;
    }

    /** Computes nothing for a while that differs from micro-batch to micro-batch, and sends as much as ViT-S does. */
    private static final class Sleeper implements Pipeline.Stage {
        private static final int NUMBERS = 197 * 384;

        private final int stage;
        private final int stages;
        private final Random random;

        Sleeper(int stage, int stages) {
            this.stage = stage;
            this.stages = stages;
            random = new Random(stage);
        }

        private Optional<Tensor> sleep(int most, boolean sends) {
            LockSupport.parkNanos(1_000_000L * (most / 2 + random.nextInt(most / 2)));
            try (Scope scope = new Scope()) {
                return sends
                        ? Optional.of(scope.own(Tensors.zeros(Dtype.FLOAT32, Device.CPU, SAMPLES * NUMBERS)))
                        : Optional.empty();
            }
        }

        @Override
        public Optional<Tensor> forward(int microBatch, Optional<Tensor> message) {
            return sleep(50, stage < stages - 1);
        }

        @Override
        public Optional<Tensor> backward(int microBatch, Optional<Tensor> gradient) {
            return sleep(100, stage > 0);
        }
    }

    private static final int SAMPLES = 4;

    private static double percentOfTimeLost(int stages, int microBatches) throws Exception {
        int[] sizes = new int[microBatches];
        Arrays.fill(sizes, SAMPLES);
        List<Sleeper> sleepers = new ArrayList<>();
        for (int stage = 0; stage < stages; stage++) {
            sleepers.add(new Sleeper(stage, stages));
        }
        List<Pipeline.Ran> ran = run(sizes, stages, 2, Sleeper.NUMBERS, sleepers);
        double seconds = ran.stream().mapToDouble(Pipeline.Ran::seconds).max().orElseThrow();
        PipelineSchedule.Timing played = PipelineSchedule.training(stages, microBatches)
                .simulate(
                        (stage, action) -> (action.direction() == PipelineSchedule.Direction.FORWARD
                                        ? ran.get(stage).forwardSeconds()
                                        : ran.get(stage).backwardSeconds())
                                [action.microBatch()],
                        0);
        double busy = Arrays.stream(played.busy()).average().orElseThrow();
        return 100 * (busy / played.makespan() - busy / seconds);
    }

    /** The share of time waited, less what the schedule makes of the stages' own times; a busy machine only adds to it. */
    @ParameterizedTest
    @Tag("timing")
    @CsvSource({"2,16", "4,16"})
    void aPipelineWaitsHardlyLongerThanItsScheduleSays(int stages, int microBatches) throws Exception {
        double least = 100;
        for (int attempt = 0; attempt < 3 && least > 2; attempt++) {
            double lost = percentOfTimeLost(stages, microBatches);
            assertThat(lost).as("nothing is faster than its schedule").isGreaterThan(-0.01);
            least = Math.min(least, lost);
        }
        assertThat(least).as("points").isLessThan(2);
    }
}
