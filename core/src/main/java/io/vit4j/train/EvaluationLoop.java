package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.data.Sampler;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import io.vit4j.torch.FailedAllocation;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.engine.Engine;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Predicts samples in their order, and computes metrics of them: transformers' {@code evaluation_loop}. */
final class EvaluationLoop {
    private final TrainingArguments arguments;
    private final RunLayout layout;
    private final TrainerData data;
    private final Optional<FrozenBackbone> frozen;
    private final Engine engine;
    private final MetricFunction metrics;

    EvaluationLoop(
            TrainingArguments arguments,
            RunLayout layout,
            TrainerData data,
            Optional<FrozenBackbone> frozen,
            Engine engine,
            MetricFunction metrics) {
        this.arguments = arguments;
        this.layout = layout;
        this.data = data;
        this.frozen = frozen;
        this.engine = engine;
        this.metrics = arguments.predictionLossOnly() ? none -> Map.of() : metrics;
    }

    /**
     * Metrics of the evaluation data set, the same on every rank.
     *
     * @param told what they were computed from, on the first rank
     */
    Metrics evaluate(BiConsumer<Metrics, EvalPrediction> told) {
        Dataset samples = data.evaluation().orElseThrow(() -> new InputException("no evaluation data set was given"));
        long start = System.nanoTime();
        Engine.PredictionOutput predicted = predict(samples);
        double seconds = (System.nanoTime() - start) / 1e9;
        if (!layout.isFirst()) {
            return Metrics.of(JsonObject.parse(layout.fromFirst(() -> ""), "rank 0's metrics"));
        }
        double steps = Math.ceil((double) samples.size() / arguments.perDeviceEvalBatchSize());
        Metrics evaluation = Metrics.ofEvaluation(
                        predicted.loss(), metrics.compute(predicted.prediction()), samples.size(), seconds)
                .with("eval_steps_per_second", steps / seconds);
        layout.fromFirst(() -> evaluation.toJson().line()); // all ranks decide by the same numbers
        told.accept(evaluation, predicted.prediction());
        return evaluation;
    }

    /** Logits, labels and the mean loss of a data set, in its order. */
    Engine.PredictionOutput predict(Dataset samples) {
        int[] order = Sampler.sequential().order(samples.size(), 0);
        Engine.Share share = engine.share(order, arguments.perDeviceEvalBatchSize());
        List<int[]> batches = engine.takesBatches() ? share.batches() : List.of();
        try (DataLoader loader = data.evalLoader(data.evalSource(samples, frozen), batches)) {
            return FailedAllocation.orRefuse(
                    () -> engine.predict(loader, share, samples.size(), data.objective()),
                    () -> "lower --per-device-eval-batch-size, or use --walk-micro-batch 1 or fewer --threads");
        }
    }
}
