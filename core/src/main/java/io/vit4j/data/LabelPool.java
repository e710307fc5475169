package io.vit4j.data;

import java.util.HashMap;
import java.util.Map;

/** Keeps one string for all labels of the same name, so that rows cost what they say and not what they repeat. */
final class LabelPool {
    private final TextSource file;
    private final Map<String, String> names = new HashMap<>();

    /** @param file that the labels stand in, for messages */
    LabelPool(TextSource file) {
        this.file = file;
    }

    /** The same name; InputException if there are more different ones than any data set has. */
    String kept(String name) {
        String known = names.putIfAbsent(name, name);
        if (names.size() > LabelVocabulary.MOST_LABELS) {
            throw file.fault("over " + LabelVocabulary.MOST_LABELS
                    + " different labels; is the label column, or the separator, the right one?");
        }
        return known == null ? name : known;
    }
}
