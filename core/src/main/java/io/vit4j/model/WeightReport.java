package io.vit4j.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well a checkpoint's weights fitted a model.
 *
 * @param missing the model's weights that the checkpoint lacks; newly initialised
 * @param unused the checkpoint's weights that the model does not use
 * @param mismatched weights of another shape, {@code "NAME [15] instead of [1000]"}; newly initialised
 */
public record WeightReport(List<String> missing, List<String> unused, List<String> mismatched) {
    private static final int MOST_NAMES = 20;

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
            lines.add("In the checkpoint but not used by this model: " + String.join(", ", inShort(unused)));
        }
        return lines;
    }

    /** Many names by what they begin with: {@code text_model.* (196)}. */
    private static List<String> inShort(List<String> names) {
        if (names.size() <= MOST_NAMES) {
            return names;
        }
        Map<String, List<String>> byPart = new LinkedHashMap<>();
        for (String name : names) {
            int dot = name.indexOf('.');
            byPart.computeIfAbsent(dot < 0 ? name : name.substring(0, dot + 1) + "*", part -> new ArrayList<>())
                    .add(name);
        }
        return byPart.entrySet().stream()
                .map(part -> part.getValue().size() == 1
                        ? part.getValue().get(0)
                        : part.getKey() + " (" + part.getValue().size() + ")")
                .toList();
    }
}
