package io.vit4j.train.engine;

import io.vit4j.base.RandomKey;
import io.vit4j.model.Context;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.BatchChunk;
import io.vit4j.walk.GradientOrder;
import io.vit4j.walk.Loss;
import io.vit4j.walk.MicroBatchStep;
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
    private final Loss loss;

    /** @param chunkSize samples that a lane walks at a time */
    StageWalk(TrainingLanes lanes, Device device, int chunkSize, Loss loss) {
        this.lanes = lanes;
        this.device = device;
        this.chunkSize = chunkSize;
        this.loss = loss;
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
        private final Engine.StepLoss[] losses;

        private Kept(int samples) {
            parts = parts(samples);
            walked = new RecordedChunk[parts.size()];
            losses = new Engine.StepLoss[parts.size()];
            Arrays.fill(losses, new Engine.StepLoss(0, 0));
        }

        /** The losses of all counted entries, summed, and their number, where the loss was taken. */
        Engine.StepLoss loss() {
            return Arrays.stream(losses).reduce(new Engine.StepLoss(0, 0), Engine.StepLoss::plus);
        }

        @Override
        public void close() {
            Arrays.stream(walked).filter(Objects::nonNull).forEach(RecordedChunk::close);
        }
    }

    /** One part's tape, and on the last stage the gradient that backward begins with. */
    private record RecordedChunk(Walk.Tape tape, Optional<Tensor> gradient) {
        void close() {
            tape.close();
            gradient.ifPresent(Tensor::close);
        }
    }

    /**
     * Forward to the next stage.
     *
     * @param input {@code [samples, ...]}
     * @param firstSample the number of its first sample within the step's global batch
     * @param output {@code [samples, ...]}, to be filled
     */
    Kept forward(Tensor input, long firstSample, RandomKey key, Tensor output) {
        return forward(input, firstSample, key, (kept, p, tape) -> {
            ChunkRange part = kept.parts.get(p);
            output.narrow(0, part.from(), part.count()).copy_(tape.output());
            tape.outputTaken();
            return Optional.empty();
        });
    }

    /**
     * Forward to the loss.
     *
     * @param labels {@code [samples, labelCount]} row by row
     * @param entries what the gradient is divided by
     */
    Kept forwardToLoss(Tensor input, long firstSample, RandomKey key, float[] labels, int labelCount, double entries) {
        return forward(input, firstSample, key, (kept, p, tape) -> {
            ChunkRange part = kept.parts.get(p);
            float[] own =
                    Arrays.copyOfRange(labels, part.from() * labelCount, (part.from() + part.count()) * labelCount);
            double counted = loss.counted(own);
            try (Scope scope = new Scope()) {
                MicroBatchStep.LossAndGradient at = MicroBatchStep.lossAndGradient(
                        loss, tape.output(), labelTensor(own, part, labelCount), counted / entries);
                kept.losses[p] = new Engine.StepLoss(at.loss() * counted, counted);
                return Optional.of(scope.own(at.gradient()));
            }
        });
    }

    private Tensor labelTensor(float[] labels, ChunkRange part, int labelCount) {
        return Tensors.to(Tensors.of(labels, part.count(), labelCount), Dtype.FLOAT32, device);
    }

    private interface AfterForward {
        Optional<Tensor> apply(Kept kept, int part, Walk.Tape tape);
    }

    private Kept forward(Tensor input, long firstSample, RandomKey key, AfterForward after) {
        Kept kept = new Kept((int) input.size(0));
        try {
            lanes.lanes().run(lane -> {
                for (int p = lane; p < kept.parts.size(); p += lanes.count()) {
                    kept.walked[p] = forward(lanes.get(lane), input, firstSample, key, kept, p, after);
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
            long firstSample,
            RandomKey key,
            Kept kept,
            int p,
            AfterForward after) {
        ChunkRange part = kept.parts.get(p);
        try (Scope scope = new Scope()) {
            long[] samples = new long[part.count()];
            Arrays.setAll(samples, i -> firstSample + part.from() + i);
            Walk.Tape tape = lane.walk()
                    .forward(
                            input.narrow(0, part.from(), part.count()),
                            Context.training(lanes.stepWeights(), key, samples));
            try {
                return new RecordedChunk(tape, after.apply(kept, p, tape));
            } catch (RuntimeException | Error e) {
                tape.close();
                throw e;
            }
        }
    }

    /**
     * Backward, and the end of what was kept.
     *
     * @param gradient with respect to the output {@code [samples, ...]}; empty where the loss was taken here
     * @param inputGradient to be filled; empty where nobody waits for it
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
            Tensor from = kept.walked[p]
                    .gradient()
                    .orElseGet(() -> gradient.orElseThrow().narrow(0, part.from(), part.count()));
            Optional<Tensor> into = kept.walked[p].tape().backward(from, order, left);
            inputGradient.ifPresent(
                    all -> all.narrow(0, part.from(), part.count()).copy_(into.orElseThrow()));
        }
    }

    /**
     * Forward without keeping anything.
     *
     * @param weights in evaluation's type
     * @param output {@code [samples, ...]}, to be filled
     */
    void infer(Tensor input, StepWeights weights, Tensor output) {
        List<ChunkRange> parts = parts((int) input.size(0));
        lanes.lanes().run(lane -> {
            for (int p = lane; p < parts.size(); p += lanes.count()) {
                ChunkRange part = parts.get(p);
                try (Scope scope = new Scope()) {
                    Tensor out = lanes.get(lane)
                            .walk()
                            .infer(input.narrow(0, part.from(), part.count()), Context.inference(weights));
                    output.narrow(0, part.from(), part.count()).copy_(out);
                }
            }
        });
    }
}
