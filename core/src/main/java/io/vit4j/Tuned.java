package io.vit4j;

import io.vit4j.evaluate.Evaluation;
import io.vit4j.metrics.Metrics;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a run left.
 *
 * @param folder of the tuned model and of all that the run has written
 * @param end how the run ended
 * @param step that it reached
 * @param trained such as {@code train_loss} and {@code train_runtime}
 * @param evaluated such as {@code eval_loss} and {@code eval_roc_auc}, on the validation split; none without one
 * @param evaluation of the validation split, with intervals; empty without one, and on ranks other than the first
 * @param report the page for people; empty without {@code vit4j-report} on the class path
 */
public record Tuned(
        Path folder,
        End end,
        long step,
        Metrics trained,
        Metrics evaluated,
        Optional<Evaluation> evaluation,
        Optional<Path> report) {
    /** How a run ends. */
    public enum End {
        /** Trained, saved, and evaluated if there is a validation split. */
        COMPLETE,
        /** Interrupted while it trained: a checkpoint is there to resume from. */
        INTERRUPTED,
        /** Interrupted once it had trained: the tuned model is there, not evaluated. */
        NOT_EVALUATED
    }
}
