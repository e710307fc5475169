package io.vit4j.walk;

import io.vit4j.data.Batch;
import io.vit4j.model.ViTConfig;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Some neighbouring samples of a batch: what a lane walks at a time.
 *
 * @param from the first, counted within the batch
 * @param count how many
 */
public record Piece(Batch batch, int from, int count) {
    /** Hidden values of a piece: more leave the cache, fewer do not fill a product. Four pictures of ViT-B/16 at 224. */
    private static final long HIDDEN_VALUES = 4L * 197 * 768;

    /** How many samples of this model a lane walks at a time, at least 1. */
    public static int size(ViTConfig config) {
        return (int) Math.max(1, HIDDEN_VALUES / ((long) config.tokens() * config.hiddenSize()));
    }

    /** A lane's share of a batch, in pieces of at most {@code size} samples. */
    public static List<Piece> of(Batch batch, Lanes lanes, int lane, int size) {
        int end = lanes.shareStart(batch.size(), lane + 1);
        List<Piece> pieces = new ArrayList<>();
        for (int from = lanes.shareStart(batch.size(), lane); from < end; from += Math.min(size, end - from)) {
            pieces.add(new Piece(batch, from, Math.min(size, end - from)));
        }
        return pieces;
    }

    /** {@code [count, channels, height, width]} float32; on the CPU over the batch's own memory. */
    public Tensor pixels(Device device) {
        Tensor all = Tensors.over(batch.pixelValues(), batch.size(), batch.channels(), batch.height(), batch.width());
        return Tensors.to(all.narrow(0, from, count), Dtype.FLOAT32, device);
    }

    /** {@code [count, labelCount]} row by row. */
    public float[] labels() {
        return Arrays.copyOfRange(batch.labels(), from * batch.labelCount(), (from + count) * batch.labelCount());
    }

    /** {@code [count, labelCount]} float32. */
    public Tensor labelTensor(Device device) {
        return Tensors.to(Tensors.of(labels(), count, batch.labelCount()), Dtype.FLOAT32, device);
    }
}
