package io.vit4j.walk;

import io.vit4j.data.Batch;
import io.vit4j.data.Targets;
import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import io.vit4j.torch.TorchRuntime;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** Logits of many samples: every lane walks its share of each batch, without gradients. */
public final class Inference implements AutoCloseable {
    private final int outputs;
    private final int labelsRead;
    private final Device device;
    private final Lanes lanes;
    private final int chunkSize;
    private final Walk walk;
    private final StepWeights stepWeights;

    /**
     * What came out.
     *
     * @param logits {@code [samples, outputs]} row by row; none if the objective keeps no predictions
     * @param labels {@code [samples, labelCount]} row by row, as the batches had them; none likewise
     * @param lossSum the losses of all counted entries, summed
     * @param counted how many entries counted, or the sum of their weights
     */
    public record Inferred(float[] logits, float[] labels, double lossSum, double counted) {
        /** The mean loss over all counted entries; 0 if none counted. */
        public double loss() {
            return counted > 0 ? lossSum / counted : 0;
        }
    }

    /**
     * Of a model at work: in a short type over packed weights. In float32 products of many rows take the weights as they are;
     * packed ones would be held twice for little.
     *
     * @param weights must not move until this is closed
     * @param chunkSize samples that a lane walks at a time
     */
    public Inference(ModelDefinition model, Parameters weights, Dtype dtype, Lanes lanes, int chunkSize) {
        this(
                model.over(weights),
                model.outputs(),
                model.labelsRead(),
                weights.device(),
                dtype == Dtype.FLOAT32 ? new StepWeights(dtype) : StepWeights.forInference(dtype, weights.device()),
                lanes,
                chunkSize);
        if (model.isUneven()) {
            TorchRuntime.keepLargeBlocks();
        }
    }

    /**
     * Of blocks in training: over the weights as its forward walk takes them.
     *
     * @param blocks whose weights must not move until this is closed
     * @param outputs numbers that come out of a sample
     * @param labelsRead how many label values of a sample the blocks read
     * @param chunkSize samples that a lane walks at a time
     */
    public Inference(
            List<Block> blocks, int outputs, int labelsRead, Device device, Dtype dtype, Lanes lanes, int chunkSize) {
        this(blocks, outputs, labelsRead, device, new StepWeights(dtype), lanes, chunkSize);
    }

    private Inference(
            List<Block> blocks,
            int outputs,
            int labelsRead,
            Device device,
            StepWeights weights,
            Lanes lanes,
            int chunkSize) {
        this.outputs = outputs;
        this.labelsRead = labelsRead;
        this.device = device;
        this.lanes = lanes;
        this.chunkSize = chunkSize;
        walk = new Walk(blocks);
        stepWeights = weights;
    }

    /**
     * @param batches in order, each closed here
     * @param samples in all of them
     */
    public Inferred run(Iterator<Batch> batches, int samples, Objective objective) {
        return run(batches, samples, Optional.of(objective));
    }

    /**
     * What comes out alone, {@code [samples, outputs]} row by row.
     *
     * @param batches in order, each closed here
     * @param samples in all of them
     */
    public float[] run(Iterator<Batch> batches, int samples) {
        return run(batches, samples, Optional.empty()).logits();
    }

    private Inferred run(Iterator<Batch> batches, int samples, Optional<Objective> objective) {
        boolean keeps = objective.map(Objective::keepsPredictions).orElse(true);
        float[] logits = new float[keeps ? Math.multiplyExact(samples, outputs) : 0];
        float[] labels = new float[0];
        double[] lossSums = new double[lanes.count()];
        double[] counts = new double[lanes.count()];
        for (int done = 0; done < samples; ) {
            try (Batch batch = batches.next()) {
                if (done == 0 && keeps) {
                    labels = new float[Math.multiplyExact(samples, batch.labelCount())];
                }
                int labelCount = batch.labelCount();
                if (keeps) {
                    System.arraycopy(batch.labels(), 0, labels, done * labelCount, batch.size() * labelCount);
                }
                int first = done;
                List<BatchChunk> chunks = BatchChunk.of(batch, lanes.count(), chunkSize);
                lanes.run(lane -> {
                    for (int i = lane; i < chunks.size(); i += lanes.count()) {
                        BatchChunk part = chunks.get(i);
                        Context context =
                                Context.inference(stepWeights).withLabels(part.labelsRead(labelsRead, device));
                        Tensor out = walk.infer(part.pixels(device), context);
                        if (keeps) {
                            float[] numbers = Tensors.toFloats(out);
                            System.arraycopy(numbers, 0, logits, (first + part.from()) * outputs, numbers.length);
                        }
                        if (objective.isPresent()) {
                            Targets targets = part.targets(objective.get(), outputs);
                            Tensor sum = objective.get().sum(out, TargetTensors.of(targets, device));
                            lossSums[lane] += Tensors.item(sum);
                            counts[lane] += targets.divisor();
                        }
                    }
                });
                done += batch.size();
            }
        }
        return new Inferred(
                logits,
                labels,
                Arrays.stream(lossSums).sum(),
                Arrays.stream(counts).sum());
    }

    @Override
    public void close() {
        stepWeights.close();
    }
}
