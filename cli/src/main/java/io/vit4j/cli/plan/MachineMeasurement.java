package io.vit4j.cli.plan;

import io.vit4j.base.MemoryRoom;
import io.vit4j.base.OpenFiles;
import io.vit4j.cli.bench.Machine;
import io.vit4j.cli.bench.ProductRate;
import io.vit4j.cli.bench.Timings;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.Hardware;
import io.vit4j.parallel.Layout;
import io.vit4j.parallel.ModelCost;
import io.vit4j.parallel.Placement;
import io.vit4j.parallel.Plan;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.train.engine.MemoryNeed;
import io.vit4j.walk.BatchChunk;
import io.vit4j.walk.Lanes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;

/**
 * Measures what this machine does with a model while all its ranks are at work, as they share memory and cores: seconds of
 * every block, what a step costs beside its blocks, and the link between two ranks.
 *
 * @param ranks that share this machine
 * @param lanes of each
 * @param microBatch samples that a rank walks at once
 */
public record MachineMeasurement(ModelDefinition config, Dtype dtype, int ranks, int lanes, int microBatch) {
    private static final int WARM_UP = 2;
    private static final int LEAST_REPETITIONS = 3;
    private static final int MOST_REPETITIONS = 15;
    private static final double SECONDS = 4;
    private static final int PRODUCTS = 10;

    /** A plan with the measured times. */
    public Plan plan() {
        int samples =
                Math.max(1, Math.min(BatchChunk.size(config, dtype, Device.CPU), (microBatch + lanes - 1) / lanes));
        MemoryRoom.here().ifPresent(room -> requireRoom(room, samples));
        double[][] seconds = blockSeconds(samples);
        Times times = new Times(seconds[0], seconds[1], samples, lanes);
        LinkRate.Measured link = LinkRate.measure(MatrixProducts::new);
        double rate = productRate(Dtype.FLOAT32) / ranks;
        double halfRate = productRate(Dtype.BFLOAT16) / ranks;
        ModelCost cost = new ModelCost(config, dtype);
        // at a bandwidth of 1, seconds are bytes
        double bytes = new Plan(cost, hardware(rate, halfRate, 1, link), times, Plan.DEFAULT_BUCKET_MEBIBYTES)
                .optimizerSeconds(whole(), 0);
        double bandwidth = bytes / besideBlocks(times);
        return new Plan(cost, hardware(rate, halfRate, bandwidth, link), times, Plan.DEFAULT_BUCKET_MEBIBYTES);
    }

    /** Before any is taken: every rank of this machine has the whole model while it is measured. */
    private void requireRoom(MemoryRoom room, int samples) {
        long weights = config.weights().stream().mapToLong(ParameterSpec::count).sum();
        long left = room.bytes() / ranks - Float.BYTES * weights;
        new MemoryNeed(config, dtype, weights, 2 * weights, lanes, samples, false, 0, microBatch, 0, 1)
                .check(new MemoryRoom(Math.max(0, left), room.source()));
    }

    private Hardware hardware(double rate, double halfRate, double bandwidth, LinkRate.Measured link) {
        return new Hardware(
                Machine.cpu().orElse("this machine") + ", ranks of " + lanes + (lanes == 1 ? " thread" : " threads"),
                rate,
                halfRate,
                memory() / ranks,
                bandwidth,
                bandwidth,
                link.overlap(),
                ranks,
                link.link(),
                link.link());
    }

    private Layout whole() {
        return new Layout(Placement.even(config.layers(), 1), 1, 1, 1, false, false, false);
    }

    /** Measured at one number of samples a lane; a micro-batch takes as many times longer as it has more of them. */
    private record Times(double[] forward, double[] backward, int samples, int lanes) implements Plan.BlockTimes {
        @Override
        public double forward(int block, int microBatch) {
            return forward[block] * microBatch / lanes / samples;
        }

        @Override
        public double backward(int block, int microBatch) {
            return backward[block] * microBatch / lanes / samples;
        }
    }

    /** Forward and backward of every block: the median over walks and lanes. */
    private double[][] blockSeconds(int samples) {
        List<Parameters> models = new ArrayList<>();
        for (int lane = 0; lane < ranks * lanes; lane++) {
            boolean ownWeights = lane % lanes == 0;
            Parameters parameters = ownWeights
                    ? VisionModel.fromScratch(config, Device.CPU, 1).parameters()
                    : models.get(lane - lane % lanes).sharing();
            parameters.trainable(name -> !config.trains(name));
            models.add(parameters);
        }
        try {
            CyclicBarrier together = new CyclicBarrier(models.size());
            return medians(SideBySide.run(models.size(), lane -> {
                TorchRuntime.useOneThreadHere();
                try (BlockLoad load = new BlockLoad(config, models.get(lane), dtype, samples)) {
                    return medians(walks(load, together));
                }
            }));
        } finally {
            models.forEach(Parameters::close);
        }
    }

    private static List<double[][]> walks(BlockLoad load, CyclicBarrier together) {
        long start = System.nanoTime();
        for (int i = 0; i < WARM_UP; i++) {
            load.walk();
        }
        double each = (System.nanoTime() - start) / 1e9 / WARM_UP;
        SideBySide.meet(together);
        List<double[][]> walks = new ArrayList<>();
        for (int i = 0; i < repetitions(each); i++) {
            walks.add(load.walk());
        }
        return walks;
    }

    private static int repetitions(double each) {
        return (int) Math.max(LEAST_REPETITIONS, Math.min(MOST_REPETITIONS, SECONDS / each));
    }

    private static double[][] medians(List<double[][]> walks) {
        int blocks = walks.get(0)[0].length;
        double[][] medians = new double[2][blocks];
        for (int way = 0; way < medians.length; way++) {
            for (int block = 0; block < blocks; block++) {
                int w = way;
                int b = block;
                medians[way][block] =
                        median(walks.stream().map(walk -> walk[w][b]).toList());
            }
        }
        return medians;
    }

    private static double median(List<Double> values) {
        return new Timings(values.stream().mapToDouble(Double::doubleValue).toArray()).median();
    }

    /** Seconds of a whole step less those of its blocks; at least a hundredth of it, as noise could make it less. */
    private double besideBlocks(Times times) {
        int batch = Math.max(microBatch, lanes);
        double step = stepSeconds(batch);
        double blocks = 0;
        for (int block = 0; block < times.forward.length; block++) {
            blocks += times.forward(block, batch) + times.backward(block, batch);
        }
        return Math.max(step - blocks, step / 100);
    }

    /** A whole step of every rank, each with the whole model and no other rank to wait for. */
    private double stepSeconds(int batch) {
        CyclicBarrier together = new CyclicBarrier(ranks);
        return median(SideBySide.run(ranks, rank -> {
            try (StepLoad load = new StepLoad(config, dtype, lanes, batch)) {
                load.step();
                double each = load.step();
                SideBySide.meet(together);
                List<Double> seconds = new ArrayList<>();
                for (int i = 0; i < repetitions(each); i++) {
                    seconds.add(load.step());
                }
                return median(seconds);
            }
        }));
    }

    private double productRate(Dtype type) {
        try (Lanes all = new Lanes(ranks * lanes);
                ProductRate product = new ProductRate(type, all)) {
            product.measure(PRODUCTS);
            return product.median();
        }
    }

    /** Bytes of memory of this machine. */
    private static long memory() {
        try {
            String kib = OpenFiles.lines(Path.of("/proc/meminfo")).stream()
                    .filter(line -> line.startsWith("MemTotal"))
                    .findFirst()
                    .orElse("0")
                    .replaceAll("\\D", "");
            return Long.parseLong(kib) << 10;
        } catch (IOException e) {
            return 4 * Runtime.getRuntime().maxMemory(); // Java's own limit is a quarter of it
        }
    }
}
