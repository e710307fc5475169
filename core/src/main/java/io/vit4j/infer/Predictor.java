package io.vit4j.infer;

import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.BatchPlan;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sampler;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.walk.BatchChunk;
import io.vit4j.walk.Inference;
import io.vit4j.walk.Lanes;
import io.vit4j.walk.Objective;
import java.util.Iterator;
import java.util.List;

/** A tuned model's predictions for a whole data set: read ahead on worker threads, walked on every core. */
public final class Predictor {
    private final VisionModel model;
    private final Settings settings;

    /**
     * How predictions are computed.
     *
     * @param dtype of products
     * @param batch samples read at a time
     * @param workers threads that read pictures
     * @param threads threads that compute
     */
    public record Settings(Dtype dtype, int batch, int workers, int threads) {
        /** float32 on every core. */
        public static Settings defaults() {
            int cores = Runtime.getRuntime().availableProcessors();
            return new Settings(Dtype.FLOAT32, 8 * cores, cores, TorchRuntime.threads());
        }

        /**
         * The same in another precision.
         * @param other the type of products
         * @return a copy
         */
        public Settings withDtype(Dtype other) {
            return new Settings(other, batch, workers, threads);
        }
    }

    /** Predictions and the mean loss over all labels that are known. */
    public record Predicted(EvalPrediction prediction, double loss) {}

    /**
     * A predictor with a model that the caller closes, after this.
     * @param model stays as it is
     * @param settings how to compute
     */
    public Predictor(VisionModel model, Settings settings) {
        this.model = model;
        this.settings = settings;
    }

    /** Predictions in the data set's order. */
    public Predicted predict(Dataset data, ImageTransform transform, Progress.Factory progress) {
        int samples = data.size();
        int outputs = model.definition().labels().size();
        List<int[]> plan = BatchPlan.of(Sampler.sequential().order(samples, 0), settings.batch(), false);
        Collator collator = Collator.normalising(
                model.processor()::normalise, model.definition().channels());
        ProblemType type = model.definition().problemType().orElseGet(() -> ProblemType.ofOutputs(outputs));
        Objective objective = Objective.of(type);
        Device device = model.parameters().device();
        int lanes = device.isCpu() ? settings.threads() : 1;
        DataLoader.Workers workers = DataLoader.Workers.of(settings.workers());
        try (Progress bar = progress.start("Predicting", samples);
                DataLoader loader = new DataLoader(
                        data,
                        plan,
                        collator,
                        transform,
                        RandomKey.of(0),
                        workers,
                        BatchChunk.buffers(device, workers));
                Lanes side = new Lanes(lanes);
                Inference inference = new Inference(
                        model.definition(),
                        model.parameters(),
                        settings.dtype(),
                        side,
                        BatchChunk.size(model.definition(), settings.dtype(), device))) {
            Inference.Inferred inferred = inference.run(shown(loader, bar), samples, objective);
            return new Predicted(
                    new EvalPrediction(type, samples, outputs, inferred.logits(), inferred.labels()), inferred.loss());
        }
    }

    private static Iterator<Batch> shown(Iterator<Batch> batches, Progress bar) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return batches.hasNext();
            }

            @Override
            public Batch next() {
                Batch batch = batches.next();
                bar.advance(batch.size());
                return batch;
            }
        };
    }
}
