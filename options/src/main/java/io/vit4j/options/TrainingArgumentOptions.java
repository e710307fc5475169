package io.vit4j.options;

import io.vit4j.train.arguments.Allowed;
import io.vit4j.train.arguments.Argument;
import io.vit4j.train.arguments.ArgumentTable;
import io.vit4j.train.arguments.Recipe;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArgumentsBuilder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Gives a command every training argument as an option, from the table, grouped in its help, and {@code --args FILE}.
 * Use: {@code @Command(modelTransformer = TrainingArgumentOptions.class)}, then {@link #read}.
 */
public final class TrainingArgumentOptions implements IModelTransformer {
    private static final String FILE = "--args";
    private static final String RECIPE = "--recipe";

    /** Options that the command names itself, with another meaning or name. */
    private static final Map<String, String> ALSO = Map.of("output_dir", "--output");

    @Override
    public CommandSpec transform(CommandSpec command) {
        command.addOption(OptionSpec.builder(RECIPE)
                .type(String.class)
                .paramLabel("NAME")
                .description("Start from settings that go together: " + String.join(", ", Recipe.names())
                        + ". --args and options override them; vit4j recipes NAME prints them.")
                .build());
        command.addOption(OptionSpec.builder(FILE)
                .type(Path.class)
                .paramLabel("FILE.json")
                .description("Read training arguments from a JSON file; options override it.")
                .build());
        Map<String, ArgGroupSpec.Builder> groups = new LinkedHashMap<>();
        for (Argument argument : ArgumentTable.all()) {
            if (argument.honoured()) {
                groups.computeIfAbsent(argument.group(), TrainingArgumentOptions::group)
                        .addArg(option(argument));
            } else {
                command.addOption(option(argument));
            }
        }
        groups.values().forEach(group -> command.addArgGroup(group.build()));
        command.usageMessage().abbreviateSynopsis(true);
        return command;
    }

    /** The arguments that a parsed command line gives: of {@code --recipe}, over them of {@code --args}, over these of its options. */
    public static TrainingArguments read(ParseResult parsed) {
        return read(parsed, "");
    }

    /**
     * The same of a command that has a recipe of its own.
     *
     * @param usual the recipe if none is given; empty for none
     */
    public static TrainingArguments read(ParseResult parsed, String usual) {
        TrainingArgumentsBuilder builder = TrainingArguments.builder();
        String recipe = parsed.matchedOptionValue(RECIPE, usual);
        if (!recipe.isEmpty()) {
            builder.recipe(recipe);
        }
        if (parsed.hasMatchedOption(FILE)) {
            builder.read(parsed.matchedOptionValue(FILE, Path.of("")));
        }
        Map<String, String> given = new LinkedHashMap<>();
        for (Argument argument : ArgumentTable.all()) {
            if (parsed.hasMatchedOption(argument.option())) {
                List<String> words = parsed.matchedOption(argument.option()).stringValues();
                boolean list = argument.type() == Argument.Type.LIST;
                given.put(argument.name(), list ? String.join(",", words) : words.get(words.size() - 1));
            }
        }
        return builder.set(given).build();
    }

    private static ArgGroupSpec.Builder group(String heading) {
        return ArgGroupSpec.builder()
                .heading("%n@|bold " + heading + "|@%n")
                .validate(false)
                .exclusive(false);
    }

    private static OptionSpec option(Argument argument) {
        String[] names = ALSO.containsKey(argument.name())
                ? new String[] {ALSO.get(argument.name()), argument.option()}
                : new String[] {argument.option()};
        OptionSpec.Builder option = OptionSpec.builder(names).hidden(!argument.honoured());
        switch (argument.type()) {
            case BOOLEAN, AUTO_BOOLEAN, FLAG_OR_TEXT, ANY ->
                option.type(String.class).arity("0..1").fallbackValue("true");
            case LIST -> option.type(String[].class).arity("1..*");
            default -> option.type(String.class);
        }
        return option.paramLabel(label(argument))
                .description(description(argument))
                .build();
    }

    private static String label(Argument argument) {
        return switch (argument.type()) {
            case BOOLEAN -> "true|false";
            case AUTO_BOOLEAN -> "auto|true|false";
            case INTEGER -> "N";
            case NUMBER -> "X";
            case STEPS -> "N|RATIO";
            case CHOICE -> "NAME";
            case LIST -> "NAME";
            case DICTIONARY -> "A=X,...";
            case WEIGHTS -> "WEIGHTS";
            case FLAG_OR_TEXT -> "true|DIR";
            case TEXT, ANY -> argument.name().endsWith("_dir") ? "DIR" : "TEXT";
        };
    }

    private static String description(Argument argument) {
        StringBuilder text = new StringBuilder(argument.meaning()).append('.');
        if (argument.allowed() instanceof Allowed.Choices choices) {
            text.append(" One of ").append(choices).append('.');
        }
        String initial = argument.initial();
        boolean hasDefault = !List.of("null", "false").contains(initial) && !initial.matches("[\\[{].*");
        if (hasDefault) {
            text.append(" Default: ").append(initial.replace("\"", "")).append('.');
        }
        // picocli formats descriptions; a lone % would be a conversion.
        return text.toString().replace("%", "%%");
    }
}
