package io.vit4j.train.engine;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.BlockRange;
import io.vit4j.parallel.GradientReducer;
import io.vit4j.parallel.Pipeline;
import io.vit4j.parallel.PipelineSchedule;
import io.vit4j.parallel.Placement;
import io.vit4j.parallel.ProcessGroup;
import io.vit4j.parallel.RankMesh;
import io.vit4j.parallel.ShardPlan;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.train.optimizer.Optimizer;
import io.vit4j.train.optimizer.OptimizerFactory;
import io.vit4j.train.optimizer.ParameterGroups;
import io.vit4j.walk.Objective;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * One rank of replicas x pipeline stages: it holds its stage's blocks alone, walks its replica's share of every global
 * micro-batch through them, sums gradients with the other replicas while backward goes on, and steps its share of the
 * weights. Every rank calls the same methods in the same order.
 */
public final class RankEngine implements Engine {
    private final RankMesh mesh;
    private final ModelDefinition config;
    private final Parameters weights;
    private final BlockRange range;
    private final EngineSettings settings;
    private final boolean trains;
    private final TrainingLanes lanes;
    private final StageWalk walk;
    private final Pipeline pipeline;
    private final ShardedOptimizer optimizer;
    private final List<List<Optimizer.ParameterRange>> parts; // of each lane
    private final boolean scatters;
    private final GradientReducer reducer;
    private final StageTransfer transfer;
    private final StageReport report;
    private final TrainingStep.StageContext stage;
    private double squares;
    private final boolean sendsGradient;
    private Thread computing;

    /**
     * How ranks divide the work.
     *
     * @param placement which stage holds which blocks
     * @param sharded whether replicas share the optimizer's state out
     * @param bucketMebibytes size of gradient buckets
     */
    public record Division(Placement placement, boolean sharded, double bucketMebibytes) {}

    /**
     * @param model of which the stage's weights are kept; {@link Parameters#trainable} already
     * @param settings {@code trainedFrom} counted over all blocks
     * @param groups how each weight is stepped
     */
    public RankEngine(
            RankMesh mesh,
            Division division,
            VisionModel model,
            EngineSettings settings,
            Objective objective,
            OptimizerFactory factory,
            ParameterGroups groups) {
        this.mesh = mesh;
        this.config = model.definition();
        this.weights = model.parameters();
        this.settings = settings;
        range = division.placement().blocks(mesh.stage());
        trains = settings.trainedFrom() < range.end();
        int trainedFrom = Math.max(0, Math.min(range.size(), settings.trainedFrom() - range.first()));
        sendsGradient = !mesh.isFirstStage() && settings.trainedFrom() < range.first();
        TrainingLanes.chooseAllocator(config, settings.dtype());
        lanes = new TrainingLanes(
                weights,
                own -> config.over(own, range.first(), range.end()),
                settings,
                trainedFrom,
                sendsGradient,
                !mesh.isLastStage());
        walk = new StageWalk(lanes, weights.device(), settings.chunkSize(), objective);
        pipeline = new Pipeline(mesh, weights.device());
        mesh.replicas().broadcast(weights.values(), 0).await(); // all begin alike, whatever they were given
        optimizer = new ShardedOptimizer(weights, mesh.replicas(), division.sharded(), factory);
        parts = lanes.shares().stream()
                .map(share -> optimizer.parts(share, groups))
                .toList();
        scatters = optimizer.sharesEqually() && !weights.device().isCpu(); // Gloo's own reduce-scatter is slower
        reducer = new GradientReducer(
                mesh.replicas(),
                weights.gradients(),
                GradientBuckets.of(config, weights, range, division.bucketMebibytes()),
                lanes.count(),
                weights::settle,
                scatters);
        transfer = new StageTransfer(mesh, config, range, weights.device());
        report = new StageReport(mesh, config, division.placement(), settings);
        stage = new TrainingStep.StageContext(
                mesh,
                transfer,
                weights.device(),
                walk,
                report,
                config.outputs(),
                range.isEmpty(),
                trains,
                sendsGradient,
                this::left);
    }

    /** Buckets in which gradients are all-reduced. */
    public int gradientBuckets() {
        return reducer.buckets();
    }

    private void computeHere() {
        if (settings.lanes() == 1 && weights.device().isCpu() && computing != Thread.currentThread()) {
            computing = Thread.currentThread();
            TorchRuntime.useOneThreadHere();
        }
    }

    /** Its replica's contiguous share of every global micro-batch; the last may be short, or empty for some replicas. */
    @Override
    public Share share(int[] rows, int microBatch) {
        return Share.ofReplica(rows, microBatch, mesh.replica(), mesh.replicaCount());
    }

    @Override
    public boolean takesBatches() {
        return mesh.isFirstStage();
    }

    @Override
    public StepLoss walk(Iterator<Batch> batches, Share share, double entries, RandomKey key) {
        computeHere();
        mesh.checkAlive();
        lanes.begin();
        reducer.begin();
        StepLoss sum = new StepLoss(0, 0);
        if (share.firsts().length > 0) {
            try (TrainingStep step = new TrainingStep(stage, batches, share, entries, key)) {
                step.begin();
                PipelineSchedule schedule = PipelineSchedule.training(mesh.stages(), share.firsts().length);
                report.begin(share.sizes()[0]);
                report.ran(
                        pipeline.run(schedule, share.sizes(), trains, transfer.incoming(trains), step),
                        share.firsts().length);
                sum = step.sum();
            }
        } else {
            lanes.lanes().run(lane -> lanes.get(lane).walk().leaveAll(this::left));
        }
        return summed(sum);
    }

    /** A lane has left a block of this stage in the last micro-batch's backward. */
    private void left(int block) {
        reducer.complete(range.size() - 1 - block);
    }

    /** Waits for the other replicas' gradients; then one exchange of all that is summed over all ranks. */
    private StepLoss summed(StepLoss here) {
        long start = System.nanoTime();
        reducer.await();
        report.waitedForReplicas(System.nanoTime() - start);
        ShardPlan.Shard share = new ShardPlan(weights.trainedSize(), mesh.replicaCount()).shard(mesh.replica());
        double own = lanes.squares(new Parameters.Stretch(share.offset(), share.offset() + share.elements()));
        double[] sums = mesh.world().sums(here.lossSum(), here.counted(), own);
        squares = sums[2];
        return new StepLoss(sums[0], sums[1]);
    }

    @Override
    public double gradientNorm() {
        return Math.sqrt(squares);
    }

    @Override
    public void step(Optimizer.Step step) {
        lanes.eachLane(lane -> optimizer.step(step, parts.get(lane)));
        optimizer.exchange();
    }

    @Override
    public void finish() {
        lanes.finish();
    }

    @Override
    public PredictionOutput predict(Iterator<Batch> batches, Share share, int samples, Objective of) {
        computeHere();
        int outputs = config.outputs();
        int kept = of.keepsPredictions() ? samples : 0;
        try (StepWeights evalWeights = new StepWeights(settings.evalDtype());
                PredictionStep step = new PredictionStep(
                        mesh, transfer, weights.device(), range.isEmpty(), batches, share, walk, evalWeights, of)) {
            step.prepare(samples, outputs);
            if (share.firsts().length > 0) {
                step.begin();
                PipelineSchedule schedule = PipelineSchedule.inference(mesh.stages(), share.firsts().length);
                pipeline.run(schedule, share.sizes(), false, transfer.incoming(false), step);
            }
            int labelValues = (int) mesh.world().max(step.labelCount());
            double[] sums = mesh.world().sums(step.sum().lossSum(), step.sum().counted());
            EvalPrediction prediction = new EvalPrediction(
                    of.problemType(),
                    kept,
                    outputs,
                    together(step.logits()),
                    together(Arrays.copyOf(step.labels(), Math.multiplyExact(kept, labelValues))));
            return new PredictionOutput(prediction, sums[1] > 0 ? sums[0] / sums[1] : 0);
        }
    }

    /** Every rank has filled in its own samples and left the others' at 0. */
    private float[] together(float[] part) {
        if (part.length == 0) {
            return part; // on all ranks
        }
        try (Scope scope = new Scope()) {
            Tensor whole = Tensors.to(Tensors.of(part, part.length), Dtype.FLOAT32, weights.device());
            mesh.world().allReduce(whole, ProcessGroup.Reduction.SUM).await();
            return Tensors.toFloats(whole);
        }
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
        return lanes.held(optimizer.stateBytes());
    }

    @Override
    public boolean[] any(boolean... asked) {
        double[] flags = new double[asked.length];
        Arrays.setAll(flags, i -> asked[i] ? 1 : 0);
        double[] all = mesh.world().maxima(flags);
        boolean[] any = new boolean[asked.length];
        for (int i = 0; i < any.length; i++) {
            any[i] = all[i] > 0;
        }
        return any;
    }

    @Override
    public String fromFirst(String text) {
        return mesh.world().fromFirst(text);
    }

    @Override
    public List<String> report() {
        return report.lines();
    }

    /** The optimizer, of which this rank has a share. */
    public ShardedOptimizer optimizer() {
        return optimizer;
    }

    @Override
    public void close() {
        lanes.close();
        optimizer.close();
    }
}
