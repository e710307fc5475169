package io.vit4j.train.engine;

import io.vit4j.data.Batch;
import io.vit4j.parallel.Pipeline;
import io.vit4j.parallel.RankMesh;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Iterator;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * One stage's way with the micro-batches of a step or of an evaluation: pictures come from the loader or hidden states from
 * the stage before, and hidden states go on to the stage after with their labels, or the walk ends here.
 */
abstract class StageStep implements Pipeline.Stage, AutoCloseable {
    private final RankMesh mesh;
    private final StageTransfer transfer;
    private final Device device;
    private final boolean empty;
    private final Iterator<Batch> batches;
    private final int[] sizes;
    private final Batch[] open;

    /** @param empty whether the stage has no block, so that it only passes on */
    StageStep(
            RankMesh mesh, StageTransfer transfer, Device device, boolean empty, Iterator<Batch> batches, int[] sizes) {
        this.mesh = mesh;
        this.transfer = transfer;
        this.device = device;
        this.empty = empty;
        this.batches = batches;
        this.sizes = sizes;
        this.open = new Batch[sizes.length];
    }

    /** Takes the first batch and agrees with the other stages on the sizes of messages. */
    final void begin() {
        Optional<Batch> first = Optional.empty();
        if (mesh.isFirstStage()) {
            open[0] = batches.next();
            first = Optional.of(open[0]);
        }
        transfer.agree(first);
    }

    @Override
    public final Optional<Tensor> forward(int m, Optional<Tensor> message) {
        if (empty) {
            return message.map(StageStep::another);
        }
        try (Scope scope = new Scope()) {
            Tensor input =
                    message.map(arrived -> transfer.hiddenIn(arrived, sizes[m])).orElseGet(() -> pixels(m));
            Tensor labels = message.map(arrived -> transfer.labels(arrived, sizes[m]))
                    .orElseGet(() -> Tensors.of(open[m].labels(), open[m].labels().length));
            Optional<Tensor> read = transfer.labelsRead(labels, sizes[m]);
            if (mesh.isLastStage()) {
                last(m, input, read, Tensors.toFloats(labels), transfer.labelCount());
                return Optional.empty();
            }
            Tensor out = transfer.room(sizes[m]);
            transfer.labels(out, sizes[m]).copy_(labels);
            inner(m, input, read, transfer.hiddenOut(out, sizes[m]));
            return Optional.of(out);
        }
    }

    /** Another handle of the same tensor, to be closed. */
    static Tensor another(Tensor tensor) {
        try (Scope scope = new Scope()) {
            return scope.own(new Tensor(tensor));
        }
    }

    /** {@code [samples, channels, height, width]}, on the CPU over the batch's own memory. */
    private Tensor pixels(int m) {
        if (open[m] == null) {
            open[m] = batches.next();
            transfer.check(open[m]);
        }
        Batch batch = open[m];
        Tensor all = Tensors.over(batch.pixelValues(), batch.size(), batch.channels(), batch.height(), batch.width());
        return Tensors.to(all, Dtype.FLOAT32, device);
    }

    /** The micro-batch's pictures are not needed any more. */
    final void done(int m) {
        if (open[m] != null) {
            open[m].close();
            open[m] = null;
        }
    }

    /**
     * Through the blocks, where others follow.
     *
     * @param labels what the blocks read of the samples' labels
     * @param output {@code [samples, rows, hidden]}, to be filled
     */
    abstract void inner(int microBatch, Tensor input, Optional<Tensor> labels, Tensor output);

    /**
     * Through the blocks to the end of the walk.
     *
     * @param read what the blocks read of the samples' labels
     * @param labels all of them, {@code [samples, labelCount]}
     */
    abstract void last(int microBatch, Tensor input, Optional<Tensor> read, float[] labels, int labelCount);

    @Override
    public void close() {
        for (int m = 0; m < open.length; m++) {
            done(m);
        }
    }
}
