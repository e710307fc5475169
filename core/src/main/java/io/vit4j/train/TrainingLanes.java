package io.vit4j.train;

import io.vit4j.model.Block;
import io.vit4j.model.Parameters;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Operator;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.walk.GradientOrder;
import io.vit4j.walk.Lanes;
import io.vit4j.walk.Turns;
import io.vit4j.walk.Walk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Lanes that train the same weights: each walks pieces of a batch over leaves of its own, all add their gradients into one
 * buffer, in the order of the pieces, and afterwards each takes care of its share of the weights.
 */
final class TrainingLanes implements AutoCloseable {
    private final Lanes lanes;
    private final List<Lane> parts = new ArrayList<>();
    private final Parameters weights;
    private final List<Parameters.Entry> trained;
    private final StepWeights stepWeights;
    private final Turns turns;
    private int pieces;

    /** One lane's view of the weights. */
    record Lane(Parameters parameters, Walk walk) {}

    /**
     * @param weights {@link Parameters#trainable} already
     * @param blocks over such weights
     * @param trainedFrom the first of these blocks that is trained
     * @param inputNeedsGradient whether somebody waits for the gradient of the first block's input
     * @param outputGoesOn whether the last block's output goes on to another stage
     */
    TrainingLanes(
            Parameters weights,
            Function<Parameters, List<Block>> blocks,
            LocalEngine.Settings settings,
            int trainedFrom,
            boolean inputNeedsGradient,
            boolean outputGoesOn) {
        this.weights = weights;
        this.lanes = new Lanes(settings.lanes());
        lanes.takeBuffers();
        this.trained = weights.trained();
        for (int lane = 0; lane < lanes.count(); lane++) {
            Parameters own = lane == 0 ? weights : weights.lane();
            Walk walk =
                    new Walk(blocks.apply(own), settings.recompute(), trainedFrom, inputNeedsGradient, outputGoesOn);
            parts.add(new Lane(own, walk));
        }
        stepWeights = new StepWeights(settings.dtype());
        if (settings.dtype() == Dtype.FLOAT32) {
            TorchRuntime.returnLargeBlocks();
        }
        turns = new Turns(parts.get(0).walk().blocks().size());
    }

    /** The weights as products take them, for all lanes until the step is over. */
    StepWeights stepWeights() {
        return stepWeights;
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

    /** Before the first piece of a step. */
    void begin() {
        weights.forgetGradients();
        turns.restart();
        pieces = 0;
    }

    /** What a lane does with a piece. */
    @FunctionalInterface
    interface Work {
        /**
         * @param piece counted within this call
         * @param order when its gradients are added
         */
        void on(Lane lane, int piece, GradientOrder order);
    }

    /** Every lane works on its pieces of so many, which add their gradients in order, after those of earlier calls. */
    void takingTurns(int count, Work work) {
        takingTurns(count, work, idle -> {});
    }

    /** @param idle called by a lane that has no piece among these */
    void takingTurns(int count, Work work, Consumer<Lane> idle) {
        int before = pieces;
        pieces += count;
        turns.run(lanes, lane -> {
            for (int piece = lane; piece < count; piece += lanes.count()) {
                work.on(parts.get(lane), piece, turns.of(before + piece));
            }
            if (lane >= count) {
                idle.accept(parts.get(lane));
            }
        });
    }

    /** The squares of all gradients, summed weight by weight in a fixed order. */
    double squares() {
        return squares(new Parameters.Stretch(0, weights.size()));
    }

    private double square(long offset, long count) {
        double norm = Tensors.item(weights.gradients().narrow(0, offset, count).norm());
        return norm * norm;
    }

    /** On a GPU all norms cross to the host together: each crossing waits for everything before it. */
    private double squaresAtOnce(Parameters.Stretch within) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor[] parts = trained.stream()
                    .map(weight -> cut(weight, within))
                    .filter(part -> part.length() > 0)
                    .map(part -> weights.gradients().narrow(0, part.from(), part.length()))
                    .toArray(Tensor[]::new);
            if (parts.length == 0) {
                return 0;
            }
            IValue norms = ManyAtOnce.NORM
                    .call(Operator.listOf(parts), new IValue(new Scalar(2.0)), new IValue())
                    .get(0);
            Tensor together =
                    ManyAtOnce.STACK.call(norms, new IValue(0L)).get(0).toTensor();
            double sum = 0;
            for (float norm : Tensors.toFloats(together)) {
                sum += (double) norm * norm;
            }
            return sum;
        }
    }

    /** The squares of the gradients in a stretch, summed weight by weight in a fixed order. */
    double squares(Parameters.Stretch within) {
        weights.gradients(); // writes the zeros of what nobody has added to, once for all lanes
        if (!weights.device().isCpu()) {
            return squaresAtOnce(within);
        }
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

    /** Has every lane visit its share of the trained weights, whole ones in their order. */
    void eachShare(Consumer<List<Parameters.Entry>> visit) {
        lanes.run(lane -> visit.accept(trained.subList(shareOfWeights(lane), shareOfWeights(lane + 1))));
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

    /** Bytes of weights, and of the gradients of what is trained. */
    Engine.Held held(long optimizerBytes) {
        long numbers = weights.trainedStretches().stream()
                .mapToLong(Parameters.Stretch::length)
                .sum();
        return new Engine.Held(weights.size() * Float.BYTES, numbers * Float.BYTES, optimizerBytes);
    }

    /** The step is over: weights may have moved. */
    void finish() {
        stepWeights.close();
    }

    @Override
    public void close() {
        finish();
        lanes.close();
        parts.subList(1, parts.size()).forEach(lane -> lane.parameters().close());
    }

    /** Operators on lists of tensors, which the bindings leave out. */
    private static final class ManyAtOnce {
        static final Operator NORM = Operator.named("aten::_foreach_norm", "Scalar");
        static final Operator STACK = Operator.named("aten::stack", "");
    }
}
