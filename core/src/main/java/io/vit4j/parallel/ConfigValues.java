package io.vit4j.parallel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.NearestName;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The values given for fields, each checked by itself: first those of a file, then what overrides them. Each remembers
 * where it came from, for messages.
 */
final class ConfigValues {
    static final List<String> POD_TYPES = List.of("pod4", "pod8", "pod16", "pod32", "pod64");

    private static final int LONGEST_OVERRIDES = 10_000;
    private static final Set<String> YES = Set.of("true", "1", "y", "yes");
    private static final Set<String> NO = Set.of("false", "0", "n", "no");
    private static final Pattern WHOLE_NUMBER = Pattern.compile("[+-]?[0-9]{1,18}");
    private static final Pattern BETWEEN_ITEMS = Pattern.compile("[\\s,]+");
    private static final Pattern COMMA_OUTSIDE_BRACKETS = Pattern.compile(",(?![^\\[]*])");

    private final Map<ConfigField, JsonNode> values = new EnumMap<>(ConfigField.class);
    private final Map<ConfigField, String> origins = new EnumMap<>(ConfigField.class);
    private boolean hadDictionaries;

    /**
     * Takes every field of a file.
     *
     * @param origin the file, to begin a message with
     */
    void readFile(ObjectNode file, String origin, Optional<String> podType) {
        Map<ConfigField, String> names = new EnumMap<>(ConfigField.class);
        for (Map.Entry<String, JsonNode> entry : file.properties()) {
            ConfigField field = known(entry.getKey(), origin);
            refuseSecondName(names, field, entry.getKey(), origin);
            String where = origin + ": " + entry.getKey();
            JsonNode value = entry.getValue();
            boolean perPod = value.isObject()
                    && field.kind != ConfigField.FieldType.OBJECT
                    && field.kind != ConfigField.FieldType.ANYTHING;
            if (perPod) {
                hadDictionaries = true;
                value = forPod((ObjectNode) value, where, podType);
            }
            if (!value.isNull() || !field.mayBeNull()) {
                put(field, field.checked(value, where), where);
            }
        }
    }

    /** Takes {@code "a=1,b=[6 6]"}: values as in the file, booleans also as 1/y/yes and 0/n/no, lists with spaces. */
    void readOverrides(String overrides, String origin) {
        if (overrides.isBlank()) {
            return;
        }
        if (overrides.length() > LONGEST_OVERRIDES) {
            throw new InputException(origin + " is longer than " + LONGEST_OVERRIDES + " characters; use a file");
        }
        Map<ConfigField, String> names = new EnumMap<>(ConfigField.class);
        for (String assignment : COMMA_OUTSIDE_BRACKETS.split(overrides, -1)) {
            int equals = assignment.indexOf('=');
            if (equals < 0) {
                throw new InputException(origin + ": \"" + assignment.strip()
                        + "\" has no value; write FIELD=VALUE, separated by commas");
            }
            String name = assignment.substring(0, equals).strip();
            ConfigField field = known(name, origin);
            refuseSecondName(names, field, name, origin);
            String where = origin + ": " + name;
            put(
                    field,
                    field.checked(parsed(field, assignment.substring(equals + 1).strip(), where), where),
                    where);
        }
    }

    private static JsonNode parsed(ConfigField field, String text, String where) {
        switch (field.kind) {
            case FLAG -> {
                String word = text.toLowerCase(Locale.ROOT);
                return YES.contains(word) || NO.contains(word)
                        ? BooleanNode.valueOf(YES.contains(word))
                        : TextNode.valueOf(text);
            }
            case TEXT, OUTPUT_MODE, ANYTHING -> {
                return TextNode.valueOf(text);
            }
            default -> {
                if (text.startsWith("[") && text.endsWith("]")) {
                    String items = text.substring(1, text.length() - 1).strip();
                    return Json.parse("[" + BETWEEN_ITEMS.matcher(items).replaceAll(",") + "]", where);
                }
                return number(text);
            }
        }
    }

    /** A number where the text is one; otherwise the text, which the field's own check then refuses. */
    private static JsonNode number(String text) {
        if (WHOLE_NUMBER.matcher(text).matches()) {
            return LongNode.valueOf(Long.parseLong(text));
        }
        try {
            return DoubleNode.valueOf(Double.parseDouble(text));
        } catch (NumberFormatException e) {
            return TextNode.valueOf(text);
        }
    }

    private static ConfigField known(String name, String origin) {
        ConfigField field = ConfigField.byName().get(name);
        if (field == null) {
            String nearest = NearestName.to(name, ConfigField.byName().keySet());
            throw new InputException(
                    origin + ": there is no field \"" + name + "\"; did you mean \"" + nearest + "\"?");
        }
        return field;
    }

    private static void refuseSecondName(
            Map<ConfigField, String> names, ConfigField field, String name, String origin) {
        String other = names.put(field, name);
        if (other != null) {
            String fault = other.equals(name)
                    ? "\"" + name + "\" is given twice"
                    : "\"" + other + "\" and \"" + name + "\" are two names of the same setting";
            throw new InputException(origin + ": " + fault + "; keep one of them");
        }
    }

    private static JsonNode forPod(ObjectNode byPod, String where, Optional<String> podType) {
        for (Map.Entry<String, JsonNode> entry : byPod.properties()) {
            if (!entry.getKey().equals("default") && !POD_TYPES.contains(entry.getKey())) {
                List<String> keys = new ArrayList<>(POD_TYPES);
                keys.add("default");
                throw new InputException(where + " has values by pod type, but there is no \"" + entry.getKey()
                        + "\"; did you mean \"" + NearestName.to(entry.getKey(), keys) + "\"?");
            }
        }
        String key = podType.orElse("default");
        JsonNode value = byPod.get(key);
        if (value == null) {
            List<String> present =
                    byPod.properties().stream().map(Map.Entry::getKey).toList();
            throw new InputException(
                    podType.isPresent()
                            ? where + " has no value for --pod-type " + key + ", only for " + present + "; choose one"
                            : where + " has values by pod type " + present
                                    + " and no \"default\"; choose one with --pod-type");
        }
        return value;
    }

    void put(ConfigField field, JsonNode value, String where) {
        values.put(field, value);
        origins.put(field, where);
    }

    boolean has(ConfigField field) {
        return values.containsKey(field);
    }

    /** Whether any value of the file depended on the pod type. */
    boolean hadDictionaries() {
        return hadDictionaries;
    }

    Optional<JsonNode> value(ConfigField field) {
        return Optional.ofNullable(values.get(field));
    }

    /** The file or argument and the field's name as it was written there; the published name if it was not given. */
    String where(ConfigField field) {
        return origins.getOrDefault(field, field.published());
    }

    int count(ConfigField field, int otherwise) {
        return value(field).map(JsonNode::intValue).orElse(otherwise);
    }

    boolean flag(ConfigField field) {
        return value(field).map(JsonNode::booleanValue).orElse(false);
    }

    List<Integer> wholes(ConfigField field, List<Integer> otherwise) {
        return value(field).map(list -> ConfigField.wholes(list, where(field))).orElse(otherwise);
    }

    /** The published names of the fields given, of those with this use, in the table's order. */
    List<ConfigField> given(ConfigField.FieldUse use) {
        return values.keySet().stream().filter(field -> field.use == use).toList();
    }
}
