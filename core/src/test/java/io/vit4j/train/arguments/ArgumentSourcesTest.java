package io.vit4j.train.arguments;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import javax.lang.model.SourceVersion;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The accessors of {@link TrainingArguments} and the setters of its builder are made from the table. {@code mvn -pl core -am
 * test -Dtest=ArgumentSourcesTest -Dvit4j.write-docs=true} writes both anew.
 */
class ArgumentSourcesTest {
    private static final Path FOLDER = Path.of("src/main/java/io/vit4j/train/arguments");
    private static final int LONGEST_LINE = 120;

    /** One honoured argument, as Java sees it. */
    private record Row(String name, String java, String meaning) {
        boolean byHand() {
            return java.startsWith("(");
        }

        String method() {
            String camelCase = ArgumentTableTest.camelCase(name);
            return SourceVersion.isKeyword(camelCase) ? camelCase + "Name" : camelCase;
        }
    }

    private enum Source {
        ACCESSORS("ArgumentAccessors.java", ArgumentSourcesTest::accessors),
        SETTERS("ArgumentSetters.java", ArgumentSourcesTest::setters);

        private final String file;
        private final Function<List<Row>, String> make;

        Source(String file, Function<List<Row>, String> make) {
            this.file = file;
            this.make = make;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSourceIsTheTablesOwn(Source source) throws IOException {
        Path file = FOLDER.resolve(source.file);
        String made = source.make.apply(rows());
        if (Boolean.getBoolean("vit4j.write-docs")) {
            Files.writeString(file, made);
        }
        assertThat(file).content().isEqualTo(made);
    }

    private static List<Row> rows() {
        try (InputStream in = ArgumentTable.class.getResourceAsStream("arguments.tsv")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t", -1))
                    .filter(column -> column[5].equals("honoured"))
                    .map(column -> new Row(column[0], column[2], column[9]))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String accessors(List<Row> rows) {
        List<Row> made = rows.stream().filter(row -> !row.byHand()).toList();
        StringBuilder methods = new StringBuilder();
        made.forEach(row -> methods.append(comment(row.meaning()))
                .append("    public %s %s(%s) {\n        return %s;\n    }\n"
                        .formatted(
                                row.java(),
                                row.method(),
                                row.java().equals("long") && isSteps(row) ? "long totalSteps" : "",
                                reading(row))));
        return """
                package io.vit4j.train.arguments;

                %s
                /** What arguments say, each by itself. Made from the table by {@code ArgumentSourcesTest}; not to be changed by hand. */
                abstract class ArgumentAccessors extends ArgumentValues {
                    ArgumentAccessors(Map<String, JsonNode> given) {
                        super(given);
                    }
                %s}
                """.formatted(
                        imports(made, Set.of("com.fasterxml.jackson.databind.JsonNode", "java.util.Map")), methods);
    }

    private static boolean isSteps(Row row) {
        return ArgumentTable.get(row.name()).type() == Argument.Type.STEPS;
    }

    private static String reading(Row row) {
        String said = "\"" + row.name() + "\"";
        return switch (row.java()) {
            case "boolean" -> "value(" + said + ").booleanValue()";
            case "int" -> "value(" + said + ").intValue()";
            case "long" -> isSteps(row) ? "steps(" + said + ", totalSteps)" : "value(" + said + ").longValue()";
            case "double" -> "value(" + said + ").doubleValue()";
            case "String" -> "value(" + said + ").asText()";
            case "Path" -> "path(" + said + ")";
            case "Duration" -> "seconds(" + said + ")";
            case "OptionalInt" -> "optionalInt(" + said + ")";
            case "OptionalDouble" -> "optionalDouble(" + said + ")";
            case "Optional<String>" -> "optionalText(" + said + ")";
            case "Optional<LabelWeights>" -> "weights(" + said + ")";
            case "List<String>" -> "list(" + said + ")";
            case "JsonObject" -> "dictionary(" + said + ")";
            default -> "choice(" + said + ", " + row.java() + ".class)";
        };
    }

    private static String setters(List<Row> rows) {
        StringBuilder methods = new StringBuilder();
        rows.forEach(row -> methods.append(comment(row.meaning()))
                .append(
                        "    public TrainingArgumentsBuilder %s(%s value) {\n        return set(\"%s\", value);\n    }\n"
                                .formatted(row.method(), given(row), row.name())));
        List<Row> asGiven = rows.stream()
                .map(row -> new Row(row.name(), given(row), row.meaning()))
                .toList();
        return """
                package io.vit4j.train.arguments;

                %s
                /** Sets one argument each. Made from the table by {@code ArgumentSourcesTest}; not to be changed by hand. */
                abstract class ArgumentSetters {
                    /** Takes one argument by name. */
                    public abstract TrainingArgumentsBuilder set(String name, Object value);
                %s}
                """.formatted(imports(asGiven, Set.of()), methods);
    }

    /** The type in which a value is given. */
    private static String given(Row row) {
        if (row.byHand()) {
            return row.java().substring(1, row.java().length() - 1);
        }
        return switch (row.java()) {
            case "OptionalInt", "Duration" -> "int";
            case "OptionalDouble" -> "double";
            case "Optional<String>" -> "String";
            case "Optional<LabelWeights>" -> "Object";
            case "JsonObject" -> "Map<String, ?>";
            case "long" -> isSteps(row) ? "double" : "long";
            default -> row.java();
        };
    }

    private static String imports(List<Row> rows, Set<String> besides) {
        Set<String> names = new TreeSet<>(besides);
        for (Row row : rows) {
            String java = row.java();
            if (java.startsWith("Optional")) {
                names.add("java.util." + java.replaceFirst("<.*", ""));
            } else if (java.startsWith("List") || java.startsWith("Map")) {
                names.add("java.util." + java.replaceFirst("<.*", ""));
            } else if (java.equals("Path")) {
                names.add("java.nio.file.Path");
            } else if (java.equals("Duration")) {
                names.add("java.time.Duration");
            } else if (java.equals("JsonObject")) {
                names.add("io.vit4j.base.JsonObject");
            } else if (isEnum(java)) {
                names.add("io.vit4j.train.arguments.TrainingArguments." + java);
            }
        }
        StringBuilder imports = new StringBuilder();
        names.forEach(name -> imports.append("import ").append(name).append(";\n"));
        return imports.toString();
    }

    private static boolean isEnum(String java) {
        return !Set.of("boolean", "int", "long", "double", "String", "Object").contains(java);
    }

    /** A comment of one line, or of as many as the meaning needs. */
    private static String comment(String meaning) {
        String text = meaning.replace("&", "&amp;").replace("<", "&lt;") + ".";
        String line = "    /** " + text + " */\n";
        if (line.length() <= LONGEST_LINE + 1) {
            return "\n" + line;
        }
        List<String> lines = new ArrayList<>(List.of(""));
        for (String word : text.split(" ")) {
            String last = lines.get(lines.size() - 1);
            String longer = last.isEmpty() ? word : last + " " + word;
            if (longer.length() > LONGEST_LINE - "     * ".length()) {
                lines.add(word);
            } else {
                lines.set(lines.size() - 1, longer);
            }
        }
        return "\n    /**\n     * " + String.join("\n     * ", lines) + "\n     */\n";
    }
}
