package io.vit4j.train;

import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.Metrics;
import io.vit4j.train.checkpoint.TrainerState;
import java.nio.file.Path;

/**
 * Told what a run does, and able to ask for more; every method does nothing until overridden. Called on the training
 * thread, so a slow one makes training slow.
 */
public interface TrainerCallback {
    /** Training begins, or continues at {@code state.globalStep()}. */
    default void onTrainBegin(TrainerState state, TrainerControl control) {}

    /** An optimizer step is done. */
    default void onStepEnd(TrainerState state, TrainerControl control) {}

    /** The last step of an epoch is done. */
    default void onEpochEnd(TrainerState state, TrainerControl control) {}

    /** A log entry, with the keys of transformers' {@code log_history}. */
    default void onLog(TrainerState state, Metrics entry) {}

    /** An evaluation: its metrics and what they were computed from. */
    default void onEvaluate(TrainerState state, Metrics metrics, EvalPrediction prediction) {}

    /**
     * A checkpoint is complete on disk. It may be of an earlier step, because checkpoints are written in the background,
     * and this method is called at the end of a step.
     */
    default void onSave(TrainerState state, Path checkpoint) {}

    /** Training has ended; the best model is loaded if that was requested. */
    default void onTrainEnd(TrainerState state) {}
}
