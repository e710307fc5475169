package io.vit4j.evaluate;

import io.vit4j.base.JsonObject;
import io.vit4j.data.Split;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether a run's checkpoint was chosen by its evaluations, and on which split: numbers of that split flatter, and it is no test
 * whatever its name.
 *
 * @param made whether there was a choice
 * @param split that the run was evaluated on while it went on
 */
public record CheckpointChoice(boolean made, String split) {
    /** A run's arguments in its folder. */
    private static final String ARGUMENTS = "training_args.json";

    /** What a run records about itself in its folder. */
    public static final String FACTS = "report.json";

    /** The key there of the split that the run was evaluated on while it went on. */
    public static final String EVALUATED_IN_TRAINING = "evaluated_in_training";

    /** That of the run in a folder; of a folder without a run, none. */
    public static CheckpointChoice read(Path folder) {
        return of(optional(folder.resolve(ARGUMENTS)), optional(folder.resolve(FACTS)));
    }

    /**
     * That of a run.
     *
     * @param arguments {@code training_args.json}; may be empty
     * @param facts {@code report.json}; may be empty
     */
    public static CheckpointChoice of(JsonObject arguments, JsonObject facts) {
        boolean made = arguments.bool("load_best_model_at_end", false)
                || arguments.has("early_stopping_patience")
                || arguments.has("metric_for_best_model");
        return new CheckpointChoice(made, facts.text(EVALUATED_IN_TRAINING, Split.VALIDATION));
    }

    private static JsonObject optional(Path file) {
        return Files.exists(file) ? JsonObject.read(file) : JsonObject.empty();
    }

    /** Whether the checkpoint was chosen by its evaluation on this split. */
    public boolean madeOn(String other) {
        return made && split.equals(other);
    }

    /** What a split may be called: no "test" is what a choice was made on. */
    public String title(String other) {
        return other.equals(Split.TEST) && madeOn(other)
                ? "validation (named test, but the checkpoint was chosen on it)"
                : other;
    }
}
