package io.vit4j.evaluate;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.infer.Predictor;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.torch.Dtype;
import io.vit4j.train.Trainer;
import io.vit4j.train.TrainerBuilder;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArgumentsBuilder;
import io.vit4j.train.engine.Engine;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A model's predictions for a data set, computed by this process alone, or by the ranks of a job that divide the model's
 * blocks and the pictures among them.
 */
public final class Predictions {
    private final Predictor.Settings settings;
    private final RankLayout layout;

    /**
     * How they are computed.
     *
     * @param layout of the ranks, if there are several
     */
    public Predictions(Predictor.Settings settings, RankLayout layout) {
        this.settings = settings;
        this.layout = layout;
    }

    private boolean isShared() {
        return layout.config().isPresent()
                || RankEnvironment.read(System.getenv())
                        .filter(rank -> rank.worldSize() > 1)
                        .isPresent();
    }

    /** Which weights of a model this process needs: those of its stage, or all. */
    public Function<ModelDefinition, Predicate<String>> weightsHere() {
        return ParallelArguments.weightsHere(layout.config(), RankEnvironment.read(System.getenv()), arguments(), true);
    }

    /**
     * Predictions in the data set's order; empty on ranks other than the first, which only help.
     *
     * @param model of whose weights this process holds at least those of {@link #weightsHere}
     */
    public Optional<Predictor.Predicted> of(
            VisionModel model, Dataset data, ImageTransform transform, Progress.Factory progress) {
        if (!isShared()) {
            return Optional.of(new Predictor(model, settings).predict(data, transform, progress));
        }
        TrainerBuilder builder =
                Trainer.builder(model, arguments()).evalDataset(data).transforms(ImageTransform.none(), transform);
        layout.config().ifPresent(builder::parallel);
        try (Trainer ranks = builder.build()) {
            Engine.PredictionOutput predicted = ranks.predict(data);
            return ranks.isWorldProcessZero()
                    ? Optional.of(new Predictor.Predicted(predicted.prediction(), predicted.loss()))
                    : Optional.empty();
        }
    }

    private TrainingArguments arguments() {
        if (isShared() && settings.dtype() == Dtype.INT8) {
            throw new InputException("--dtype int8 is computed by one process; start it without launch and without a"
                    + " layout, or choose another type");
        }
        TrainingArgumentsBuilder arguments = TrainingArguments.builder()
                .set("dtype", settings.dtype().activations().toString())
                .set("optim", "sgd") // which keeps no state: nothing is trained
                .set("rendezvous_timeout", Integer.toString(layout.rendezvousSeconds()))
                .perDeviceEvalBatchSize(settings.batch())
                .dataloaderNumWorkers(settings.workers());
        layout.rendezvousSecret().ifPresent(arguments::rendezvousSecret);
        layout.networkInterface().ifPresent(arguments::interfaceName);
        return arguments.threads(settings.threads()).build();
    }
}
