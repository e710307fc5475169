package io.vit4j.model.vit;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One name for every weight of a ViT: that of the hub's files with a classifier, such as
 * {@code vit.encoder.layer.0.attention.attention.query.weight}. Files of a headless ViTModel lack the prefix
 * {@code vit.}; transformers 5 has other names in memory ({@code vit.layers.0.attention.q_proj.weight}), which files show
 * if they were saved past its own renaming.
 */
final class ViTWeightNames {
    private static final Pattern HEADLESS = Pattern.compile("(embeddings|encoder|layers|layernorm|pooler)\\..*");
    private static final Pattern LAYER = Pattern.compile("vit\\.(?:layers|encoder\\.layer)\\.(\\d+)\\.(.*)");

    /** transformers' conversion_mapping.py, entry ViTModel, read backwards. */
    private static final String[][] WITHIN_LAYER = {
        {"attention.q_proj.", "attention.attention.query."},
        {"attention.k_proj.", "attention.attention.key."},
        {"attention.v_proj.", "attention.attention.value."},
        {"attention.o_proj.", "attention.output.dense."},
        {"mlp.fc1.", "intermediate.dense."},
        {"mlp.fc2.", "output.dense."},
    };

    private ViTWeightNames() {}

    /** The hub's name for a ViT weight; any other name as it is. */
    static String canonical(String name) {
        String full = name;
        if (HEADLESS.matcher(full).matches()) {
            full = "vit." + full;
        }
        Matcher layer = LAYER.matcher(full);
        if (!layer.matches()) {
            return full;
        }
        String within = layer.group(2);
        for (String[] names : WITHIN_LAYER) {
            if (within.startsWith(names[0])) {
                within = names[1] + within.substring(names[0].length());
                break;
            }
        }
        return "vit.encoder.layer." + layer.group(1) + "." + within;
    }
}
