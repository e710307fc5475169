package io.vit4j.model;

import java.util.ArrayList;
import java.util.List;

/**
 * How well a checkpoint's weights fitted a model.
 *
 * @param missing the model's weights that the checkpoint lacks; newly initialised
 * @param unused the checkpoint's weights that the model does not use
 * @param mismatched weights of another shape, {@code "NAME [15] instead of [1000]"}; newly initialised
 */
public record WeightReport(List<String> missing, List<String> unused, List<String> mismatched) {
    /** What the user should know, one line each; empty if everything fitted. */
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
