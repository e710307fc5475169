package io.vit4j.model.beit;

import io.vit4j.model.transformer.ViTNames;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One name for every weight: that of the hub's files with a classifier. They are ViT's, and those of the tables of relative positions,
 * which transformers 5 has elsewhere in memory.
 */
final class BeitWeightNames {
    private static final String IN_ATTENTION = "attention.attention.relative_position_bias.";

    private final String front;
    private final ViTNames likeViT;
    private final Pattern ownTable;

    BeitWeightNames(BeitFamily family) {
        front = family.prefix() + ".";
        likeViT = new ViTNames(family.prefix());
        ownTable =
                Pattern.compile("(" + Pattern.quote(front) + "encoder\\.layer\\.\\d+\\.)relative_position_bias\\.(.*)");
    }

    /**
     * The hub's name for a weight; any other name as it is.
     *
     * @param all names in the file: if any has the family's prefix, a name without it belongs to a head, as the norm in front of the
     *     masked patches' classifier does
     */
    String canonical(String stored, Set<String> all) {
        boolean headless = all.stream().noneMatch(name -> name.startsWith(front));
        if (!headless && !stored.startsWith(front)) {
            return stored;
        }
        String full = headless && stored.startsWith("shared_position_bias.") ? front + stored : stored;
        String name = likeViT.canonical(full);
        if (name.startsWith(front + "shared_position_bias.")) {
            return name.replace("shared_position_bias.", "encoder.relative_position_bias.");
        }
        Matcher table = ownTable.matcher(name);
        return table.matches() ? table.group(1) + IN_ATTENTION + table.group(2) : name;
    }

    /** {@return the name of the table that all layers share} */
    String sharedTable() {
        return front + "encoder.relative_position_bias.relative_position_bias_table";
    }

    /** {@return the name of a layer's own table} */
    String ownTable(int layer) {
        return likeViT.layer(layer) + IN_ATTENTION + "relative_position_bias_table";
    }

    /** Tables of indices that follow from the configuration, as older files have them. */
    static boolean isBuffer(String name) {
        return name.endsWith(".relative_position_index");
    }
}
