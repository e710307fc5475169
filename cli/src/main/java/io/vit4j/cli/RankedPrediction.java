package io.vit4j.cli;

import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.infer.Predictor;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.train.Trainer;
import io.vit4j.train.TrainerBuilder;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArgumentsBuilder;
import io.vit4j.train.engine.Engine;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/** A tuned model's predictions by all ranks of a job, which share its blocks and the pictures out. */
final class RankedPrediction {
    private RankedPrediction() {}

    /** Whether this process is one of several ranks. */
    static boolean isRank() {
        return RankEnvironment.read(System.getenv())
                .filter(rank -> rank.worldSize() > 1)
                .isPresent();
    }

    /** @return empty on ranks other than the first */
    static Optional<Predictor.Predicted> of(
            VisionModel model,
            Dataset data,
            ImageTransform transform,
            ModelOptions options,
            Optional<ParallelConfig> layout,
            int rendezvousTimeout) {
        TrainerBuilder builder = Trainer.builder(model, arguments(options, rendezvousTimeout))
                .evalDataset(data)
                .transforms(ImageTransform.none(), transform);
        layout.ifPresent(builder::parallel);
        try (Trainer ranks = builder.build()) {
            Engine.PredictionOutput predicted = ranks.predict(data);
            return ranks.isWorldProcessZero()
                    ? Optional.of(new Predictor.Predicted(predicted.prediction(), predicted.loss()))
                    : Optional.empty();
        }
    }

    /** Which weights this rank will hold: those of its stage. */
    static Function<ModelDefinition, Predicate<String>> weightsHere(
            ModelOptions options, Optional<ParallelConfig> layout, int rendezvousTimeout) {
        return ParallelArguments.weightsHere(
                layout, RankEnvironment.read(System.getenv()), arguments(options, rendezvousTimeout), true);
    }

    private static TrainingArguments arguments(ModelOptions options, int rendezvousTimeout) {
        Predictor.Settings settings = options.settings();
        TrainingArgumentsBuilder arguments = TrainingArguments.builder()
                .set("dtype", settings.dtype().toString())
                .set("optim", "sgd") // which keeps no state: nothing is trained
                .set("rendezvous_timeout", Integer.toString(rendezvousTimeout))
                .perDeviceEvalBatchSize(settings.batch())
                .dataloaderNumWorkers(settings.workers());
        options.threads().ifPresent(arguments::threads);
        return arguments.build();
    }
}
