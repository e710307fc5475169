package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.parallel.Pipeline.Incoming;
import io.vit4j.torch.Device;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
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
        int port = Ranks.freePort();
        List<Writer> writers = new ArrayList<>();
        List<Pipeline.Ran> ran = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int rank = 0; rank < stages; rank++) {
            Writer writer = new Writer(rank, stages);
            writers.add(writer);
            ran.add(null);
            int self = rank;
            threads.add(new Thread(() -> {
                RankEnvironment environment = new RankEnvironment(self, self, stages, "127.0.0.1", port);
                try (RankMesh mesh =
                        RankMesh.join(environment, Duration.ofSeconds(30), 1, stages, Map.of(), Device.CPU)) {
                    ran.set(
                            self,
                            new Pipeline(mesh, Device.CPU)
                                    .run(
                                            PipelineSchedule.training(stages, microBatches),
                                            sizes,
                                            true,
                                            new Incoming(self > 0 ? 1 : 0, self < stages - 1 ? 1 : 0),
                                            writer));
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
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
}
