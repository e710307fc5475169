package io.vit4j.search;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.base.RandomKey;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A training argument that a search varies: one of a list of values, or any number in a range.
 *
 * @param name of the argument
 * @param values as on a command line; empty for a range
 * @param distribution of a range
 * @param min lower end of a range
 * @param max upper end of a range
 */
public record Parameter(String name, List<String> values, Distribution distribution, double min, double max) {
    /** Numbers are drawn with so many digits, so that a table shows the very number that was tried. */
    private static final MathContext DIGITS = new MathContext(6);

    private static final Set<String> KEYS = Set.of("values", "value", "min", "max", "distribution");

    /** How a number is drawn from a range. */
    public enum Distribution {
        /** All values of a list alike. */
        CATEGORICAL("categorical"),
        /** All numbers alike. */
        UNIFORM("uniform"),
        /** All whole numbers alike, both ends included. */
        INT_UNIFORM("int_uniform"),
        /** The logarithms of all numbers alike. */
        LOG_UNIFORM("log_uniform_values");

        private final String word;

        Distribution(String word) {
            this.word = word;
        }
    }

    /** Copies the list. */
    public Parameter {
        values = List.copyOf(values);
    }

    static Parameter of(String name, JsonObject json) {
        for (String key : json.keys()) {
            if (!KEYS.contains(key)) {
                throw new InputException(name + " has \"" + key
                        + "\", which means nothing here; give \"values\", or \"min\", \"max\" and \"distribution\"");
            }
        }
        if (json.has("values") || json.has("value")) {
            return choices(name, json);
        }
        if (!json.has("min") || !json.has("max")) {
            throw new InputException(name + " has neither \"values\" nor \"min\" and \"max\"; give one of them");
        }
        double min = json.number("min");
        double max = json.number("max");
        if (!(min < max)) {
            throw new InputException(name + " has \"min\" " + min + " and \"max\" " + max + "; min must be below max");
        }
        Distribution distribution = distribution(name, json, min, max);
        if (distribution == Distribution.LOG_UNIFORM && min <= 0) {
            throw new InputException(name + " has \"min\" " + min + ", which has no logarithm; use a number above 0");
        }
        if (distribution == Distribution.INT_UNIFORM && !(whole(min) && whole(max))) {
            throw new InputException(name + " is to be a whole number, but its \"min\" or \"max\" is none");
        }
        return new Parameter(name, List.of(), distribution, min, max);
    }

    private static Parameter choices(String name, JsonObject json) {
        List<String> values = new ArrayList<>();
        JsonNode node = Json.untyped(json).path(json.has("values") ? "values" : "value");
        if (json.has("values") && !node.isArray()) {
            throw json.wrong("values", "a list");
        }
        (json.has("values") ? node : Json.object().putArray("value").add(node)).forEach(v -> values.add(text(v)));
        if (values.isEmpty()) {
            throw new InputException(name + " has an empty list of values; give at least one");
        }
        if (values.stream().distinct().count() < values.size()) {
            throw new InputException(name + " has a value twice; give each once");
        }
        return new Parameter(name, values, Distribution.CATEGORICAL, Double.NaN, Double.NaN);
    }

    /** As it would stand on a command line. */
    private static String text(JsonNode value) {
        if (value.isArray()) {
            List<String> words = new ArrayList<>();
            value.forEach(word -> words.add(word.asText()));
            return String.join(",", words);
        }
        return value.isValueNode() ? value.asText() : Json.line(value);
    }

    private static Distribution distribution(String name, JsonObject json, double min, double max) {
        JsonNode node = Json.untyped(json);
        boolean whole = node.path("min").isIntegralNumber() && node.path("max").isIntegralNumber();
        String word = json.text("distribution", whole ? "int_uniform" : "uniform");
        for (Distribution distribution : Distribution.values()) {
            if (distribution.word.equals(word) && distribution != Distribution.CATEGORICAL) {
                return distribution;
            }
        }
        throw new InputException(
                name + " has the distribution \"" + word + "\"; use uniform, int_uniform or log_uniform_values");
    }

    private static boolean whole(double number) {
        return number == Math.rint(number) && Math.abs(number) <= Integer.MAX_VALUE / 4;
    }

    String draw(RandomKey.Stream random) {
        return switch (distribution) {
            case CATEGORICAL -> values.get(random.nextInt(values.size()));
            case INT_UNIFORM -> Integer.toString((int) min + random.nextInt((int) (max - min) + 1));
            case UNIFORM -> number(min + (max - min) * random.nextDouble());
            case LOG_UNIFORM -> number(Math.exp(Math.log(min) + (Math.log(max) - Math.log(min)) * random.nextDouble()));
        };
    }

    private static String number(double value) {
        return new BigDecimal(value).round(DIGITS).stripTrailingZeros().toString();
    }

    /** Whether its axis is best drawn by logarithms. */
    public boolean logarithmic() {
        return distribution == Distribution.LOG_UNIFORM;
    }

    JsonObject toJson() {
        return values.isEmpty()
                ? JsonObject.empty().with("min", min).with("max", max).with("distribution", distribution.word)
                : JsonObject.empty().with("values", values);
    }
}
