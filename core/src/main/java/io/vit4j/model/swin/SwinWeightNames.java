package io.vit4j.model.swin;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What files call the weights of a Swin's layers, beside the hub's names such as
 * {@code swin.encoder.layers.0.blocks.0.attention.self.query.weight}: transformers 5 has other names in memory for V1
 * ({@code swin.encoder.layers.0.blocks.0.attention.q_proj.weight}), which files show if they were saved past its own renaming.
 */
final class SwinWeightNames {
    private static final Pattern LAYER = Pattern.compile("(swin\\.encoder\\.layers\\.\\d+\\.blocks\\.\\d+\\.)(.*)");
    private static final Pattern BUFFER =
            Pattern.compile(".*\\.(relative_position_index|relative_coords_table|attn_mask)");

    /** transformers' conversion_mapping.py, entry swin, read backwards. */
    private static final String[][] WITHIN_LAYER = {
        {"attention.q_proj.", "attention.self.query."},
        {"attention.k_proj.", "attention.self.key."},
        {"attention.v_proj.", "attention.self.value."},
        {"attention.o_proj.", "attention.output.dense."},
        {"attention.relative_position_bias.", "attention.self."},
        {"mlp.fc1.", "intermediate.dense."},
        {"mlp.fc2.", "output.dense."},
    };

    private SwinWeightNames() {}

    /** The hub's name for a weight of a layer of V1; any other name as it is. */
    static String withinLayer(String name) {
        Matcher layer = LAYER.matcher(name);
        if (!layer.matches()) {
            return name;
        }
        String within = layer.group(2);
        for (String[] names : WITHIN_LAYER) {
            if (within.startsWith(names[0])) {
                return layer.group(1) + names[1] + within.substring(names[0].length());
            }
        }
        return name;
    }

    /** Whether it is a table that the configuration determines. */
    static boolean isBuffer(String name) {
        return BUFFER.matcher(name).matches();
    }
}
