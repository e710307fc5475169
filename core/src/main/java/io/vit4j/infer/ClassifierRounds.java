package io.vit4j.infer;

import io.vit4j.infer.ClassifierQueue.Waiting;
import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.walk.BatchChunk;
import io.vit4j.walk.LaneGroup;
import io.vit4j.walk.Lanes;
import io.vit4j.walk.Walk;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.bytedeco.pytorch.Tensor;

/**
 * Walks whatever pictures wait, in rounds: many of them each on a lane of its own, which is the most pictures a second; few
 * with several lanes a picture, which is the least time for it, if the model can be walked so.
 */
final class ClassifierRounds implements AutoCloseable {
    /** Pictures that a lane walks at a time; a GPU takes as many at once as wait. */
    private static final int CHUNK_SIZE = 4;

    private static final int GPU_CHUNK_SIZE = 64;

    /** Callers are waited for as long as the last round took, over this. */
    private static final int PATIENCE = 8;

    private final int outputs;
    private final Device device;
    private final Lanes lanes;
    private final int chunkSize;
    private final int walked; // pictures of a chunk that are walked at once
    private final List<Block> blocks;
    private final boolean shares;
    private final Walk walk;
    private final StepWeights weights;
    private final ClassifierListener listener;
    private final ClassifierQueue queue = new ClassifierQueue();
    private final Thread conductor;

    /** @param parameters of which those that are packed are given up here */
    ClassifierRounds(ModelDefinition model, Parameters parameters, Dtype dtype, int threads) {
        this(model, parameters, StepWeights.forInference(dtype, parameters.device()), threads, ClassifierListener.NONE);
    }

    /** The same over weights in the form that products take. */
    ClassifierRounds(
            ModelDefinition model,
            Parameters parameters,
            StepWeights weights,
            int threads,
            ClassifierListener listener) {
        this.listener = listener;
        outputs = model.labels().size();
        device = parameters.device();
        shares = model.sharingLanes() > 1;
        lanes = new Lanes(device.isCpu() ? lanes(model, threads) : 1);
        if (model.isUneven()) {
            TorchRuntime.keepLargeBlocks();
        }
        chunkSize = device.isCpu() ? CHUNK_SIZE : GPU_CHUNK_SIZE;
        walked = weights.quantizes() ? BatchChunk.size(model, Dtype.INT8, device) : chunkSize;
        blocks = model.over(parameters);
        walk = new Walk(blocks);
        this.weights = weights;
        try {
            prepareWeights(model, parameters);
        } catch (RuntimeException | Error e) {
            lanes.close();
            weights.close();
            throw e;
        }
        conductor = new Thread(this::conduct, "vit4j-classifier");
        conductor.setDaemon(true);
        conductor.start();
    }

    /** As many as there are threads, but no more than may share one picture. */
    private static int lanes(ModelDefinition model, int threads) {
        int most = model.sharingLanes();
        return most > 1 ? Math.min(threads, most) : threads;
    }

    /** Walks a black picture, so that all weights have the form that products take, and holds none in two forms. */
    private void prepareWeights(ModelDefinition model, Parameters parameters) {
        lanes.run(lane -> {
            if (lane == 0) {
                Tensor black = Tensors.zeros(
                        Dtype.FLOAT32, device, 1, model.channels(), model.imageHeight(), model.imageWidth());
                walk.infer(black, Context.inference(weights));
            }
        });
        parameters.keepOnly(name -> !weights.replaces(name));
    }

    /**
     * The logits to come.
     *
     * @throws IllegalStateException after {@link #close}
     */
    CompletableFuture<float[]> submit(float[] pixels, int channels, int height, int width) {
        Waiting waiting = new Waiting(pixels, new long[] {1, channels, height, width}, new CompletableFuture<>());
        queue.add(waiting);
        return waiting.logits();
    }

    private void conduct() {
        if (device.isCpu() && lanes.count() == 1) {
            TorchRuntime.useOneThreadHere(); // the only lane is this thread
        }
        long patience = 0;
        while (true) {
            List<Waiting> round = queue.take(lanes.count(), chunkSize, patience);
            if (round.isEmpty()) {
                return;
            }
            long start = System.nanoTime();
            round.forEach(waiting -> listener.waited(start - waiting.since()));
            try {
                if (shares && round.size() < lanes.count()) {
                    together(round);
                } else {
                    apart(round);
                }
            } catch (Throwable e) { // whoever waits must be told, also of an OutOfMemoryError
                round.forEach(waiting -> queue.fail(waiting, e));
            }
            long nanos = System.nanoTime() - start;
            listener.walked(round.size(), nanos);
            patience = nanos / PATIENCE;
        }
    }

    /** Every lane walks its share. */
    private void apart(List<Waiting> round) {
        lanes.run(lane -> {
            int from = lanes.shareStart(round.size(), lane);
            int to = lanes.shareStart(round.size(), lane + 1);
            if (from == to) {
                return; // fewer pictures than lanes
            }
            for (int first = from; first < to; first += walked) {
                List<Waiting> some = round.subList(first, Math.min(to, first + walked));
                try (Scope scope = new Scope()) {
                    tell(some, walk.infer(pixels(some), Context.inference(weights)));
                }
            }
        });
    }

    /** Every picture is walked by a group of lanes. */
    private void together(List<Waiting> round) {
        int each = lanes.count() / round.size();
        List<LaneGroup> groups = new ArrayList<>();
        round.forEach(waiting -> groups.add(new LaneGroup(each)));
        try {
            lanes.run(lane -> {
                int picture = lane / each;
                if (picture < round.size()) {
                    List<Waiting> one = round.subList(picture, picture + 1);
                    Tensor logits = groups.get(picture).infer(lane % each, blocks, weights, () -> pixels(one));
                    if (lane % each == 0) {
                        tell(one, logits);
                    }
                }
            });
        } finally {
            groups.forEach(LaneGroup::release);
        }
    }

    /** {@code [pictures, channels, height, width]}; all have the processor's size. */
    private Tensor pixels(List<Waiting> pictures) {
        long[] shape = pictures.get(0).shape().clone();
        int each = pictures.get(0).pixels().length;
        float[] together = new float[Math.multiplyExact(each, pictures.size())];
        for (int i = 0; i < pictures.size(); i++) {
            System.arraycopy(pictures.get(i).pixels(), 0, together, i * each, each);
        }
        shape[0] = pictures.size();
        return Tensors.to(Tensors.of(together, shape), Dtype.FLOAT32, device);
    }

    private void tell(List<Waiting> pictures, Tensor logits) {
        float[] numbers = Tensors.toFloats(logits);
        for (int i = 0; i < pictures.size(); i++) {
            float[] own = new float[outputs];
            System.arraycopy(numbers, i * outputs, own, 0, outputs);
            queue.answer(pictures.get(i), own);
        }
    }

    /** Walks what waits already, then frees everything. Once. */
    @Override
    public void close() {
        queue.close();
        boolean interrupted = false;
        while (conductor.isAlive()) {
            try {
                conductor.join();
            } catch (InterruptedException e) {
                interrupted = true; // the weights must not go while they are walked over
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        lanes.close();
        weights.close();
    }
}
