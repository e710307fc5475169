package io.vit4j.base;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * A JSON object, such as a model's {@code config.json}, read by type. It never changes: {@link #with} gives a new one. Keys keep
 * their order, and what nobody asks for is kept. A value of the wrong type is an {@link InputException} that names file and key.
 *
 * <pre>{@code
 * JsonObject config = JsonObject.read(folder.resolve("config.json"));
 * int hidden = config.integer("hidden_size", 768);
 * Files.writeString(file, config.with("hidden_size", 2 * hidden).pretty());
 * }</pre>
 */
public final class JsonObject {
    private static final int LONGEST_SHOWN = 40;

    private final ObjectNode node; // never handed out, never changed
    private final String source;

    JsonObject(ObjectNode node, String source) {
        this.node = node;
        this.source = source;
    }

    /** {@return an object without keys} */
    public static JsonObject empty() {
        return new JsonObject(JsonNodeFactory.instance.objectNode(), "JSON");
    }

    /** Reads a file that contains an object; InputException if it is absent or contains something else. */
    public static JsonObject read(Path file) {
        return new JsonObject(Json.readObject(file), file.toString());
    }

    /**
     * Parses an object.
     *
     * @param source where the text came from, for messages
     */
    public static JsonObject parse(String text, String source) {
        return new JsonObject(Json.parseObject(text, source), source);
    }

    /** {@return the same object as Jackson's own type; do not modify it} */
    ObjectNode node() {
        return node;
    }

    /** {@return where it came from: the file's name, for messages} */
    public String source() {
        return source;
    }

    /** {@return its keys in their order} */
    public List<String> keys() {
        List<String> keys = new ArrayList<>();
        node.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    /** Whether the key is there and its value is not {@code null}. */
    public boolean has(String key) {
        return node.hasNonNull(key);
    }

    /** A whole number that must be there. */
    public int integer(String key) {
        return required(key, this::asInteger);
    }

    /** A whole number, or {@code otherwise} if the key is absent or null. */
    public int integer(String key, int otherwise) {
        return has(key) ? asInteger(key, node.get(key)) : otherwise;
    }

    /** A whole number of at least 0 that must be there. */
    public long count(String key) {
        return required(key, (name, value) -> {
            if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
                throw wrong(name, "a whole number of at least 0");
            }
            return value.longValue();
        });
    }

    /** A number that must be there. */
    public double number(String key) {
        return required(key, this::asNumber);
    }

    /** A number, or {@code otherwise} if the key is absent or null. */
    public double number(String key, double otherwise) {
        return has(key) ? asNumber(key, node.get(key)) : otherwise;
    }

    /** A number, also one that is not finite, which is written as a string ("NaN"); empty if the key holds neither. */
    public OptionalDouble anyNumber(String key) {
        JsonNode value = node.path(key);
        if (value.isNumber()) {
            return OptionalDouble.of(value.doubleValue());
        }
        return switch (value.asText()) {
            case "NaN" -> OptionalDouble.of(Double.NaN);
            case "Infinity" -> OptionalDouble.of(Double.POSITIVE_INFINITY);
            case "-Infinity" -> OptionalDouble.of(Double.NEGATIVE_INFINITY);
            default -> OptionalDouble.empty();
        };
    }

    /** {@code true} or {@code false}, or {@code otherwise} if the key is absent or null. */
    public boolean bool(String key, boolean otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        if (!node.get(key).isBoolean()) {
            throw wrong(key, "true or false");
        }
        return node.get(key).booleanValue();
    }

    /** A string that must be there. */
    public String text(String key) {
        return required(key, this::asText);
    }

    /** A string, or {@code otherwise} if the key is absent or null. */
    public String text(String key, String otherwise) {
        return has(key) ? asText(key, node.get(key)) : otherwise;
    }

    /** A list of whole numbers; a single number is a list of one. Empty if the key is absent or null. */
    public List<Integer> integers(String key) {
        return list(key, this::asInteger);
    }

    /** A list of numbers; a single number is a list of one. Empty if the key is absent or null. */
    public List<Double> numbers(String key) {
        return list(key, this::asNumber);
    }

    /** A list of strings; a single string is a list of one. Empty if the key is absent or null. */
    public List<String> texts(String key) {
        return list(key, this::asText);
    }

    /** An object within this one; without keys if the key is absent or null. */
    public JsonObject object(String key) {
        if (!has(key)) {
            return new JsonObject(JsonNodeFactory.instance.objectNode(), source);
        }
        return asObject(key, node.get(key));
    }

    /** A list of objects; empty if the key is absent or null. */
    public List<JsonObject> objects(String key) {
        return list(key, this::asObject);
    }

    /** Its strings by key, in order; every value must be a string. */
    public Map<String, String> asTexts() {
        Map<String, String> texts = new LinkedHashMap<>();
        keys().forEach(key -> texts.put(key, text(key)));
        return texts;
    }

    /** The same with a string under that key. */
    public JsonObject with(String key, String value) {
        return changed(copy -> copy.put(key, value));
    }

    /** The same with a whole number under that key. */
    public JsonObject with(String key, int value) {
        return changed(copy -> copy.put(key, value));
    }

    /** The same with a whole number under that key. */
    public JsonObject with(String key, long value) {
        return changed(copy -> copy.put(key, value));
    }

    /** The same with a number under that key. */
    public JsonObject with(String key, double value) {
        return changed(copy -> copy.put(key, value));
    }

    /** The same with {@code true} or {@code false} under that key. */
    public JsonObject with(String key, boolean value) {
        return changed(copy -> copy.put(key, value));
    }

    /** The same with an object under that key. */
    public JsonObject with(String key, JsonObject value) {
        return changed(copy -> copy.set(key, value.node));
    }

    /** The same with a list under that key, of strings, numbers, booleans or objects. */
    public JsonObject with(String key, List<?> values) {
        return changed(copy -> {
            ArrayNode list = copy.putArray(key);
            values.forEach(value -> list.add(value instanceof JsonObject object ? object.node : Json.tree(value)));
            return copy;
        });
    }

    /** The same with these numbers, each under its name. */
    public JsonObject withNumbers(Map<String, Double> numbers) {
        return changed(copy -> {
            numbers.forEach(copy::put);
            return copy;
        });
    }

    /** The same with all that another holds, which goes before what is here. */
    public JsonObject withAll(JsonObject other) {
        return changed(copy -> copy.setAll(other.node));
    }

    /** The same with an object of these strings, numbers or booleans under that key. */
    public JsonObject with(String key, Map<String, ?> values) {
        return changed(copy -> copy.set(key, Json.tree(values)));
    }

    /** The same without that key. */
    public JsonObject without(String key) {
        return changed(copy -> copy.remove(key));
    }

    /** {@return it as text over several lines, as Python's {@code json.dump(..., indent=2)} writes it, ended by a line feed} */
    public String pretty() {
        return Json.pretty(node);
    }

    /** {@return it as text in one line} */
    public String line() {
        return Json.line(node);
    }

    /** What is wrong with the value of a key, to be thrown: file, key, what is there, and what is expected. */
    public InputException wrong(String key, String expected) {
        JsonNode value = node.path(key);
        String text = value.asText();
        boolean shown = value.isNumber() && text.length() <= LONGEST_SHOWN;
        return new InputException(source + ": \"" + key + "\" is " + (shown ? text : Json.describe(value)) + ", not "
                + expected + "; correct it");
    }

    private JsonObject changed(Function<ObjectNode, Object> change) {
        ObjectNode copy = JsonNodeFactory.instance.objectNode();
        copy.setAll(node); // what lies within is never changed, so both may have it
        change.apply(copy);
        return new JsonObject(copy, source);
    }

    private interface Reading<T> {
        T of(String key, JsonNode value);
    }

    private <T> T required(String key, Reading<T> reading) {
        if (!has(key)) {
            throw new InputException(source + ": has no \"" + key + "\"; add it");
        }
        return reading.of(key, node.get(key));
    }

    private <T> List<T> list(String key, Reading<T> reading) {
        if (!has(key)) {
            return List.of();
        }
        JsonNode value = node.get(key);
        if (!value.isArray()) {
            return List.of(reading.of(key, value));
        }
        List<T> list = new ArrayList<>();
        value.forEach(item -> list.add(reading.of(key, item)));
        return List.copyOf(list);
    }

    private int asInteger(String key, JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw wrong(key, "a whole number");
        }
        return value.intValue();
    }

    private double asNumber(String key, JsonNode value) {
        if (!value.isNumber()) {
            throw wrong(key, "a number");
        }
        return value.doubleValue();
    }

    private String asText(String key, JsonNode value) {
        if (!value.isTextual()) {
            throw wrong(key, "a string");
        }
        return value.textValue();
    }

    private JsonObject asObject(String key, JsonNode value) {
        if (!(value instanceof ObjectNode object)) {
            throw wrong(key, "an object");
        }
        return new JsonObject(object, source);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof JsonObject object && node.equals(object.node);
    }

    @Override
    public int hashCode() {
        return node.hashCode();
    }

    @Override
    public String toString() {
        return line();
    }
}
