package io.vit4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What Hugging Face {@code datasets} writes of a file's columns under the key {@code huggingface}.
 *
 * @param pictures names of the columns of the type {@code Image}
 * @param classNames of the columns of the type {@code ClassLabel}, or of lists of them
 */
record ClassFeatures(Set<String> pictures, Map<String, List<String>> classNames) {
    private static final String KEY = "huggingface";
    private static final int DEEPEST = 8;

    /**
     * Those of a file.
     *
     * @param source the file, for messages
     */
    static ClassFeatures of(Map<String, String> metadata, String source) {
        Set<String> pictures = new TreeSet<>();
        Map<String, List<String>> classNames = new LinkedHashMap<>();
        String text = metadata.getOrDefault(KEY, "");
        if (!text.isEmpty()) {
            JsonNode features = Json.parseObject(text, source + ", \"" + KEY + "\"")
                    .path("info")
                    .path("features");
            features.properties().forEach(feature -> {
                if (feature.getValue().path("_type").asText().equals("Image")) {
                    pictures.add(feature.getKey());
                }
                List<String> names = namesIn(feature.getValue(), 0);
                if (!names.isEmpty()) {
                    classNames.put(feature.getKey(), names);
                }
            });
        }
        return new ClassFeatures(pictures, classNames);
    }

    private static List<String> namesIn(JsonNode feature, int depth) {
        if (depth > DEEPEST) {
            return List.of();
        }
        if (feature.path("_type").asText().equals("ClassLabel")) {
            List<String> names = new ArrayList<>();
            feature.path("names").forEach(name -> names.add(name.asText()));
            return names;
        }
        if (feature.isArray() && feature.size() == 1) {
            return namesIn(feature.get(0), depth + 1);
        }
        return feature.path("feature").isObject() ? namesIn(feature.path("feature"), depth + 1) : List.of();
    }

    /** These with what the card says of columns of which the file says nothing. InputException if other files say otherwise. */
    Map<String, List<String>> joined(Map<String, List<String>> earlier, String source) {
        Map<String, List<String>> all = new LinkedHashMap<>(earlier);
        classNames.forEach((column, names) -> {
            List<String> other = all.put(column, names);
            if (other != null && !other.equals(names)) {
                throw new InputException(source + ": the classes of \"" + column + "\" are "
                        + DelimitedText.shortened(names.toString()) + ", but in other files "
                        + DelimitedText.shortened(other.toString())
                        + "; keep files of one version of the data set");
            }
        });
        return all;
    }
}
