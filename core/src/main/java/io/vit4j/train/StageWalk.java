package io.vit4j.train;

import io.vit4j.base.RandomKey;
import io.vit4j.model.Context;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Loss;
import io.vit4j.walk.MicroBatchStep;
import io.vit4j.walk.Walk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * One stage's blocks, walked by its lanes: a micro-batch's samples are shared out among the lanes, which each walk theirs in
 * pieces. What comes out lies together again in one tensor.
 */
final class StageWalk {
    private final TrainingLanes lanes;
    private final Device device;
    private final int piece;
    private final Loss loss;

    /** @param piece samples that a lane walks at a time */
    StageWalk(TrainingLanes lanes, Device device, int piece, Loss loss) {
        this.lanes = lanes;
        this.device = device;
        this.piece = piece;
        this.loss = loss;
    }

    /** Some samples of a micro-batch that one lane walks at once. */
    private record Part(int lane, int from, int count) {}

    private List<Part> parts(int samples, int lane) {
        List<Part> parts = new ArrayList<>();
        int end = lanes.lanes().shareStart(samples, lane + 1);
        for (int from = lanes.lanes().shareStart(samples, lane); from < end; from += Math.min(piece, end - from)) {
            parts.add(new Part(lane, from, Math.min(piece, end - from)));
        }
        return parts;
    }

    /** A micro-batch between its forward and its backward. */
    final class Kept implements AutoCloseable {
        private final int samples;
        private final List<List<Walked>> byLane = new ArrayList<>();
        private final double[] lossSums = new double[lanes.count()];
        private final double[] counted = new double[lanes.count()];

        private Kept(int samples) {
            this.samples = samples;
            for (int lane = 0; lane < lanes.count(); lane++) {
                byLane.add(new ArrayList<>());
            }
        }

        /** The losses of all counted entries, summed, and their number, where the loss was taken. */
        Engine.Walked loss() {
            Engine.Walked sum = new Engine.Walked(0, 0);
            for (int lane = 0; lane < lossSums.length; lane++) {
                sum = sum.plus(new Engine.Walked(lossSums[lane], counted[lane]));
            }
            return sum;
        }

        @Override
        public void close() {
            byLane.forEach(walked -> walked.forEach(Walked::close));
        }
    }

    /** One part's tape, and on the last stage the gradient that backward begins with. */
    private record Walked(Part part, Walk.Tape tape, Optional<Tensor> gradient) {
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
        return forward(input, firstSample, key, (lane, part, tape, kept) -> {
            output.narrow(0, part.from(), part.count()).copy_(tape.output());
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
        return forward(input, firstSample, key, (lane, part, tape, kept) -> {
            float[] own =
                    Arrays.copyOfRange(labels, part.from() * labelCount, (part.from() + part.count()) * labelCount);
            double counted = loss.counted(own);
            try (Scope scope = new Scope()) {
                MicroBatchStep.LossAndGradient at = MicroBatchStep.lossAndGradient(
                        loss, tape.output(), labelTensor(own, part, labelCount), counted / entries);
                kept.lossSums[lane] += at.loss() * counted;
                kept.counted[lane] += counted;
                return Optional.of(scope.own(at.gradient()));
            }
        });
    }

    private Tensor labelTensor(float[] labels, Part part, int labelCount) {
        return Tensors.to(Tensors.of(labels, part.count(), labelCount), Dtype.FLOAT32, device);
    }

    private interface AfterForward {
        Optional<Tensor> apply(int lane, Part part, Walk.Tape tape, Kept kept);
    }

    private Kept forward(Tensor input, long firstSample, RandomKey key, AfterForward after) {
        Kept kept = new Kept((int) input.size(0));
        try {
            lanes.lanes().run(lane -> {
                TrainingLanes.Lane own = lanes.get(lane);
                for (Part part : parts(kept.samples, lane)) {
                    try (Scope scope = new Scope()) {
                        long[] samples = new long[part.count()];
                        Arrays.setAll(samples, i -> firstSample + part.from() + i);
                        Walk.Tape tape = own.walk()
                                .forward(
                                        input.narrow(0, part.from(), part.count()),
                                        Context.training(own.stepWeights(), key, samples));
                        Optional<Tensor> gradient;
                        try {
                            gradient = after.apply(lane, part, tape, kept);
                        } catch (RuntimeException | Error e) {
                            tape.close();
                            throw e;
                        }
                        kept.byLane.get(lane).add(new Walked(part, tape, gradient));
                    }
                }
            });
            return kept;
        } catch (RuntimeException | Error e) {
            kept.close();
            throw e;
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
            lanes.lanes().run(lane -> {
                List<Walked> own = kept.byLane.get(lane);
                for (int i = 0; i < own.size(); i++) {
                    Walked walked = own.get(i);
                    Part part = walked.part();
                    boolean last = i == own.size() - 1;
                    try (Scope scope = new Scope()) {
                        Tensor from = walked.gradient()
                                .orElseGet(() -> gradient.orElseThrow().narrow(0, part.from(), part.count()));
                        Optional<Tensor> into = walked.tape().backward(from, last ? left : MicroBatchStep.SILENT);
                        inputGradient.ifPresent(
                                all -> all.narrow(0, part.from(), part.count()).copy_(into.orElseThrow()));
                    }
                }
                if (own.isEmpty()) {
                    lanes.get(lane).walk().leaveAll(left);
                }
            });
        } finally {
            kept.close();
        }
    }

    /**
     * Forward without keeping anything.
     *
     * @param weights in evaluation's type
     * @param output {@code [samples, ...]}, to be filled
     */
    void infer(Tensor input, StepWeights weights, Tensor output) {
        int samples = (int) input.size(0);
        lanes.lanes().run(lane -> {
            for (Part part : parts(samples, lane)) {
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
