package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.parallel.ProcessGroup.Reduction;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.torch.TorchRuntime;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Groups over NCCL, where there are GPUs: NCCL gives each rank one of its own. */
@Timeout(120)
class NcclTest {
    @BeforeAll
    static void needsAGpu() {
        assumeTrue(TorchRuntime.gpus() > 0, "skipped: no NVIDIA GPU, or a build without -Pcuda");
    }

    @Test
    void aRankAloneGetsBackWhatItGives() throws Exception {
        List<float[]> results = Ranks.run(1, rendezvous -> {
            try (Scope scope = new Scope()) {
                Device gpu = Device.parse("cuda:0");
                Backend alone = Backends.connect(rendezvous, "alone", 0, 1, gpu);
                Tensor numbers = Tensors.to(Tensors.of(new float[] {1, 2, 3}, 3), gpu);
                alone.allreduce(new TensorVector(numbers))._wait();
                alone.broadcast(new TensorVector(numbers), new BroadcastOptions())
                        ._wait();
                Tensor gathered = Tensors.zeros(Dtype.FLOAT32, gpu, 3);
                alone._allgather_base(gathered, numbers)._wait();
                float[] got = Tensors.toFloats(gathered);
                alone.close();
                return got;
            }
        });
        assertThat(results.get(0)).containsExactly(1, 2, 3);
    }

    @Test
    void collectivesAndMessagesCrossBetweenGpus() throws Exception {
        assumeTrue(TorchRuntime.gpus() > 1, "skipped: one GPU");
        List<List<float[]>> results = Ranks.run(2, rendezvous -> {
            Device gpu = Device.parse("cuda", rendezvous.self().rank());
            List<Integer> all = IntStream.range(0, 2).boxed().toList();
            try (Scope scope = new Scope();
                    ProcessGroup group = ProcessGroup.connect(rendezvous, "world", all, gpu)) {
                int rank = group.rank();
                Tensor sum = Tensors.to(Tensors.of(new float[] {rank + 1, 10}, 2), gpu);
                group.allReduce(sum, Reduction.SUM).await();
                Tensor share = Tensors.zeros(Dtype.FLOAT32, gpu, 1);
                group.reduceScatter(share, Tensors.to(Tensors.of(new float[] {1, 10 + rank}, 2), gpu))
                        .await();
                Tensor message = Tensors.to(Tensors.of(new float[] {rank}, 1), gpu);
                Pending moved = rank == 0 ? group.send(message, 1, 0) : group.receive(message, 0, 0);
                moved.await();
                group.barrier();
                assertThat(group.sum(0.1 + rank)).isEqualTo(0.1 + 1.1);
                assertThat(group.fromFirst("of rank " + rank)).isEqualTo("of rank 0");
                return List.of(Tensors.toFloats(sum), Tensors.toFloats(share), Tensors.toFloats(message));
            }
        });
        assertThat(results.get(0).get(0)).containsExactly(3, 20);
        assertThat(results.get(0).get(1)).containsExactly(2);
        assertThat(results.get(1).get(1)).containsExactly(21);
        assertThat(results.get(1).get(2)).containsExactly(0);
    }
}
