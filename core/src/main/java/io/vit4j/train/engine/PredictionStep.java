package io.vit4j.train.engine;

import io.vit4j.data.Batch;
import io.vit4j.data.Targets;
import io.vit4j.model.StepWeights;
import io.vit4j.parallel.RankMesh;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Objective;
import io.vit4j.walk.TargetTensors;
import java.util.Iterator;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** One stage's part of an evaluation: the last stage notes what comes out for its replica's samples, each in its place. */
final class PredictionStep extends StageStep {
    private final Device device;
    private final Engine.Share share;
    private final StageWalk walk;
    private final StepWeights weights;
    private final Objective objective;
    private int samples;
    private int outputs;
    private float[] logits = {};
    private float[] labels = {};
    private int labelCount;
    private Engine.StepLoss sum = new Engine.StepLoss(0, 0);

    /** @param weights in evaluation's type */
    PredictionStep(
            RankMesh mesh,
            StageTransfer transfer,
            Device device,
            boolean empty,
            Iterator<Batch> batches,
            Engine.Share share,
            StageWalk walk,
            StepWeights weights,
            Objective objective) {
        super(mesh, transfer, device, empty, batches, share.sizes());
        this.device = device;
        this.share = share;
        this.walk = walk;
        this.weights = weights;
        this.objective = objective;
    }

    /** Makes room for all samples of all replicas, zeros where others fill in theirs. */
    void prepare(int allSamples, int outputsOfEach) {
        samples = objective.keepsPredictions() ? allSamples : 0;
        outputs = outputsOfEach;
        logits = new float[Math.multiplyExact(samples, outputs)];
    }

    /** {@code [samples, outputs]}. */
    float[] logits() {
        return logits;
    }

    /** {@code [samples, labelCount]}; empty on ranks that have seen none. */
    float[] labels() {
        return labels;
    }

    /** Label values of a sample; 0 on ranks that have seen none. */
    int labelCount() {
        return labelCount;
    }

    /** The losses of all counted entries seen here. */
    Engine.StepLoss sum() {
        return sum;
    }

    @Override
    void inner(int m, Tensor input, Optional<Tensor> read, Tensor output) {
        walk.infer(input, read, weights, output);
        done(m);
    }

    @Override
    void last(int m, Tensor input, Optional<Tensor> read, float[] truth, int values) {
        int size = share.batches().get(m).length;
        int first = share.firsts()[m];
        Tensor out = Tensors.empty(Dtype.FLOAT32, device, size, outputs);
        walk.infer(input, read, weights, out);
        if (objective.keepsPredictions()) {
            System.arraycopy(Tensors.toFloats(out), 0, logits, first * outputs, size * outputs);
            labelCount = values;
            labels = labels.length > 0 ? labels : new float[Math.multiplyExact(samples, values)];
            System.arraycopy(truth, 0, labels, first * values, truth.length);
        }
        Targets targets = objective.targets(truth, size, outputs);
        Tensor loss = objective.sum(out, TargetTensors.of(targets, device));
        sum = sum.plus(new Engine.StepLoss(Tensors.item(loss), targets.divisor()));
        done(m);
    }

    @Override
    public Optional<Tensor> backward(int m, Optional<Tensor> gradient) {
        throw new IllegalStateException("an evaluation does not go backward");
    }
}
