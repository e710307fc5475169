package io.vit4j.model;

import java.util.ArrayList;
import java.util.List;

/**
 * How a checkpoint's weights and a model's fitted.
 *
 * @param missing the model's weights that the checkpoint lacks; newly initialised
 * @param unused the checkpoint's weights that the model has no place for
 * @param mismatched weights of another shape, {@code "NAME [15] in place of [1000]"}; newly initialised
 */
public record WeightReport(List<String> missing, List<String> unused, List<String> mismatched) {
    /** What a person should know of it, a line each; empty where everything fitted. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        if (!missing.isEmpty()) {
            lines.add("Newly initialised, because the checkpoint lacks them: " + String.join(", ", missing));
        }
        if (!mismatched.isEmpty()) {
            lines.add("Newly initialised, because they have another shape in the checkpoint: "
                    + String.join(", ", mismatched));
        }
        if (!unused.isEmpty()) {
            lines.add("In the checkpoint but not used by this model: " + String.join(", ", unused));
        }
        return lines;
    }
}
