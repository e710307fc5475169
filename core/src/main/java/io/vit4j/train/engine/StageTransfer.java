package io.vit4j.train.engine;

import io.vit4j.base.InputException;
import io.vit4j.data.Batch;
import io.vit4j.model.ViTConfig;
import io.vit4j.model.ViTForImageClassification;
import io.vit4j.parallel.BlockRange;
import io.vit4j.parallel.Pipeline;
import io.vit4j.parallel.RankMesh;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * What crosses between neighbouring stages, float32 and flat: forward a micro-batch's hidden states {@code [samples, rows,
 * hidden]} and behind them its labels {@code [samples, labelCount]}, which travel to the loss with it; backward the gradient
 * of the hidden states. The last layer gives on the class token's row alone.
 */
final class StageTransfer {
    private final RankMesh mesh;
    private final ViTConfig config;
    private final BlockRange range;
    private final Device device;
    private long tokens;
    private int labelCount;

    /** @param range the blocks of this rank's stage */
    StageTransfer(RankMesh mesh, ViTConfig config, BlockRange range, Device device) {
        this.mesh = mesh;
        this.config = config;
        this.range = range;
        this.device = device;
    }

    /**
     * Before the first micro-batch: the first stage tells the others the size of pictures and labels, which the sizes of
     * messages follow from.
     *
     * @param first the first stage's first batch
     */
    void agree(Optional<Batch> first) {
        double tokensHere = first.map(batch -> (double) tokens(batch)).orElse(0.0);
        double labelsHere = first.map(batch -> (double) batch.labelCount()).orElse(0.0);
        double[] agreed = mesh.forward().sums(tokensHere, labelsHere); // the others add nothing
        tokens = (long) agreed[0];
        labelCount = (int) agreed[1];
    }

    private long tokens(Batch batch) {
        long high = batch.height() / config.patchHeight();
        long wide = batch.width() / config.patchWidth();
        return 1 + high * wide;
    }

    /** Refuses a batch that would not fit into the messages. */
    void check(Batch batch) {
        if (tokens(batch) != tokens || batch.labelCount() != labelCount) {
            throw new InputException(batch.files().get(0) + ": a picture of " + batch.width() + "x" + batch.height()
                    + " with " + batch.labelCount() + " label values among others; in a pipeline all must be alike");
        }
    }

    int labelCount() {
        return labelCount;
    }

    /** Rows of hidden states at the entry of a block. */
    private long rows(int block) {
        boolean head = block == ViTForImageClassification.blockCount(config) - 1;
        return head && config.numHiddenLayers() > 0 ? 1 : tokens;
    }

    private long inNumbers() {
        return rows(range.first()) * config.hiddenSize();
    }

    private long outNumbers() {
        return rows(range.end()) * config.hiddenSize();
    }

    /** @param backward whether a gradient comes back to this stage */
    Pipeline.Incoming incoming(boolean backward) {
        return new Pipeline.Incoming(
                mesh.isFirstStage() ? 0 : inNumbers() + labelCount, backward && !mesh.isLastStage() ? outNumbers() : 0);
    }

    /** The hidden states in a message from the stage before: {@code [samples, rows, hidden]}. */
    Tensor hiddenIn(Tensor message, int samples) {
        return shaped(message, samples, range.first());
    }

    /** Where in a message to the stage after, or a gradient from it, hidden states lie: {@code [samples, rows, hidden]}. */
    Tensor hiddenOut(Tensor message, int samples) {
        return shaped(message, samples, range.end());
    }

    private Tensor shaped(Tensor message, int samples, int block) {
        long rows = rows(block);
        return message.narrow(0, 0, samples * rows * config.hiddenSize()).view(samples, rows, config.hiddenSize());
    }

    /** The labels in a message, {@code [samples * labelCount]}. */
    Tensor labels(Tensor message, int samples) {
        long count = (long) samples * labelCount;
        return message.narrow(0, message.numel() - count, count);
    }

    /** Room for a message to the stage after; to be closed. */
    Tensor room(int samples) {
        return room(samples * (outNumbers() + labelCount));
    }

    /** Room for a gradient to the stage before, {@code [samples, rows, hidden]}; to be closed. */
    Tensor gradientRoom(int samples) {
        return room(samples * inNumbers());
    }

    private Tensor room(long numbers) {
        try (Scope scope = new Scope()) {
            return scope.own(Tensors.empty(Dtype.FLOAT32, device, numbers));
        }
    }
}
