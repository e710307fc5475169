package io.vit4j.cli.plan;

import io.vit4j.base.RandomKey;
import io.vit4j.cli.bench.RandomBatches;
import io.vit4j.data.Batch;
import io.vit4j.model.Block;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.Recorded;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.walk.BatchChunk;
import io.vit4j.walk.MicroBatchStep;
import io.vit4j.walk.Objective;
import io.vit4j.walk.TargetTensors;
import io.vit4j.walk.Walk;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** What one lane walks at a time, on random pictures, with the time that every block takes. */
final class BlockLoad implements AutoCloseable {
    private final RandomBatches batches;
    private final int samples;
    private final Walk walk;
    private final StepWeights weights;
    private final int labelsRead;
    private final double[] forward;
    private final double[] backward;
    private long before;

    /** @param parameters with gradients of its own */
    BlockLoad(ModelDefinition config, Parameters parameters, Dtype dtype, int samples) {
        this.samples = samples;
        batches = new RandomBatches(config, samples, Device.CPU);
        labelsRead = config.labelsRead();
        List<Block> timed = new ArrayList<>();
        for (Block block : config.over(parameters)) {
            timed.add(new Timed(block, timed.size()));
        }
        walk = new Walk(timed);
        weights = new StepWeights(dtype);
        forward = new double[timed.size()];
        backward = new double[timed.size()];
    }

    private final class Timed implements Block {
        private final Block block;
        private final int number;

        private Timed(Block block, int number) {
            this.block = block;
            this.number = number;
        }

        @Override
        public BlockDefinition definition() {
            return block.definition();
        }

        @Override
        public Parameters parameters() {
            return block.parameters();
        }

        @Override
        public Tensor forward(Tensor input, Context context) {
            return block.forward(input, context);
        }

        @Override
        public Recorded record(Tensor input, boolean inputGradient, Context context) {
            long start = System.nanoTime();
            Recorded recorded = block.record(input, inputGradient, context);
            forward[number] = (System.nanoTime() - start) / 1e9;
            return recorded;
        }
    }

    /** Seconds of every block's forward, and of its backward. */
    double[][] walk() {
        try (Scope scope = new Scope();
                Batch batch = batches.next()) {
            BatchChunk chunk = new BatchChunk(batch, 0, samples);
            Context context = Context.training(weights, RandomKey.of(1), new long[samples])
                    .withLabels(chunk.labelsRead(labelsRead, Device.CPU));
            try (Walk.Tape tape = walk.forward(chunk.pixels(Device.CPU), context)) {
                Tensor out = tape.output();
                Objective objective = batches.objective();
                TargetTensors targets = TargetTensors.of(chunk.targets(objective, (int) out.size(1)), Device.CPU);
                Tensor gradient = MicroBatchStep.lossAndGradient(objective, out, targets, 1)
                        .gradient();
                before = System.nanoTime();
                tape.backward(gradient, this::left);
            }
        }
        return new double[][] {forward.clone(), backward.clone()};
    }

    private void left(int block) {
        long now = System.nanoTime();
        backward[block] = (now - before) / 1e9;
        before = now;
    }

    @Override
    public void close() {
        weights.close();
    }
}
