package io.vit4j.model;

import io.vit4j.base.JsonObject;
import java.util.List;

/** Rows and columns of a picture or a patch, as a {@code config.json} gives them: one whole number for both, or {@code [height, width]}. */
public record Sides(int height, int width) {
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

    /** The same configuration with these. */
    public JsonObject writtenOver(JsonObject json, String key) {
        return height == width ? json.with(key, height) : json.with(key, List.of(height, width));
    }

    @Override
    public String toString() {
        return height == width ? Integer.toString(height) : height + "x" + width;
    }
}
