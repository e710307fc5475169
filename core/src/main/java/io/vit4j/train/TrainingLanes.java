package io.vit4j.train;

import io.vit4j.model.Block;
import io.vit4j.model.Parameters;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Lanes;
import io.vit4j.walk.Walk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * Lanes that train the same weights: each walks over leaves of its own with gradients of its own, which are summed in a
 * fixed order, and afterwards takes care of its share of the weights.
 */
final class TrainingLanes implements AutoCloseable {
    private final Lanes lanes;
    private final List<Lane> parts = new ArrayList<>();
    private final Parameters weights;
    private final List<Parameters.Entry> trained;

    /** One lane's view of the weights. */
    record Lane(Parameters parameters, Walk walk, StepWeights stepWeights) {}

    /**
     * @param weights {@link Parameters#trainable} already
     * @param blocks over such weights
     * @param trainedFrom the first of these blocks that is trained
     * @param inputNeedsGradient whether somebody waits for the gradient of the first block's input
     */
    TrainingLanes(
            Parameters weights,
            Function<Parameters, List<Block>> blocks,
            LocalEngine.Settings settings,
            int trainedFrom,
            boolean inputNeedsGradient) {
        this.weights = weights;
        this.lanes = new Lanes(settings.lanes());
        this.trained = weights.trained();
        for (int lane = 0; lane < lanes.count(); lane++) {
            Parameters own = weights;
            if (lane > 0) {
                own = weights.sharing();
                own.trainable(name -> !weights.get(name).requires_grad());
            }
            parts.add(new Lane(
                    own,
                    new Walk(blocks.apply(own), settings.recompute(), trainedFrom, inputNeedsGradient),
                    new StepWeights(settings.dtype())));
        }
    }

    /** The threads. */
    Lanes lanes() {
        return lanes;
    }

    int count() {
        return lanes.count();
    }

    Lane get(int lane) {
        return parts.get(lane);
    }

    void zeroGradients() {
        lanes.run(lane -> parts.get(lane).parameters().zeroGradients());
    }

    /** Adds the other lanes' gradients to the first's, weight by weight; the sum of the squares of what comes out. */
    double summedSquares() {
        double[] squares = new double[trained.size()];
        lanes.run(lane -> {
            try (Autograd off = Autograd.off()) {
                for (int i = shareOfWeights(lane); i < shareOfWeights(lane + 1); i++) {
                    Parameters.Entry entry = trained.get(i);
                    sum(entry.offset(), entry.count());
                    squares[i] = square(entry.offset(), entry.count());
                }
            }
        });
        return Arrays.stream(squares).sum();
    }

    private double square(long offset, long count) {
        double norm = Tensors.item(weights.gradients().narrow(0, offset, count).norm());
        return norm * norm;
    }

    /** Adds the other lanes' gradients to the first's, over a stretch of the flat buffer. */
    void sum(long offset, long elements) {
        Tensor sum = weights.gradients().narrow(0, offset, elements);
        for (Lane other : parts.subList(1, parts.size())) {
            sum.add_(other.parameters().gradients().narrow(0, offset, elements));
        }
    }

    /** The squares of the first lane's gradients, summed weight by weight in a fixed order, over a stretch. */
    double squares(Parameters.Stretch within) {
        double[] squares = new double[trained.size()];
        lanes.run(lane -> {
            try (Autograd off = Autograd.off()) {
                for (int i = shareOfWeights(lane); i < shareOfWeights(lane + 1); i++) {
                    Parameters.Stretch part = cut(trained.get(i), within);
                    if (part.length() > 0) {
                        squares[i] = square(part.from(), part.length());
                    }
                }
            }
        });
        return Arrays.stream(squares).sum();
    }

    /** Has every lane visit its share of the trained weights, whole. */
    void eachWeight(Consumer<Parameters.Entry> visit) {
        lanes.run(lane ->
                trained.subList(shareOfWeights(lane), shareOfWeights(lane + 1)).forEach(visit));
    }

    /** What of a weight lies within a stretch; of no length where nothing does. */
    static Parameters.Stretch cut(Parameters.Entry entry, Parameters.Stretch within) {
        long from = Math.max(entry.offset(), within.from());
        return new Parameters.Stretch(from, Math.max(from, Math.min(entry.offset() + entry.count(), within.to())));
    }

    /** The first of the trained weights in the share of lane {@code lane}; shares are alike in numbers. */
    private int shareOfWeights(int lane) {
        if (lane == lanes.count()) {
            return trained.size();
        }
        long goal = weights.size() * lane / lanes.count();
        int first = 0;
        while (first < trained.size() && trained.get(first).offset() < goal) {
            first++;
        }
        return first;
    }

    /** Bytes of weights, and of all lanes' gradients of what is trained. */
    Engine.Held held(long optimizerBytes) {
        long numbers = weights.trainedStretches().stream()
                .mapToLong(Parameters.Stretch::length)
                .sum();
        return new Engine.Held(weights.size() * Float.BYTES, numbers * Float.BYTES * lanes.count(), optimizerBytes);
    }

    /** The step is over: weights may have moved. */
    void finish() {
        parts.forEach(lane -> lane.stepWeights().close());
    }

    @Override
    public void close() {
        finish();
        lanes.close();
        parts.subList(1, parts.size()).forEach(lane -> lane.parameters().close());
    }
}
