package io.vit4j;

import io.vit4j.metrics.Metrics;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a run of pretraining left.
 *
 * @param folder of the model that was trained, and of all that the run has written: the whole autoencoder, as transformers'
 *     {@code ViTMAEForPreTraining} loads it, or the student of self-distillation with its head
 * @param encoder folder of the encoder alone, a plain model to be fine-tuned: the teacher's in self-distillation; empty if the run was interrupted
 * @param end how the run ended
 * @param step that it reached
 * @param trained such as {@code train_loss} and {@code train_runtime}
 * @param evaluated on the pictures that were held back: {@code eval_loss}, and {@code eval_feature_rank} and
 *     {@code eval_feature_deviation} of the encoder's features; none if none were
 * @param report the page for people; empty without {@code vit4j-report} on the class path
 */
public record PretrainedModel(
        Path folder,
        Optional<Path> encoder,
        Tuned.End end,
        long step,
        Metrics trained,
        Metrics evaluated,
        Optional<Path> report) {}
