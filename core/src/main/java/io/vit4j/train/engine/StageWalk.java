package io.vit4j.train.engine;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Targets;
import io.vit4j.model.Context;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Device;
import io.vit4j.torch.Scope;
import io.vit4j.walk.BatchChunk;
import io.vit4j.walk.GradientOrder;
import io.vit4j.walk.MicroBatchStep;
import io.vit4j.walk.Objective;
import io.vit4j.walk.TargetTensors;
import io.vit4j.walk.Walk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * One stage's blocks, walked by its lanes: a micro-batch's samples are shared out among the lanes, which each walk theirs in
 * chunks. What comes out lies together again in one tensor.
 */
final class StageWalk {
    private final TrainingLanes lanes;
    private final Device device;
    private final int chunkSize;
    private final Objective objective;

    /** @param chunkSize samples that a lane walks at a time */
    StageWalk(TrainingLanes lanes, Device device, int chunkSize, Objective objective) {
        this.lanes = lanes;
        this.device = device;
        this.chunkSize = chunkSize;
        this.objective = objective;
    }

    /** What is minimised. */
    Objective objective() {
        return objective;
    }

    /** Some samples of a micro-batch that one lane walks at once. */
    private record ChunkRange(int from, int count) {}

    private List<ChunkRange> parts(int samples) {
        int[] starts = BatchChunk.starts(samples, lanes.count(), chunkSize);
        List<ChunkRange> parts = new ArrayList<>();
        for (int i = 0; i + 1 < starts.length; i++) {
            parts.add(new ChunkRange(starts[i], starts[i + 1] - starts[i]));
        }
        return parts;
    }

    /** A micro-batch between its forward and its backward. */
    final class Kept implements AutoCloseable {
        private final List<ChunkRange> parts;
        private final RecordedChunk[] walked;
        private final double[] lossSums;
        private double counted;

        private Kept(int samples) {
            parts = parts(samples);
            walked = new RecordedChunk[parts.size()];
            lossSums = new double[parts.size()];
        }

        /** After backward: the losses of all counted entries, summed, and their number, if the loss was taken here. */
        Engine.StepLoss loss() {
            return new Engine.StepLoss(Arrays.stream(lossSums).sum(), counted);
        }

        @Override
        public void close() {
            Arrays.stream(walked).filter(Objects::nonNull).forEach(RecordedChunk::close);
        }
    }

    /** One part's tape, what its blocks read of the labels, and on the last stage the loss, with the gradient that backward begins with. */
    private record RecordedChunk(
            Walk.Tape tape, Optional<Tensor> labels, Optional<MicroBatchStep.LossAndGradient> end) {
        void close() {
            tape.close();
            labels.ifPresent(Tensor::close);
            end.ifPresent(loss -> {
                loss.sum().close();
                loss.gradient().close();
            });
        }
    }

    /**
     * Forward to the next stage.
     *
     * @param input {@code [samples, ...]}
     * @param labels what the blocks read of the samples' labels
     * @param firstSample the number of its first sample within the step's global batch
     * @param output {@code [samples, ...]}, to be filled
     */
    Kept forward(Tensor input, Optional<Tensor> labels, long firstSample, RandomKey key, Tensor output) {
        return forward(input, labels, firstSample, key, (kept, p, tape) -> {
            ChunkRange part = kept.parts.get(p);
            output.narrow(0, part.from(), part.count()).copy_(tape.output());
            tape.outputTaken();
            return Optional.empty();
        });
    }

    /**
     * Forward to the loss.
     *
     * @param labels what the blocks read of the samples' labels
     * @param targets of these samples
     * @param entries what the gradient is divided by
     */
    Kept forwardToLoss(
            Tensor input, Optional<Tensor> labels, long firstSample, RandomKey key, Targets targets, double entries) {
        TargetTensors there = TargetTensors.of(targets, device); // before the walk, which nothing waits for
        Kept kept = forward(input, labels, firstSample, key, (forward, p, tape) -> {
            ChunkRange part = forward.parts.get(p);
            try (Scope scope = new Scope()) {
                MicroBatchStep.LossAndGradient at = MicroBatchStep.lossAndGradient(
                        objective, tape.output(), there.rows(part.from(), part.count()), 1 / entries);
                return Optional.of(new MicroBatchStep.LossAndGradient(scope.own(at.sum()), scope.own(at.gradient())));
            }
        });
        kept.counted = targets.divisor();
        return kept;
    }

    private interface AfterForward {
        Optional<MicroBatchStep.LossAndGradient> apply(Kept kept, int part, Walk.Tape tape);
    }

    private Kept forward(Tensor input, Optional<Tensor> labels, long firstSample, RandomKey key, AfterForward after) {
        Kept kept = new Kept((int) input.size(0));
        try {
            lanes.lanes().run(lane -> {
                for (int p = lane; p < kept.parts.size(); p += lanes.count()) {
                    kept.walked[p] = forward(lanes.get(lane), input, labels, firstSample, key, kept, p, after);
                }
            });
            return kept;
        } catch (RuntimeException | Error e) {
            kept.close();
            throw e;
        }
    }

    private RecordedChunk forward(
            TrainingLanes.Lane lane,
            Tensor input,
            Optional<Tensor> labels,
            long firstSample,
            RandomKey key,
            Kept kept,
            int p,
            AfterForward after) {
        ChunkRange part = kept.parts.get(p);
        try (Scope scope = new Scope()) {
            long[] samples = new long[part.count()];
            Arrays.setAll(samples, i -> firstSample + part.from() + i);
            Optional<Tensor> read = of(part, labels).map(scope::own); // backward may read them again
            try {
                Walk.Tape tape = lane.walk()
                        .forward(
                                input.narrow(0, part.from(), part.count()),
                                Context.training(lanes.stepWeights(), key, samples)
                                        .withLabels(read));
                try {
                    return new RecordedChunk(tape, read, after.apply(kept, p, tape));
                } catch (RuntimeException | Error e) {
                    tape.close();
                    throw e;
                }
            } catch (RuntimeException | Error e) {
                read.ifPresent(Tensor::close);
                throw e;
            }
        }
    }

    /**
     * Backward, and the end of what was kept.
     *
     * @param gradient with respect to the output {@code [samples, ...]}; empty if the loss was taken here
     * @param inputGradient to be filled; empty if nobody waits for it
     * @param left told each block's number by every lane, once the lane has left it for this micro-batch
     */
    void backward(Kept kept, Optional<Tensor> gradient, Optional<Tensor> inputGradient, IntConsumer left) {
        try {
            lanes.reduceInOrder(
                    kept.parts.size(),
                    (lane, p, order) -> {
                        boolean last = p + lanes.count() >= kept.parts.size();
                        backward(kept, p, gradient, inputGradient, order, last ? left : MicroBatchStep.SILENT);
                    },
                    idle -> idle.walk().leaveAll(left));
        } finally {
            kept.close();
        }
    }

    private static void backward(
            Kept kept,
            int p,
            Optional<Tensor> gradient,
            Optional<Tensor> inputGradient,
            GradientOrder order,
            IntConsumer left) {
        ChunkRange part = kept.parts.get(p);
        try (Scope scope = new Scope()) {
            RecordedChunk chunk = kept.walked[p];
            Tensor from = chunk.end()
                    .map(MicroBatchStep.LossAndGradient::gradient)
                    .orElseGet(() -> gradient.orElseThrow().narrow(0, part.from(), part.count()));
            Optional<Tensor> into = chunk.tape().backward(from, order, left);
            inputGradient.ifPresent(
                    all -> all.narrow(0, part.from(), part.count()).copy_(into.orElseThrow()));
            if (chunk.end().isPresent()) {
                kept.lossSums[p] = chunk.end().get().loss(); // read last: on a GPU it waits for all before
            }
        }
    }

    /**
     * Forward without keeping anything.
     *
     * @param labels what the blocks read of the samples' labels
     * @param weights in evaluation's type
     * @param output {@code [samples, ...]}, to be filled
     */
    void infer(Tensor input, Optional<Tensor> labels, StepWeights weights, Tensor output) {
        List<ChunkRange> parts = parts((int) input.size(0));
        lanes.lanes().run(lane -> {
            for (int p = lane; p < parts.size(); p += lanes.count()) {
                ChunkRange part = parts.get(p);
                try (Scope scope = new Scope()) {
                    Tensor out = lanes.get(lane)
                            .walk()
                            .infer(
                                    input.narrow(0, part.from(), part.count()),
                                    Context.inference(weights).withLabels(of(part, labels)));
                    output.narrow(0, part.from(), part.count()).copy_(out);
                }
            }
        });
    }

    private static Optional<Tensor> of(ChunkRange part, Optional<Tensor> labels) {
        return labels.map(all -> all.narrow(0, part.from(), part.count()));
    }
}
