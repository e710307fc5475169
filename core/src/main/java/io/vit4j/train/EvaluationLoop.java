package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.data.Sampler;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import io.vit4j.torch.FailedAllocation;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.train.engine.Engine;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;

/**
 * Predicts samples in their order, and computes metrics of them: transformers' {@code evaluation_loop}. Callbacks hear of each
 * evaluation, and the log once of the metrics that the data leaves undefined.
 */
final class EvaluationLoop {
    private static final int MOST_UNDEFINED = 8;

    private final TrainingArguments arguments;
    private final RunLayout layout;
    private final TrainerData data;
    private final Optional<FrozenBackbone> frozen;
    private final Engine engine;
    private final MetricFunction metrics;
    private final MetricNames names;
    private final List<TrainerCallback> callbacks;
    private final Logger log;
    private boolean toldUndefined;

    /**
     * @param callbacks of this rank
     * @param log of this rank
     */
    EvaluationLoop(
            TrainingArguments arguments,
            RunLayout layout,
            TrainerData data,
            EngineChoice chosen,
            MetricFunction metrics,
            List<TrainerCallback> callbacks,
            Logger log) {
        this.arguments = arguments;
        this.layout = layout;
        this.data = data;
        this.frozen = chosen.frozen();
        this.engine = chosen.engine();
        this.metrics = arguments.predictionLossOnly() ? none -> Map.of() : metrics;
        this.names = new MetricNames(
                metrics, data.objective().problemType(), data.outputs(), arguments.predictionLossOnly(), averages());
        this.callbacks = callbacks;
        this.log = log;
    }

    /** Whether averaged weights are evaluated beside the others. */
    private boolean averages() {
        return engine.averages() && !data.tutor().map(Tutor::isAverage).orElse(false);
    }

    /** InputException if {@code metric_for_best_model} is no metric, or is undefined on the evaluation data. */
    void requireMetricForBestModel() {
        data.evaluation()
                .ifPresent(samples -> arguments.metricForBestModel().ifPresent(name -> names.require(name, samples)));
    }

    /** Metrics of the evaluation data set, the same on every rank, each name with {@code eval_} in front. */
    Metrics evaluate(TrainerState state) {
        Metrics evaluated = computed(state);
        tellUndefined(evaluated);
        return evaluated;
    }

    private Metrics computed(TrainerState state) {
        Dataset samples = data.evaluation().orElseThrow(() -> new InputException("no evaluation data set was given"));
        int epoch = (int) state.epoch();
        long start = System.nanoTime();
        Engine.PredictionOutput predicted = predict(samples, epoch);
        double seconds = (System.nanoTime() - start) / 1e9;
        Optional<Engine.PredictionOutput> averaged =
                averages() ? Optional.of(predictAveraged(samples, epoch)) : Optional.empty();
        if (!layout.isFirst()) {
            return Metrics.of(JsonObject.parse(layout.fromFirst(() -> ""), "rank 0's metrics"));
        }
        double steps = Math.ceil((double) samples.size() / arguments.perDeviceEvalBatchSize());
        Metrics ofWeights = Metrics.ofEvaluation(
                        predicted.loss(), metrics.compute(predicted.prediction()), samples.size(), seconds)
                .with("eval_steps_per_second", steps / seconds);
        Metrics evaluation = averaged.map(
                        output -> ofWeights.withAveraged(output.loss(), metrics.compute(output.prediction())))
                .orElse(ofWeights);
        layout.fromFirst(() -> evaluation.toJson().line()); // all ranks decide by the same numbers
        callbacks.forEach(callback -> callback.onEvaluate(state, evaluation, predicted.prediction()));
        return evaluation;
    }

    /** The same by averaged weights; a failure ends the run, so the weights are put back after success alone. */
    private Engine.PredictionOutput predictAveraged(Dataset samples, int epoch) {
        engine.swapAveraged();
        Engine.PredictionOutput predicted = predict(samples, epoch);
        engine.swapAveraged();
        return predicted;
    }

    /** Once: what is missing from the evaluations, and will be from all. */
    private void tellUndefined(Metrics evaluated) {
        if (toldUndefined
                || !Double.isFinite(evaluated.get("eval_loss"))) { // predictions that are no numbers have no metrics
            return;
        }
        toldUndefined = true;
        List<String> missing = names.missingFrom(evaluated);
        if (!missing.isEmpty()) {
            log.warn(
                    "Undefined on the evaluation data, which has too few different labels: {}{}",
                    String.join(", ", missing.subList(0, Math.min(missing.size(), MOST_UNDEFINED))),
                    missing.size() > MOST_UNDEFINED ? " and " + (missing.size() - MOST_UNDEFINED) + " more" : "");
        }
    }

    /** Logits, labels and the mean loss of a data set, in its order. */
    Engine.PredictionOutput predict(Dataset samples, int epoch) {
        int[] order = Sampler.sequential().order(samples.size(), 0);
        Engine.Share share = engine.share(order, arguments.perDeviceEvalBatchSize());
        List<int[]> batches = engine.takesBatches() ? share.batches() : List.of();
        try (DataLoader loader = data.evalLoader(data.evalSource(samples, frozen), batches)) {
            return FailedAllocation.orRefuse(
                    () -> engine.predict(
                            data.taughtEvaluation(loader, engine, epoch), share, samples.size(), data.objective()),
                    () -> "lower --per-device-eval-batch-size, or use --walk-micro-batch 1 or fewer --threads");
        }
    }
}
