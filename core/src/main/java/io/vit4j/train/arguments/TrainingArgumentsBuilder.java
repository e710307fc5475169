package io.vit4j.train.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Collects training arguments from one source after another; later values win. Each value is checked when it is set, and
 * all of them together by {@link #build()}. For the meaning of each, see docs/arguments.md and the accessor of
 * {@link TrainingArguments} with the same name.
 */
public final class TrainingArgumentsBuilder extends ArgumentSetters {
    /** Three ways to say one thing: a later source that says one of them replaces what an earlier one said. */
    private static final String LEARNING_RATE = "learning_rate";

    private static final String BASE_LEARNING_RATE = "base_learning_rate";
    private static final Set<String> PRECISION = Set.of("dtype", "bf16", "fp16");

    private final Map<String, JsonNode> given;
    private final Set<String> notes;

    TrainingArgumentsBuilder(Map<String, JsonNode> given, Collection<String> notes) {
        this.given = new LinkedHashMap<>(given);
        this.notes = new LinkedHashSet<>(notes);
    }

    /** @throws InputException if the arguments contradict each other */
    public TrainingArguments build() {
        return new TrainingArguments(given, List.copyOf(notes));
    }

    /** Takes the arguments of a JSON file, an object of names and values; also older names. */
    public TrainingArgumentsBuilder read(Path json) {
        return read(JsonObject.read(json));
    }

    /** Takes the arguments of a JSON object of names and values; also older names. */
    public TrainingArgumentsBuilder read(JsonObject json) {
        Map<String, JsonNode> values = new LinkedHashMap<>();
        Json.untyped(json).properties().forEach(entry -> values.put(entry.getKey(), entry.getValue()));
        return source(values, name -> json.source() + ": " + name);
    }

    /** Takes the arguments of a {@link Recipe} by its name. */
    public TrainingArgumentsBuilder recipe(String name) {
        Map<String, JsonNode> values = new LinkedHashMap<>();
        Json.parseObject(Recipe.named(name).json(), "recipe " + name)
                .properties()
                .forEach(entry -> values.put(entry.getKey(), entry.getValue()));
        return source(values, argument -> "recipe " + name + ": " + argument);
    }

    /** Takes arguments by name, with underscores, values written as on a command line; also older names. */
    public TrainingArgumentsBuilder set(Map<String, String> values) {
        Map<String, JsonNode> texts = new LinkedHashMap<>();
        values.forEach((name, value) -> texts.put(name, TextNode.valueOf(value)));
        return source(texts, name -> "--" + name.replace('_', '-'));
    }

    /**
     * Takes one argument by name, with underscores; also an older name.
     *
     * @param value a boolean, number, text, path, enum, list or map; null unsets nothing
     */
    @Override
    public TrainingArgumentsBuilder set(String name, Object value) {
        add(new ArgumentSource(Map.of(name, json(name, value)), UnaryOperator.identity()));
        return this;
    }

    private TrainingArgumentsBuilder source(Map<String, JsonNode> values, UnaryOperator<String> where) {
        ArgumentSource source = new ArgumentSource(values, where);
        if (source.values().keySet().stream().anyMatch(PRECISION::contains)) {
            given.keySet().removeAll(PRECISION);
        }
        add(source);
        return this;
    }

    private void add(ArgumentSource source) {
        if (source.values().containsKey(LEARNING_RATE)) {
            given.remove(BASE_LEARNING_RATE); // that of a recipe, say, which this one overrides
        }
        given.putAll(source.values());
        notes.addAll(source.notes());
    }

    private static JsonNode json(String name, Object value) {
        if (value == null) {
            return NullNode.instance;
        } else if (value instanceof JsonNode node) {
            return node;
        } else if (value instanceof Boolean flag) {
            return BooleanNode.valueOf(flag);
        } else if (value instanceof Integer || value instanceof Long || value instanceof Short) {
            return LongNode.valueOf(((Number) value).longValue());
        } else if (value instanceof Number number) {
            return DoubleNode.valueOf(number.doubleValue());
        } else if (value instanceof Enum<?> choice) {
            return TextNode.valueOf(choice.name());
        } else if (value instanceof CharSequence || value instanceof Path) {
            return TextNode.valueOf(value.toString());
        } else if (value instanceof Collection<?> words) {
            ArrayNode list = JsonNodeFactory.instance.arrayNode();
            words.forEach(word -> list.add(json(name, word)));
            return list;
        } else if (value instanceof Map<?, ?> map) {
            ObjectNode object = Json.object();
            map.forEach((key, entry) -> object.set(key.toString(), json(name, entry)));
            return object;
        }
        throw new InputException(
                name + ": a " + value.getClass().getSimpleName() + " is not a valid value; give text or a number");
    }
}
