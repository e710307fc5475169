package io.vit4j.train.engine;

import io.vit4j.base.InputException;
import io.vit4j.data.Batch;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Shape;
import io.vit4j.parallel.BlockRange;
import io.vit4j.parallel.Pipeline;
import io.vit4j.parallel.RankMesh;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * What crosses between neighbouring stages, float32 and flat: forward a micro-batch's hidden states, in the shape that the block
 * before the cut declares, and behind them its labels {@code [samples, labelCount]}, which travel to the loss with it; backward the
 * gradient of the hidden states.
 */
final class StageTransfer {
    private final RankMesh mesh;
    private final ModelDefinition definition;
    private final BlockRange range;
    private final Device device;
    private List<Shape> shapes = List.of(); // of one sample as it enters each block
    private int labelCount;

    /** @param range the blocks of this rank's stage */
    StageTransfer(RankMesh mesh, ModelDefinition definition, BlockRange range, Device device) {
        this.mesh = mesh;
        this.definition = definition;
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
        double[] agreed = mesh.forward() // the others add nothing
                .sums(
                        first.map(Batch::height).orElse(0),
                        first.map(Batch::width).orElse(0),
                        first.map(Batch::labelCount).orElse(0));
        shapes = definition.shapes((int) agreed[0], (int) agreed[1]);
        labelCount = (int) agreed[2];
    }

    /** Refuses a batch that would not fit into the messages. */
    void check(Batch batch) {
        int pixels = 1; // what the first block takes does not cross
        List<Shape> here = definition.shapes(batch.height(), batch.width());
        boolean fits = here.subList(pixels, here.size()).equals(shapes.subList(pixels, shapes.size()));
        if (!fits || batch.labelCount() != labelCount) {
            throw new InputException(batch.files().get(0) + ": a picture of " + batch.width() + "x" + batch.height()
                    + " with " + batch.labelCount()
                    + " label values differs from the others; in a pipeline all must be alike");
        }
    }

    int labelCount() {
        return labelCount;
    }

    private long inNumbers() {
        return shapes.get(range.first()).numbers();
    }

    private long outNumbers() {
        return shapes.get(range.end()).numbers();
    }

    /** @param backward whether a gradient comes back to this stage */
    Pipeline.Incoming incoming(boolean backward) {
        return new Pipeline.Incoming(
                mesh.isFirstStage() ? 0 : inNumbers() + labelCount, backward && !mesh.isLastStage() ? outNumbers() : 0);
    }

    /** The hidden states in a message from the stage before: {@code [samples, ...]}. */
    Tensor hiddenIn(Tensor message, int samples) {
        return shaped(message, samples, range.first());
    }

    /** Where in a message to the stage after, or a gradient from it, hidden states lie: {@code [samples, ...]}. */
    Tensor hiddenOut(Tensor message, int samples) {
        return shaped(message, samples, range.end());
    }

    private Tensor shaped(Tensor message, int samples, int block) {
        Shape shape = shapes.get(block);
        return message.narrow(0, 0, samples * shape.numbers()).view(shape.batch(samples));
    }

    /** The labels in a message, {@code [samples * labelCount]}. */
    Tensor labels(Tensor message, int samples) {
        long count = (long) samples * labelCount;
        return message.narrow(0, message.numel() - count, count);
    }

    /**
     * What the blocks read of the samples' labels, {@code [samples, n]} on the device; empty if they read nothing.
     *
     * @param labels {@code [samples * labelCount]}
     */
    Optional<Tensor> labelsRead(Tensor labels, int samples) {
        int read = definition.labelsRead();
        return read == 0
                ? Optional.empty()
                : Optional.of(Tensors.to(labels.view(samples, labelCount).narrow(1, 0, read), device));
    }

    /** Room for a message to the stage after; to be closed. */
    Tensor room(int samples) {
        return room(samples * (outNumbers() + labelCount));
    }

    /** Room for a gradient to the stage before, {@code [samples, ...]}; to be closed. */
    Tensor gradientRoom(int samples) {
        return room(samples * inNumbers());
    }

    private Tensor room(long numbers) {
        try (Scope scope = new Scope()) {
            return scope.own(Tensors.empty(Dtype.FLOAT32, device, numbers));
        }
    }
}
