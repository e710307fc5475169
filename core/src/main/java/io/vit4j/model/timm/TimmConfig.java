package io.vit4j.model.timm;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * timm's {@code config.json}: the name of an architecture, which stands for its sizes, what its builder was told beside that
 * ({@code model_args}), and what its weights were made with ({@code pretrained_cfg}).
 */
record TimmConfig(JsonObject json) {
    /** Arguments of builders that do not change what a model computes at inference. */
    private static final Set<String> WITHOUT_EFFECT = Set.of(
            "num_classes",
            "drop_rate",
            "pos_drop_rate",
            "patch_drop_rate",
            "proj_drop_rate",
            "attn_drop_rate",
            "drop_path_rate",
            "dynamic_img_size",
            "dynamic_img_pad",
            "strict_img_size",
            "always_partition",
            "weight_init",
            "in_chans",
            "img_size");

    /** transformers' own class around a timm model, whose files say the same. */
    private static final String WRAPPER = "timm_wrapper";

    static boolean describes(JsonObject config) {
        boolean timm = config.text("model_type", WRAPPER).equals(WRAPPER) && config.has("architecture");
        return timm && (config.has("pretrained_cfg") || config.has("num_classes"));
    }

    /** The architecture's name, without a tag that says what it was trained on. */
    String architecture() {
        String name = json.text("architecture");
        int tag = name.indexOf('.');
        return tag < 0 ? name : name.substring(0, tag);
    }

    /** What the weights were made with; old files have it beside the rest. */
    JsonObject pretrained() {
        return json.has("pretrained_cfg") ? json.object("pretrained_cfg") : json;
    }

    /** What the builder was told; InputException if some of it is not among what is known here. */
    JsonObject arguments(Set<String> known) {
        JsonObject arguments = json.object("model_args");
        for (String key : arguments.keys()) {
            if (!known.contains(key) && !WITHOUT_EFFECT.contains(key)) {
                throw new InputException("timm's \"model_args\" set " + key + " for " + architecture()
                        + ", which vit4j does not read; give the same model as transformers has it");
            }
        }
        return arguments;
    }

    /** Channels, rows and columns of a picture. */
    List<Integer> picture() {
        List<Integer> size = pretrained().integers("input_size");
        List<Integer> picture = new ArrayList<>(size.isEmpty() ? List.of(3, 224, 224) : size);
        if (picture.size() != 3) {
            throw pretrained().wrong("input_size", "[channels, height, width]");
        }
        List<Integer> other = json.object("model_args").integers("img_size");
        if (!other.isEmpty()) {
            picture.set(1, other.get(0));
            picture.set(2, other.get(other.size() - 1));
        }
        return picture;
    }

    /** How tokens become features: {@code token} or {@code avg}; empty if the file leaves it to the architecture. */
    String pooling() {
        return json.object("model_args").text("global_pool", json.text("global_pool", ""));
    }

    /** A configuration of transformers with what all families write alike: pictures and labels. */
    JsonObject begin(String modelType, String className) {
        List<Integer> picture = picture();
        JsonObject begun = JsonObject.empty()
                .with("architectures", List.of(className))
                .with("model_type", modelType)
                .with("num_channels", picture.get(0));
        begun = picture.get(1).equals(picture.get(2))
                ? begun.with("image_size", picture.get(1))
                : begun.with("image_size", picture.subList(1, 3));
        return labelled(begun);
    }

    private JsonObject labelled(JsonObject begun) {
        int classes = json.integer("num_classes", pretrained().integer("num_classes", 1000));
        List<String> names = labelNames();
        if (classes > 0 && names.size() == classes) {
            Map<String, String> labels = new LinkedHashMap<>();
            for (int i = 0; i < classes; i++) {
                labels.put(Integer.toString(i), names.get(i));
            }
            return begun.with("id2label", labels);
        }
        return classes > 0 ? begun.with("num_labels", classes) : begun;
    }

    private List<String> labelNames() {
        return (json.has("label_names") ? json : pretrained()).texts("label_names");
    }

    /** That an architecture has something that is not read here. */
    InputException refused(String what) {
        return new InputException("timm's " + architecture() + " " + what
                + ", which vit4j does not read; give the same model as transformers has it");
    }
}
