package io.vit4j.train.arguments;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * docs/arguments.md is made from the table. {@code mvn -pl core test -Dtest=ArgumentsPageTest -Dvit4j.write-docs=true}
 * writes it anew.
 */
class ArgumentsPageTest {
    @Test
    void thePageOfArgumentsIsTheTablesOwn() throws IOException {
        Path page = root().resolve("docs/arguments.md");
        if (Boolean.getBoolean("vit4j.write-docs")) {
            Files.createDirectories(page.getParent());
            Files.writeString(page, page());
        }
        assertThat(page).content().isEqualTo(page());
    }

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(here.resolve("cli"))) {
            here = here.getParent();
        }
        return here;
    }

    private static String page() {
        StringBuilder page = new StringBuilder("""
                # Training arguments

                The names, meanings and defaults are those of transformers' `TrainingArguments` (5.12). Names of version 4.20 and
                later, and those of Optimum Graphcore's `IPUTrainingArguments` (0.3.1 to 0.7.1), are accepted too. vit4j adds a few
                of its own. You can set each argument

                - on the command line, as `vit4j train --learning-rate 2e-4` or `--learning_rate 2e-4`. Booleans take a value
                  (`--bf16 false`); without a value they are true;
                - in a JSON file, with `vit4j train --args arguments.json` and `{"learning_rate": 2e-4}`. The command line
                  overrides the file;
                - in Java, with `TrainingArguments.builder().learningRate(2e-4).build()`.

                The output folder and each checkpoint contain a `training_args.json` with the arguments of the run. You can pass
                that file to `--args` again. In the tables, "resume" says what happens if a value changes when a run is resumed:

                - **maths**: refused without `--allow-changed-arguments true`, because the weights would differ;
                - **batch**: the global batch must stay the same, but it may be divided differently;
                - **length**: allowed, and the log says how the schedule changes;
                - empty: the change does not matter.

                """);
        Map<String, List<Argument>> groups = new LinkedHashMap<>();
        for (Argument argument : ArgumentTable.all()) {
            if (argument.honoured()) {
                groups.computeIfAbsent(argument.group(), group -> new ArrayList<>())
                        .add(argument);
            }
        }
        groups.forEach((group, arguments) -> {
            page.append("## ").append(group).append("\n\n");
            if (group.equals("Parallel")) {
                page.append("[parallel.md](parallel.md) explains how they work together.\n\n");
            }
            page.append(
                    "| argument | default | allowed | meaning | from | resume |\n| --- | --- | --- | --- | --- | --- |\n");
            arguments.forEach(argument -> page.append(row(argument)));
            page.append('\n');
        });
        page.append(
                "## Older names\n\nAccepted as the newer name, with a note.\n\n| name | is read as | from |\n| --- | --- | --- |\n");
        for (Argument argument : ArgumentTable.all()) {
            if (argument.standing() instanceof Argument.Mapped mapped) {
                page.append("| `%s` | `%s`%s | %s |\n"
                        .formatted(
                                argument.name(),
                                mapped.target() + (mapped.value() == null ? "" : "=" + mapped.value()),
                                argument.meaning().equals("-") ? "" : ": " + argument.meaning(),
                                argument.origin()));
            }
        }
        others(
                page,
                Argument.Noted.class,
                "## Without effect\n\nAccepted, with a note unless they have their default value.\n");
        others(
                page,
                Argument.Refused.class,
                "## Refused\n\nAn error if they ask for something, because its absence would matter.\n");
        return page.toString();
    }

    private static String row(Argument argument) {
        String effect = switch (argument.effect()) {
            case MATHEMATICS -> "maths";
            case BATCH -> "batch";
            case LENGTH -> "length";
            case NONE -> "";
        };
        return "| `%s` | %s | %s | %s | %s | %s |\n"
                .formatted(
                        argument.name(),
                        argument.initialValue().isNull()
                                ? ""
                                : "`" + Json.line(argument.initialValue()).replace("\"", "") + "`",
                        allowed(argument),
                        argument.meaning(),
                        argument.origin(),
                        effect);
    }

    private static String allowed(Argument argument) {
        return switch (argument.type()) {
            case BOOLEAN -> "true, false";
            case AUTO_BOOLEAN -> "auto, true, false";
            case INTEGER -> argument.allowed().toString();
            case NUMBER -> argument.allowed().toString();
            case STEPS -> "a count, or a ratio below 1";
            case CHOICE, LIST -> "`" + argument.allowed().toString().replace(", ", "`, `") + "`";
            case DICTIONARY -> "JSON or `a=1,b=2`";
            case WEIGHTS -> "`balanced`, a number, JSON or `A=1,B=2`";
            case FLAG_OR_TEXT -> "true, or a folder";
            case TEXT, ANY -> "";
        };
    }

    private static void others(StringBuilder page, Class<? extends Argument.Standing> standing, String heading) {
        page.append('\n').append(heading).append("\n| name | why | from |\n| --- | --- | --- |\n");
        for (Argument argument : ArgumentTable.all()) {
            if (standing.isInstance(argument.standing())) {
                page.append("| `%s` | %s | %s |\n".formatted(argument.name(), argument.meaning(), argument.origin()));
            }
        }
    }
}
