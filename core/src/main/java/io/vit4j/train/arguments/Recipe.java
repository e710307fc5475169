package io.vit4j.train.arguments;

import io.vit4j.base.InputException;
import io.vit4j.base.NearestName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Training arguments that go together, by name: a JSON file in the jar, as {@code --args} reads one.
 *
 * @param name such as {@code x-ray}
 * @param purpose what it is for
 * @param source where its settings come from
 */
public record Recipe(String name, String purpose, String source) {
    private static final String FOLDER = "recipes/";

    /** {@return every recipe} */
    public static List<Recipe> all() {
        return text("index.tsv")
                .lines()
                .map(line -> line.split("\t"))
                .map(columns -> new Recipe(columns[0], columns[1], columns[2]))
                .toList();
    }

    /** {@return the names of all recipes} */
    public static List<String> names() {
        return all().stream().map(Recipe::name).toList();
    }

    /** The recipe of that name; InputException if there is none. */
    public static Recipe named(String name) {
        return all().stream()
                .filter(recipe -> recipe.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new InputException("recipe '" + name + "' is unknown; did you mean "
                        + NearestName.to(name, names()) + "? There are " + String.join(", ", names())));
    }

    /** {@return its arguments: the content of the file} */
    public String json() {
        return text(name + ".json");
    }

    private static String text(String file) {
        try (InputStream stored = Recipe.class.getResourceAsStream(FOLDER + file)) {
            return new String(stored.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
