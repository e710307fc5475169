package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.LabelNames;
import io.vit4j.data.ProblemType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a model's outputs mean, as a {@code config.json} says it.
 *
 * @param names the label of each logit, in order; one that repeats in the file gets the number of its logit, see {@link LabelNames}
 * @param problemType which loss fits; empty if the checkpoint leaves it to the data
 */
record ModelLabels(List<String> names, Optional<ProblemType> problemType) {
    private static final int MOST = 1 << 20;
    private static final int USUAL = 2;

    ModelLabels {
        names = LabelNames.distinct(names);
    }

    static ModelLabels of(JsonObject config) {
        List<String> names = names(config);
        if (names.isEmpty() || names.size() > MOST) {
            throw outOfBounds("number of labels", names.size());
        }
        return new ModelLabels(
                names,
                config.has("problem_type")
                        ? Optional.of(ProblemType.parse(config.text("problem_type")))
                        : Optional.empty());
    }

    private static List<String> names(JsonObject config) {
        List<String> names = new ArrayList<>();
        if (!config.has("id2label")) {
            int count = config.integer("num_labels", USUAL);
            if (count < 1 || count > MOST) {
                throw outOfBounds("num_labels", count);
            }
            for (int i = 0; i < count; i++) {
                names.add("LABEL_" + i);
            }
            return names;
        }
        Map<String, String> byNumber = config.object("id2label").asTexts();
        for (int i = 0; i < byNumber.size(); i++) {
            String label = byNumber.get(Integer.toString(i));
            if (label == null) {
                throw new InputException("\"id2label\" has " + byNumber.size() + " entries but no label for " + i
                        + "; it needs one for each number from 0");
            }
            names.add(label);
        }
        return names;
    }

    private static InputException outOfBounds(String what, int count) {
        return new InputException(what + " is " + count + ", not between 1 and " + MOST + "; correct config.json");
    }

    /** The configuration with these labels instead of its own, in transformers' form. */
    JsonObject writtenOver(JsonObject config) {
        Map<String, String> id2label = new LinkedHashMap<>();
        Map<String, Integer> label2id = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
            id2label.put(Integer.toString(i), names.get(i));
            label2id.put(names.get(i), i);
        }
        JsonObject json =
                config.with("id2label", id2label).with("label2id", label2id).without("num_labels");
        return problemType
                .map(type -> json.with("problem_type", type.configName()))
                .orElse(json);
    }
}
