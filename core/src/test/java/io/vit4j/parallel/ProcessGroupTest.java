package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.parallel.ProcessGroup.Reduction;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class ProcessGroupTest {
    private static ProcessGroup world(Rendezvous rendezvous) {
        List<Integer> all =
                IntStream.range(0, rendezvous.self().worldSize()).boxed().toList();
        return ProcessGroup.connect(rendezvous, "world", all, Device.CPU);
    }

    @Test
    void collectivesDoWhatTheirNamesSay() throws Exception {
        List<List<float[]>> results = Ranks.run(3, rendezvous -> {
            try (Scope scope = new Scope();
                    ProcessGroup group = world(rendezvous)) {
                int rank = group.rank();
                Tensor sum = Tensors.of(new float[] {rank + 1, 10}, 2);
                group.allReduce(sum, Reduction.SUM).await();
                Tensor max = Tensors.of(new float[] {rank, -rank}, 2);
                group.allReduce(max, Reduction.MAX).await();
                Tensor fromOne = Tensors.of(new float[] {rank}, 1);
                group.broadcast(fromOne, 1).await();
                Tensor all = Tensors.zeros(Dtype.FLOAT32, Device.CPU, 6);
                all.narrow(0, 2L * rank, 2).copy_(Tensors.of(new float[] {rank, rank + 0.5f}, 2));
                group.allGather(all, all.narrow(0, 2L * rank, 2)).await();
                Tensor share = Tensors.zeros(Dtype.FLOAT32, Device.CPU, 1);
                group.reduceScatter(share, Tensors.of(new float[] {1, 10 + rank, 100}, 3))
                        .await();
                group.barrier();
                assertThat(group.sum(0.1 * rank)).isEqualTo(0.1 + 0.2);
                assertThat(group.max(-rank)).isZero();
                return List.of(
                        Tensors.toFloats(sum),
                        Tensors.toFloats(max),
                        Tensors.toFloats(fromOne),
                        Tensors.toFloats(all),
                        Tensors.toFloats(share));
            }
        });
        float[][] shares = {{3}, {33}, {300}};
        for (int rank = 0; rank < 3; rank++) {
            assertThat(results.get(rank).get(0)).containsExactly(6, 30);
            assertThat(results.get(rank).get(1)).containsExactly(2, 0);
            assertThat(results.get(rank).get(2)).containsExactly(1);
            assertThat(results.get(rank).get(3)).containsExactly(0, 0.5f, 1, 1.5f, 2, 2.5f);
            assertThat(results.get(rank).get(4)).containsExactly(shares[rank]);
        }
    }

    @Test
    void messagesFindTheReceiverOfTheirTagInAnyOrder() throws Exception {
        List<float[]> results = Ranks.run(2, rendezvous -> {
            try (Scope scope = new Scope();
                    ProcessGroup group = world(rendezvous)) {
                int other = 1 - group.rank();
                List<Pending> sends = new ArrayList<>();
                List<Tensor> sent = new ArrayList<>();
                for (int m = 0; m < 3; m++) {
                    sent.add(Tensors.of(new float[] {100 * group.rank() + m}, 1));
                    sends.add(group.send(sent.get(m), other, m));
                }
                Tensor got = Tensors.zeros(Dtype.FLOAT32, Device.CPU, 3);
                for (int m : new int[] {2, 0, 1}) {
                    group.receive(got.narrow(0, m, 1), other, m).await();
                }
                sends.forEach(Pending::await);
                return Tensors.toFloats(got);
            }
        });
        assertThat(results.get(0)).containsExactly(100, 101, 102);
        assertThat(results.get(1)).containsExactly(0, 1, 2);
    }

    @Test
    void halfTypesCross() throws Exception {
        List<float[]> results = Ranks.run(2, rendezvous -> {
            try (Scope scope = new Scope();
                    ProcessGroup group = world(rendezvous)) {
                Tensor half = Tensors.to(Tensors.of(new float[] {1.5f * (group.rank() + 1)}, 1), Dtype.BFLOAT16);
                if (group.rank() == 0) {
                    group.send(half, 1, 7).await();
                } else {
                    group.receive(half, 0, 7).await();
                }
                return Tensors.toFloats(half);
            }
        });
        assertThat(results.get(1)).containsExactly(1.5f);
    }

    @Test
    void groupsOfStagesAndReplicasDoNotDisturbEachOther() throws Exception {
        List<List<Double>> results = Ranks.run(4, rendezvous -> {
            int rank = rendezvous.self().rank();
            List<Integer> pipeline = rank < 2 ? List.of(0, 1) : List.of(2, 3);
            List<Integer> replicas = rank % 2 == 0 ? List.of(0, 2) : List.of(1, 3);
            try (ProcessGroup stages = ProcessGroup.connect(rendezvous, "pipeline-" + rank / 2, pipeline, Device.CPU);
                    ProcessGroup copies =
                            ProcessGroup.connect(rendezvous, "replicas-" + rank % 2, replicas, Device.CPU)) {
                List<Double> sums = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    sums.add(stages.sum(rank));
                    sums.add(copies.sum(rank));
                }
                return sums;
            }
        });
        for (int rank = 0; rank < 4; rank++) {
            double stages = rank < 2 ? 1 : 5;
            double copies = rank % 2 == 0 ? 2 : 4;
            for (int i = 0; i < 40; i++) {
                assertThat(results.get(rank).get(i)).isEqualTo(i % 2 == 0 ? stages : copies);
            }
        }
    }

    @Test
    void aGroupOfOneCostsNothing() throws Exception {
        Ranks.run(1, rendezvous -> {
            try (Scope scope = new Scope();
                    ProcessGroup group = world(rendezvous)) {
                Tensor tensor = Tensors.of(new float[] {1, 2}, 2);
                group.allReduce(tensor, Reduction.SUM).await();
                group.broadcast(tensor, 0).await();
                group.allGather(tensor, tensor).await();
                group.barrier();
                assertThat(group.sum(3)).isEqualTo(3);
                assertThat(Tensors.toFloats(tensor)).containsExactly(1, 2);
                assertThatThrownBy(() -> group.send(tensor, 0, 0)).isInstanceOf(IndexOutOfBoundsException.class);
                return null;
            }
        });
    }

    @Test
    void whatWouldCrashNativeCodeIsRefusedBefore() throws Exception {
        Ranks.run(2, rendezvous -> {
            try (Scope scope = new Scope();
                    ProcessGroup group = world(rendezvous)) {
                Tensor square = Tensors.zeros(Dtype.FLOAT32, Device.CPU, 3, 4);
                assertThatThrownBy(() -> group.allReduce(square.transpose(0, 1), Reduction.SUM))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> group.allGather(square, square)).isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> group.reduceScatter(square, square))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> group.send(square, 2, 0)).isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> ProcessGroup.connect(rendezvous, "others", List.of(7), Device.CPU))
                        .isInstanceOf(IllegalArgumentException.class);
                group.barrier();
                return null;
            }
        });
    }
}
