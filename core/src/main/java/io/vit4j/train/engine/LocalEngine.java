package io.vit4j.train.engine;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Targets;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import io.vit4j.train.optimizer.Optimizer;
import io.vit4j.train.optimizer.ParameterGroups;
import io.vit4j.walk.BatchChunk;
import io.vit4j.walk.GradientOrder;
import io.vit4j.walk.Inference;
import io.vit4j.walk.MicroBatchStep;
import io.vit4j.walk.Objective;
import io.vit4j.walk.TargetTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/** All blocks in this process: every lane walks its share of each batch, then sums and steps its share of the weights. */
public final class LocalEngine implements Engine {
    private final ModelDefinition config;
    private final Function<Parameters, List<Block>> blocks;
    private final EngineSettings settings;
    private final TrainingLanes lanes;
    private final List<List<Optimizer.ParameterRange>> parts; // of each lane
    private final Parameters weights;
    private final Objective objective;
    private final Optimizer optimizer;
    private final ParameterGroups groups;

    /**
     * @param model its parameters are {@link Parameters#trainable} already
     * @param groups how each weight is stepped
     */
    public LocalEngine(
            VisionModel model,
            EngineSettings settings,
            Objective objective,
            Optimizer optimizer,
            ParameterGroups groups) {
        this(model, parameters -> model.definition().over(parameters), settings, objective, optimizer, groups);
    }

    /**
     * @param blocks to be walked, over these weights: all of the model, or its classifier alone where batches hold features
     */
    public LocalEngine(
            VisionModel model,
            Function<Parameters, List<Block>> blocks,
            EngineSettings settings,
            Objective objective,
            Optimizer optimizer,
            ParameterGroups groups) {
        this.config = model.definition();
        this.blocks = blocks;
        this.settings = settings;
        this.objective = objective;
        this.optimizer = optimizer;
        this.groups = groups;
        this.weights = model.parameters();
        TrainingLanes.chooseAllocator(config, settings.dtype());
        this.lanes = new TrainingLanes(weights, blocks, settings, settings.trainedFrom(), false, false);
        this.parts = lanes.shares().stream().map(this::parts).toList();
    }

    @Override
    public Share share(int[] rows, int microBatch) {
        return Share.whole(rows, Math.max(microBatch, lanes.count()));
    }

    @Override
    public StepLoss walk(Iterator<Batch> batches, Share share, double entries, RandomKey key) {
        lanes.begin();
        List<StepLoss> walked = new ArrayList<>();
        for (long first : share.firsts()) {
            try (Batch batch = batches.next()) {
                List<BatchChunk> chunks = BatchChunk.of(batch, lanes.count(), settings.chunkSize());
                StepLoss[] each = new StepLoss[chunks.size()];
                lanes.reduceInOrder(
                        chunks.size(),
                        (lane, p, order) -> each[p] = walk(lane, chunks.get(p), order, first, entries, key));
                walked.addAll(Arrays.asList(each));
            }
        }
        return walked.stream().reduce(new StepLoss(0, 0), StepLoss::plus);
    }

    private StepLoss walk(
            TrainingLanes.Lane lane, BatchChunk chunk, GradientOrder order, long first, double entries, RandomKey key) {
        Targets targets = chunk.targets(objective, config.outputs());
        long[] samples = new long[chunk.count()];
        Arrays.setAll(samples, i -> first + chunk.from() + i);
        double sum = MicroBatchStep.run(
                lane.walk(),
                objective,
                chunk.pixels(weights.device()),
                TargetTensors.of(targets, weights.device()),
                1 / entries,
                Context.training(lanes.stepWeights(), key, samples)
                        .withLabels(chunk.labelsRead(config.labelsRead(), weights.device())),
                order,
                MicroBatchStep.SILENT);
        return new StepLoss(sum, targets.divisor());
    }

    @Override
    public void hold(Set<String> names) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            names.forEach(name -> weights.gradient(name).zero_());
        }
    }

    @Override
    public double gradientNorm() {
        return Math.sqrt(lanes.squares());
    }

    @Override
    public void step(Optimizer.Step step) {
        lanes.eachLane(lane -> optimizer.step(step, parts.get(lane)));
    }

    private List<Optimizer.ParameterRange> parts(List<Parameters.Entry> share) {
        return share.stream()
                .map(weight -> groups.range(weight, weight.offset(), weight.offset() + weight.count()))
                .toList();
    }

    @Override
    public boolean averages() {
        return optimizer.averages();
    }

    @Override
    public void swapAveraged() {
        optimizer.swapAveraged();
    }

    @Override
    public RankMemory held() {
        return lanes.held(
                optimizer.state().values().stream().mapToLong(Tensor::nbytes).sum());
    }

    @Override
    public void finish() {
        lanes.finish();
    }

    @Override
    public PredictionOutput predict(Iterator<Batch> batches, Share share, int samples, Objective of) {
        try (Inference inference = new Inference(
                blocks.apply(weights),
                config.outputs(),
                config.labelsRead(),
                weights.device(),
                settings.evalDtype(),
                lanes.lanes(),
                settings.chunkSize())) {
            Inference.Inferred inferred = inference.run(batches, samples, of);
            EvalPrediction prediction = new EvalPrediction(
                    of.problemType(),
                    of.keepsPredictions() ? samples : 0,
                    config.outputs(),
                    inferred.logits(),
                    inferred.labels());
            return new PredictionOutput(prediction, inferred.loss());
        }
    }

    @Override
    public void close() {
        lanes.close();
        optimizer.close();
    }
}
