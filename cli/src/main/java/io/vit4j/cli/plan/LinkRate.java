package io.vit4j.cli.plan;

import io.vit4j.cli.bench.Timings;
import io.vit4j.parallel.Hardware.Link;
import io.vit4j.parallel.Pending;
import io.vit4j.parallel.ProcessGroup;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** How fast two ranks of this machine exchange tensors. */
final class LinkRate {
    private static final int SMALL = 16;
    private static final int LARGE = 25 << 18; // floats of a gradient bucket, 25 MiB
    private static final int WARM_UP = 3;
    private static final int REPETITIONS = 11;

    private LinkRate() {}

    /**
     * What was measured.
     *
     * @param link by a ring's formula, so that an all-reduce of a bucket is predicted right
     * @param overlap share of an all-reduce beside which the ranks compute undisturbed
     */
    record Measured(Link link, double overlap) {}

    /** @param computing what each rank computes meanwhile, about as long as an all-reduce of 25 MiB takes */
    static Measured measure(Computing computing) {
        List<Measured> both = RanksHere.run(2, rendezvous -> {
            try (ProcessGroup group = ProcessGroup.connect(rendezvous, "measure", List.of(0, 1), Device.CPU);
                    Scope scope = new Scope();
                    Computing.OnThread work = computing.here()) {
                Tensor small = Tensors.zeros(Dtype.FLOAT32, Device.CPU, SMALL);
                Tensor large = Tensors.zeros(Dtype.FLOAT32, Device.CPU, LARGE);
                double latency = reduceSeconds(group, small, () -> {}) / 2;
                double alone = reduceSeconds(group, large, () -> {});
                int units = (int) group.max(work.unitsFor(alone));
                Runnable load = () -> work.run(units);
                double computed = Timings.of(WARM_UP, REPETITIONS, () -> {
                            group.barrier();
                            load.run();
                        })
                        .median();
                double together = reduceSeconds(group, large, load);
                double hidden = Math.max(0, computed + alone - together);
                double bytes = 4.0 * LARGE;
                return new Measured(
                        new Link(bytes / Math.max(1e-9, alone - 2 * latency), latency),
                        Math.min(1, hidden / Math.min(alone, computed)));
            }
        });
        return both.get(0);
    }

    /** Of two ranks: two messages of half the bytes each. */
    private static double reduceSeconds(ProcessGroup group, Tensor tensor, Runnable meanwhile) {
        return Timings.of(WARM_UP, REPETITIONS, () -> {
                    group.barrier();
                    Pending reduction = group.allReduce(tensor, ProcessGroup.Reduction.SUM);
                    meanwhile.run();
                    reduction.await();
                })
                .median();
    }

    /** Something that a rank computes. */
    interface Computing {
        OnThread here();

        /** Made and used on one rank's thread. */
        interface OnThread extends AutoCloseable {
            /** How many units take about so long. */
            int unitsFor(double seconds);

            void run(int units);

            @Override
            void close();
        }
    }
}
