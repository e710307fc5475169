package io.vit4j.train.engine;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Targets;
import io.vit4j.parallel.RankMesh;
import io.vit4j.torch.Device;
import io.vit4j.torch.Scope;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Tensor;

/** A stage's part of one optimizer step. */
final class TrainingStep extends StageStep {
    /**
     * What stays the same from step to step.
     *
     * @param outputs numbers that the model predicts of a sample
     * @param isEmpty whether the stage has no blocks
     * @param trains whether any block of it, or before it, is trained
     * @param sendsGradient whether a block before it is trained
     * @param left told of each block that the last micro-batch's backward has left
     */
    record StageContext(
            RankMesh mesh,
            StageTransfer transfer,
            Device device,
            StageWalk walk,
            StageReport report,
            int outputs,
            boolean isEmpty,
            boolean trains,
            boolean sendsGradient,
            IntConsumer left) {}

    private final StageContext stage;
    private final Engine.Share share;
    private final double entries;
    private final RandomKey key;
    private final StageWalk.Kept[] kept;
    private Engine.StepLoss sum = new Engine.StepLoss(0, 0);

    TrainingStep(StageContext stage, Iterator<Batch> batches, Engine.Share share, double entries, RandomKey key) {
        super(stage.mesh(), stage.transfer(), stage.device(), stage.isEmpty(), batches, share.sizes());
        this.stage = stage;
        this.share = share;
        this.entries = entries;
        this.key = key;
        kept = new StageWalk.Kept[share.firsts().length];
    }

    @Override
    void inner(int m, Tensor input, Optional<Tensor> labels, Tensor output) {
        kept[m] = stage.walk().forward(input, labels, share.firsts()[m], key, output);
        stage.report().look();
        if (!stage.trains()) {
            kept[m].close();
            done(m);
        }
    }

    @Override
    void last(int m, Tensor input, Optional<Tensor> read, float[] labels, int labelCount) {
        Targets targets = stage.walk().objective().targets(labels, (int) input.size(0), stage.outputs());
        kept[m] = stage.walk().forwardToLoss(input, read, share.firsts()[m], key, targets, entries);
        stage.report().look();
    }

    @Override
    public Optional<Tensor> backward(int m, Optional<Tensor> gradient) {
        if (stage.isEmpty()) {
            return stage.sendsGradient() ? gradient.map(StageStep::another) : Optional.empty();
        }
        int samples = share.batches().get(m).length;
        Optional<Tensor> back =
                stage.sendsGradient() ? Optional.of(stage.transfer().gradientRoom(samples)) : Optional.empty();
        try (Scope scope = new Scope()) {
            stage.walk()
                    .backward(
                            kept[m],
                            gradient.map(arrived -> stage.transfer().hiddenOut(arrived, samples)),
                            back.map(room -> stage.transfer().hiddenIn(room, samples)),
                            m == kept.length - 1
                                    ? this::leftLast
                                    : block -> stage.report().look());
            sum = sum.plus(kept[m].loss());
        }
        done(m);
        return back;
    }

    private void leftLast(int block) {
        stage.report().look();
        stage.left().accept(block);
    }

    /** Losses of all micro-batches here. */
    Engine.StepLoss sum() {
        return sum;
    }

    @Override
    public void close() {
        super.close();
        for (StageWalk.Kept still : kept) {
            if (still != null) {
                still.close();
            }
        }
    }
}
