package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rows and columns of a picture or a patch, as a {@code config.json} gives them: one whole number for both, or {@code [height, width]}. */
public record Sides(int height, int width) {
    private static final Pattern SAID = Pattern.compile("([1-9]\\d{0,3})(?:x([1-9]\\d{0,3}))?");

    /** Reads them; InputException if it is something else. */
    public static Sides read(JsonObject json, String key, int otherwise) {
        List<Integer> given = json.integers(key);
        return switch (given.size()) {
            case 0 -> new Sides(otherwise, otherwise);
            case 1 -> new Sides(given.get(0), given.get(0));
            case 2 -> new Sides(given.get(0), given.get(1));
            default -> throw json.wrong(key, "a whole number or [height, width]");
        };
    }

    /**
     * {@code N}, or {@code HxW}: rows and columns; InputException if it is something else.
     *
     * @param what is said so, for the message
     */
    public static Sides parse(String what, String said) {
        Matcher sides = SAID.matcher(said.strip());
        if (!sides.matches()) {
            throw new InputException(
                    what + " '" + said + "' is no size; give N, or HxW for H rows and W columns, each 1 to 9999");
        }
        int height = Integer.parseInt(sides.group(1));
        return new Sides(height, sides.group(2) == null ? height : Integer.parseInt(sides.group(2)));
    }

    /**
     * The same configuration with these if they are alike. Otherwise it stays as it is: for families whose configurations are of square
     * pictures in transformers, and whose positions it brings to any others as it sees them.
     */
    public JsonObject squareOver(JsonObject json, String key) {
        return height == width ? json.with(key, height) : json;
    }

    /** The same configuration with these. */
    public JsonObject writtenOver(JsonObject json, String key) {
        return height == width ? json.with(key, height) : json.with(key, List.of(height, width));
    }

    @Override
    public String toString() {
        return height == width ? Integer.toString(height) : height + "x" + width;
    }
}
