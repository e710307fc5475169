package io.vit4j.walk;

import io.vit4j.data.Batch;
import io.vit4j.data.DataLoader;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.Targets;
import io.vit4j.model.ModelDefinition;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Some neighbouring samples of a batch: what a lane walks at a time.
 *
 * @param from the first, counted within the batch
 * @param count how many
 */
public record BatchChunk(Batch batch, int from, int count) {
    /**
     * Bytes of a chunk's hidden states, in the products' type: more leave the cache, fewer do not fill a product. Four
     * pictures of ViT-B/16 at 224 in bfloat16. Of a model with stages the median counts: by the widest, ConvNeXt-T would be walked
     * picture by picture, and every picture's gradient of all weights added by itself. In int8 a number counts twice: products give
     * float32, over which several passes are made (docs/experiments.md).
     */
    private static final long HIDDEN_BYTES = 4L * 197 * 768 * 2;

    /** How many samples of this model a lane walks at a time, at least 1; a GPU takes all that it is given. */
    public static int size(ModelDefinition model, Dtype dtype, Device device) {
        if (!device.isCpu()) {
            return Integer.MAX_VALUE;
        }
        int bytes = dtype == Dtype.INT8 ? 2 * Float.BYTES : dtype.bytes();
        return (int) Math.max(1, HIDDEN_BYTES / (model.medianHidden() * bytes));
    }

    /** A batch in chunks, as {@link #starts} cuts it. */
    public static List<BatchChunk> of(Batch batch, int lanes, int size) {
        int[] starts = starts(batch.size(), lanes, size);
        List<BatchChunk> chunks = new ArrayList<>();
        for (int i = 0; i + 1 < starts.length; i++) {
            chunks.add(new BatchChunk(batch, starts[i], starts[i + 1] - starts[i]));
        }
        return chunks;
    }

    /**
     * Cuts samples into chunks of at most {@code size}, alike to one sample; as many as make whole rounds of the lanes, where
     * there are samples enough. Lane {@code l} of {@code n} walks chunks {@code l}, {@code l + n}, ...
     *
     * @return where each begins, and the end of the last
     */
    public static int[] starts(int samples, int lanes, int size) {
        long round = (long) lanes * size;
        long rounds = (samples + round - 1) / round;
        int count = (int) Math.min(samples, rounds * lanes);
        int[] starts = new int[count + 1];
        for (int i = 1; i <= count; i++) {
            starts[i] = (int) ((long) samples * i / count);
        }
        return starts;
    }

    /**
     * {@code [count, channels, height, width]} float32; on the CPU over the batch's own memory. To a GPU the copy may be under
     * way still, so that a result is read before the batch is closed.
     */
    public Tensor pixels(Device device) {
        Tensor all = Tensors.over(batch.pixelValues(), batch.size(), batch.channels(), batch.height(), batch.width());
        return Tensors.upload(all.narrow(0, from, count), device);
    }

    /** Buffers for a loader whose batches are walked on that device: a GPU reads from memory that stays in its place. */
    public static FloatBuffers buffers(Device device, DataLoader.Workers workers) {
        return device.isCpu()
                ? DataLoader.buffersFor(workers)
                : DataLoader.buffersFor(workers, count -> Tensors.floatsFor(device, count));
    }

    /** {@code [count, labelCount]} row by row. */
    public float[] labels() {
        return Arrays.copyOfRange(batch.labels(), from * batch.labelCount(), (from + count) * batch.labelCount());
    }

    /**
     * The first label values of each sample, {@code [count, values]}, for blocks that read them; empty if none does.
     *
     * @param values how many the blocks read
     */
    public Optional<Tensor> labelsRead(int values, Device device) {
        if (values == 0) {
            return Optional.empty();
        }
        float[] read = new float[count * values];
        for (int i = 0; i < count; i++) {
            System.arraycopy(batch.labels(), (from + i) * batch.labelCount(), read, i * values, values);
        }
        return Optional.of(Tensors.to(Tensors.of(read, count, values), device));
    }

    /**
     * What its predictions should come out as: the batch's own targets, or else those that the objective makes here.
     *
     * @param outputs numbers that the model predicts of a sample
     */
    public Targets targets(Objective objective, int outputs) {
        return batch.targets()
                .map(all -> all.rows(from, count))
                .orElseGet(() -> objective.targets(labels(), count, outputs));
    }
}
