package io.vit4j.train.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** What was given by name, and the defaults of the rest, read as Java's types. */
abstract class ArgumentValues {
    private final Map<String, JsonNode> given;

    ArgumentValues(Map<String, JsonNode> given) {
        this.given = new LinkedHashMap<>(given);
    }

    final Map<String, JsonNode> given() {
        return given;
    }

    /** The value that holds: the given one or the default. */
    final JsonNode value(String name) {
        JsonNode value = given.get(name);
        return value == null ? ArgumentTable.get(name).initialValue() : value;
    }

    final OptionalInt optionalInt(String name) {
        JsonNode value = value(name);
        return value.isNull() ? OptionalInt.empty() : OptionalInt.of(value.intValue());
    }

    final OptionalDouble optionalDouble(String name) {
        JsonNode value = value(name);
        return value.isNull() ? OptionalDouble.empty() : OptionalDouble.of(value.doubleValue());
    }

    final Optional<String> optionalText(String name) {
        JsonNode value = value(name);
        return value.isNull() ? Optional.empty() : Optional.of(value.asText());
    }

    final JsonObject dictionary(String name) {
        return value(name) instanceof ObjectNode object ? Json.typed(object, name) : JsonObject.empty();
    }

    final List<String> list(String name) {
        List<String> words = new ArrayList<>();
        value(name).forEach(word -> words.add(word.asText()));
        return List.copyOf(words);
    }

    final <E extends Enum<E>> E choice(String name, Class<E> type) {
        return Enum.valueOf(type, value(name).asText().toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    final Optional<LabelWeights> weights(String name) {
        JsonNode value = value(name);
        if (value.isNull()) {
            return Optional.empty();
        }
        if (value.isNumber()) {
            return Optional.of(new LabelWeights.Uniform(value.doubleValue()));
        }
        if (value.isTextual()) {
            return Optional.of(new LabelWeights.Balanced());
        }
        Map<String, Double> byLabel = new LinkedHashMap<>();
        value.properties()
                .forEach(entry -> byLabel.put(entry.getKey(), entry.getValue().doubleValue()));
        return Optional.of(new LabelWeights.ByLabel(Map.copyOf(byLabel)));
    }

    final Duration seconds(String name) {
        return Duration.ofSeconds(value(name).longValue());
    }

    /** Steps, or a ratio of all of them. */
    final long steps(String name, long totalSteps) {
        return stepsOf(value(name), totalSteps);
    }

    static long stepsOf(JsonNode stepsOrRatio, long totalSteps) {
        double value = stepsOrRatio.doubleValue();
        return value < 1 ? (long) Math.ceil(totalSteps * value) : (long) value;
    }

    final Path path(String name) {
        return path(name, value(name).asText());
    }

    /** The path of a text, {@code ~} being the user's home as in transformers. */
    static Path path(String name, String text) {
        boolean fromHome = text.equals("~") || text.startsWith("~/");
        try {
            return Path.of(fromHome ? System.getProperty("user.home") + text.substring(1) : text);
        } catch (InvalidPathException e) {
            throw new InputException(name + ": " + text + " cannot be a path; correct it", e);
        }
    }
}
