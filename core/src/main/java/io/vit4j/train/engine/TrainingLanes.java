package io.vit4j.train.engine;

import io.vit4j.model.Block;
import io.vit4j.model.CastWeights;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.walk.GradientOrder;
import io.vit4j.walk.Lanes;
import io.vit4j.walk.OrderedReduction;
import io.vit4j.walk.Walk;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;

/**
 * Lanes that train the same weights: each walks chunks of a batch over leaves of its own, all add their gradients into one
 * buffer, in the order of the chunks, and afterwards each takes care of its share of the weights.
 */
final class TrainingLanes implements AutoCloseable {
    private final Lanes lanes;
    private final List<Lane> parts = new ArrayList<>();
    private final Parameters weights;
    private final List<List<Parameters.Entry>> shares;
    private final List<GradientNorms> norms;
    private final Optional<CastWeights> cast;
    private final StepWeights stepWeights;
    private final OrderedReduction reduction;
    private int chunks;
    private boolean castOnce;

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
            EngineSettings settings,
            int trainedFrom,
            boolean inputNeedsGradient,
            boolean outputGoesOn) {
        this.weights = weights;
        this.lanes = new Lanes(settings.lanes());
        lanes.takeBuffers();
        shares = shares(weights, lanes.count());
        norms = new ArrayList<>(Collections.nCopies(lanes.count(), null));
        for (int lane = 0; lane < lanes.count(); lane++) {
            Parameters own = lane == 0 ? weights : weights.lane();
            Walk walk =
                    new Walk(blocks.apply(own), settings.recompute(), trainedFrom, inputNeedsGradient, outputGoesOn);
            parts.add(new Lane(own, walk));
        }
        cast = settings.dtype() == Dtype.FLOAT32
                ? Optional.empty()
                : Optional.of(new CastWeights(weights, settings.dtype()));
        stepWeights = cast.map(StepWeights::of).orElseGet(() -> new StepWeights(settings.dtype()));
        reduction = new OrderedReduction(parts.get(0).walk().blocks().size());
    }

    /**
     * What becomes of memory that is freed. In float32 large blocks go back to the system, but not of models one part of which holds much
     * more than the others: a fifth to a third of the time would go into page faults (docs/experiments.md).
     */
    static void chooseAllocator(ModelDefinition model, Dtype dtype) {
        if (model.isUneven()) {
            TorchRuntime.keepLargeBlocks();
        } else if (dtype == Dtype.FLOAT32) {
            TorchRuntime.returnLargeBlocks();
        }
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

    /** Before the first chunk of a step. */
    void begin() {
        weights.forgetGradients();
        reduction.restart();
        chunks = 0;
        cast.ifPresent(this::update);
    }

    /** Brings the weights as products take them up to date: all of them once, then those that move. */
    private void update(CastWeights same) {
        long numbers = castOnce ? weights.trainedSize() : weights.size();
        castOnce = true;
        lanes.run(lane -> same.update(numbers * lane / lanes.count(), numbers * (lane + 1) / lanes.count()));
    }

    /** What a lane does with a chunk. */
    @FunctionalInterface
    interface ChunkWork {
        /**
         * @param chunk counted within this call
         * @param order when its gradients are added
         */
        void on(Lane lane, int chunk, GradientOrder order);
    }

    /** Every lane works on its chunks of so many, which add their gradients in order, after those of earlier calls. */
    void reduceInOrder(int count, ChunkWork work) {
        reduceInOrder(count, work, idle -> {});
    }

    /** @param idle called by a lane that has no chunk among these */
    void reduceInOrder(int count, ChunkWork work, Consumer<Lane> idle) {
        int before = chunks;
        chunks += count;
        reduction.run(lanes, lane -> {
            for (int chunk = lane; chunk < count; chunk += lanes.count()) {
                work.on(parts.get(lane), chunk, reduction.of(before + chunk));
            }
            if (lane >= count) {
                idle.accept(parts.get(lane));
            }
        });
    }

    /** The squares of all gradients, summed weight by weight in a fixed order. */
    double squares() {
        return squares(new Parameters.Stretch(0, weights.trainedSize()));
    }

    /** The squares of the gradients in a stretch, summed weight by weight in a fixed order. */
    double squares(Parameters.Stretch within) {
        weights.gradients(); // writes the zeros of what nobody has added to, once for all lanes
        float[][] each = new float[lanes.count()][];
        lanes.run(lane -> {
            try (Autograd off = Autograd.off()) {
                each[lane] = norms(lane, within).read();
            }
        });
        double sum = 0; // over all weights in their order, however many lanes they are shared out to
        for (float[] ofLane : each) {
            for (float norm : ofLane) {
                sum += (double) norm * norm;
            }
        }
        return sum;
    }

    private GradientNorms norms(int lane, Parameters.Stretch within) {
        GradientNorms known = norms.get(lane);
        if (known == null || !known.isOf(within, weights.gradients())) {
            if (known != null) {
                known.close();
            }
            known = new GradientNorms(weights.gradients(), shares.get(lane), within);
            norms.set(lane, known);
        }
        return known;
    }

    /** The trained weights that a lane takes care of, whole, in their order; shares are alike in numbers. */
    List<List<Parameters.Entry>> shares() {
        return shares;
    }

    /** Has every lane do something with its share. */
    void eachLane(IntConsumer work) {
        lanes.run(work);
    }

    /** What of a weight lies within a stretch; of no length where nothing does. */
    static Parameters.Stretch cut(Parameters.Entry entry, Parameters.Stretch within) {
        long from = Math.max(entry.offset(), within.from());
        return new Parameters.Stretch(from, Math.max(from, Math.min(entry.offset() + entry.count(), within.to())));
    }

    private static List<List<Parameters.Entry>> shares(Parameters weights, int lanes) {
        List<Parameters.Entry> trained = weights.trained();
        List<List<Parameters.Entry>> shares = new ArrayList<>();
        int from = 0;
        for (int lane = 1; lane <= lanes; lane++) {
            long goal = weights.trainedSize() * lane / lanes;
            int to = from;
            while (to < trained.size() && (lane == lanes || trained.get(to).offset() < goal)) {
                to++;
            }
            shares.add(List.copyOf(trained.subList(from, to)));
            from = to;
        }
        return shares;
    }

    /** Bytes of weights, and of the gradients of what is trained. */
    Engine.RankMemory held(long optimizerBytes) {
        return new Engine.RankMemory(weights.size() * Float.BYTES, weights.trainedSize() * Float.BYTES, optimizerBytes);
    }

    /** The step is over: weights may have moved. */
    void finish() {
        stepWeights.close();
    }

    @Override
    public void close() {
        finish();
        cast.ifPresent(CastWeights::close);
        lanes.close();
        norms.stream().filter(Objects::nonNull).forEach(GradientNorms::close);
        parts.subList(1, parts.size()).forEach(lane -> lane.parameters().close());
    }
}
