package io.vit4j.cli;

import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.infer.Predictor;
import io.vit4j.model.ViTForImageClassification;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.train.Engine;
import io.vit4j.train.Trainer;
import io.vit4j.train.TrainerBuilder;
import io.vit4j.train.TrainingArguments;
import io.vit4j.train.TrainingArgumentsBuilder;
import java.util.Optional;

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
            ViTForImageClassification model,
            Dataset data,
            ImageTransform transform,
            ModelOptions options,
            Optional<ParallelConfig> layout,
            int rendezvousTimeout) {
        Predictor.Settings settings = options.settings();
        TrainingArgumentsBuilder arguments = TrainingArguments.builder()
                .set("dtype", settings.dtype().toString())
                .set("optim", "sgd") // which keeps no state: nothing is trained
                .set("rendezvous_timeout", Integer.toString(rendezvousTimeout))
                .perDeviceEvalBatchSize(settings.batch())
                .dataloaderNumWorkers(settings.workers());
        options.threads().ifPresent(arguments::threads);
        TrainerBuilder builder = Trainer.builder(model, arguments.build())
                .evalDataset(data)
                .transforms(ImageTransform.none(), transform);
        layout.ifPresent(builder::parallel);
        try (Trainer ranks = builder.build()) {
            Engine.Predicted predicted = ranks.predict(data);
            return ranks.isWorldProcessZero()
                    ? Optional.of(new Predictor.Predicted(predicted.prediction(), predicted.loss()))
                    : Optional.empty();
        }
    }
}
