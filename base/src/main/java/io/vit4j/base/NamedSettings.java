package io.vit4j.base;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;

/** The settings given to a schedule, an optimizer or a loss ({@code optim_args}, say), and which of them it knows. */
public final class NamedSettings {
    private final String argument;
    private final String type;
    private final JsonNode given;
    private final TreeSet<String> known = new TreeSet<>();

    /**
     * @param argument that they were given by, such as {@code optim_args}
     * @param type whose settings they are, such as {@code sgd}
     */
    public NamedSettings(String argument, String type, JsonObject given) {
        this.argument = argument;
        this.type = type;
        this.given = given.node();
    }

    /** Whether a setting was given. */
    public boolean has(String name) {
        known.add(name);
        return given.hasNonNull(name);
    }

    /** The number given, or another. */
    public double number(String name, double otherwise) {
        if (!has(name)) {
            return otherwise;
        }
        JsonNode value = given.get(name);
        if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
            throw wrong(name, value + " is not a number");
        }
        return value.doubleValue();
    }

    /** The given number, which must be within bounds, or a default. */
    public double number(String name, double otherwise, double lowest, double highest) {
        double value = number(name, otherwise);
        if (value < lowest || value > highest) {
            throw wrong(name, value + " is outside " + lowest + " to " + highest);
        }
        return value;
    }

    /** A count of steps. */
    public double steps(String name, double otherwise) {
        double value = number(name, otherwise, 0, Integer.MAX_VALUE);
        if (value != Math.rint(value)) {
            throw wrong(name, value + " is not a whole number");
        }
        return value;
    }

    /** Whether that very word was given. */
    public boolean is(String name, String word) {
        return has(name) && given.get(name).asText().equals(word);
    }

    /** The word given, which must be one of those allowed, or another. */
    public String word(String name, String otherwise, List<String> allowed) {
        String value = has(name) ? given.get(name).asText() : otherwise;
        if (!allowed.contains(value)) {
            throw wrong(name, value + " is not one of " + String.join(", ", allowed));
        }
        return value;
    }

    /** The flag given, or another. */
    public boolean flag(String name, boolean otherwise) {
        if (!has(name)) {
            return otherwise;
        }
        if (!given.get(name).isBoolean()) {
            throw wrong(name, given.get(name) + " is neither true nor false");
        }
        return given.get(name).booleanValue();
    }

    /** What to throw if a setting is wrong. */
    public InputException wrong(String name, String what) {
        return new InputException(argument + ": " + name + ": " + what + "; correct it");
    }

    /** Every setting given must be one that was asked for. */
    public void checkAllRead() {
        for (Iterator<String> names = given.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!known.contains(name)) {
                throw new InputException(argument + ": " + name + " is not a setting of " + type + "; "
                        + (known.isEmpty()
                                ? "it has none"
                                : "did you mean " + NearestName.to(name, known) + "? It has "
                                        + String.join(", ", known)));
            }
        }
    }
}
