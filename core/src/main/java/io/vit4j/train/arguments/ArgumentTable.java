package io.vit4j.train.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Every training argument that is known, read from the resource {@code arguments.tsv}, which explains its columns. */
public final class ArgumentTable {
    private static final Map<String, JsonNode> INITIAL = new ConcurrentHashMap<>();
    private static final Map<String, Argument> BY_NAME = read();

    private ArgumentTable() {}

    /** All arguments in the table's order. */
    public static Collection<Argument> all() {
        return BY_NAME.values();
    }

    /** The argument of a name written with underscores. */
    public static Optional<Argument> find(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /** All names, with underscores. */
    public static Collection<String> names() {
        return BY_NAME.keySet();
    }

    static Argument get(String name) {
        return find(name).orElseThrow(() -> new IllegalArgumentException("no argument " + name + " in the table"));
    }

    private static Map<String, Argument> read() {
        String table;
        try (InputStream in = ArgumentTable.class.getResourceAsStream("arguments.tsv")) {
            table = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, Argument> byName = new LinkedHashMap<>();
        table.lines()
                .filter(line -> !line.startsWith("#"))
                .map(ArgumentTable::parse)
                .forEach(argument -> {
                    if (byName.put(argument.name(), argument) != null) {
                        throw new IllegalStateException("arguments.tsv has two rows for " + argument.name());
                    }
                });
        return Collections.unmodifiableMap(byName);
    }

    /** An argument's default as its type has it, parsed once. */
    static JsonNode initial(Argument argument) {
        return INITIAL.computeIfAbsent(
                argument.name(), name -> ArgumentValue.parse(argument, Json.parse(argument.initial(), name), name));
    }

    private static Argument parse(String line) {
        String[] column = line.split("\t", -1);
        if (column.length != 10) {
            throw new IllegalStateException("arguments.tsv: not 10 columns: " + line);
        }
        boolean optional = column[1].endsWith("?");
        String type = column[1].replace("?", "").replace('-', '_');
        Argument argument = new Argument(
                column[0],
                Argument.Type.valueOf(upper(type)),
                optional,
                column[3],
                Allowed.parse(column[4]),
                standing(column[5]),
                Argument.Effect.valueOf(upper(column[6])),
                column[7],
                column[8],
                column[9]);
        return argument.withInitial(initial(argument));
    }

    private static Argument.Standing standing(String column) {
        if (column.startsWith("mapped:")) {
            String[] target = column.substring("mapped:".length()).split("=");
            return new Argument.Mapped(target[0], target.length == 1 ? null : target[1]);
        }
        return switch (column) {
            case "honoured" -> new Argument.Honoured();
            case "noted" -> new Argument.Noted();
            case "refused" -> new Argument.Refused();
            default -> throw new IllegalStateException("arguments.tsv: unknown standing " + column);
        };
    }

    private static String upper(String word) {
        return word.toUpperCase(Locale.ROOT);
    }
}
