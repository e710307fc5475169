package io.vit4j.train.arguments;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/**
 * The table against the argument classes of transformers 5.12 and of Optimum Graphcore 0.3.1 to 0.7.1; their names and
 * defaults, as their dataclasses have them, are the resources read here.
 */
class ArgumentTableTest {
    /** Where vit4j's default is deliberately not transformers'. */
    private static final Map<String, String> DEPARTURES = Map.of(
            "bf16", "\"auto\"",
            "optim", "\"adamw_torch\"", // adamw_torch_fused is the same mathematics
            "output_dir", "\"trainer_output\"", // what None becomes in __post_init__
            "report_to", "[]"); // what "none" becomes in __post_init__

    @Test
    void everyFieldOfTransformersIsKnown() {
        assertThat(ArgumentTable.names())
                .containsAll(names("transformers-5.12-defaults.json"))
                .containsAll(text("transformers-4-names.txt").lines().toList());
    }

    @Test
    void everyFieldOfOptimumGraphcoreIsKnown() {
        assertThat(ArgumentTable.names()).containsAll(names("optimum-graphcore-defaults.json"));
    }

    @Test
    void everyHonouredArgumentHasTheDefaultOfTransformers() {
        SoftAssertions all = new SoftAssertions();
        resource("transformers-5.12-defaults.json").properties().forEach(entry -> {
            Argument argument = ArgumentTable.get(entry.getKey());
            if (argument.honoured()) {
                JsonNode expected = DEPARTURES.containsKey(argument.name())
                        ? Json.parse(DEPARTURES.get(argument.name()), "departure")
                        : ArgumentValue.parse(argument, entry.getValue(), argument.name());
                all.assertThat(argument.initialValue()).as(argument.name()).isEqualTo(expected);
            }
        });
        all.assertAll();
    }

    @Test
    void everyDefaultOfTransformersAndOptimumPassesWithoutAWord() {
        assertThat(notesOfAll("transformers-5.12-defaults.json")).isEmpty();
        // Optimum's default of this one is not transformers'.
        assertThat(notesOfAll("optimum-graphcore-defaults.json"))
                .singleElement()
                .asString()
                .startsWith("logging_nan_inf_filter");
    }

    private static List<String> notesOfAll(String file) {
        TrainingArgumentsBuilder builder = TrainingArguments.builder();
        resource(file).properties().forEach(entry -> builder.set(entry.getKey(), entry.getValue()));
        return builder.build().notes();
    }

    /** A value that asks for something is honoured, mapped, noted or refused, as the row says: there is no fifth way. */
    @Test
    void everyRowIsTreatedAsItsStandingSays() {
        SoftAssertions all = new SoftAssertions();
        for (Argument argument : ArgumentTable.all()) {
            String name = argument.name();
            String value = other(argument);
            String fate;
            TrainingArguments args = null;
            try {
                args = completing(name).set(Map.of(name, value)).build();
                fate = args.notes().stream().anyMatch(note -> note.startsWith(name + " has no effect"))
                        ? "Noted"
                        : args.notes().stream().anyMatch(note -> note.startsWith(name + " is read as"))
                                ? "Mapped"
                                : args.isGiven(name) ? "Honoured" : "lost";
            } catch (InputException e) {
                fate = e.getMessage().equals(argument.option() + ": " + argument.meaning())
                        ? "Refused"
                        : e.getMessage();
            }
            all.assertThat(fate)
                    .as(name + "=" + value)
                    .isEqualTo(argument.standing().getClass().getSimpleName());
            if (args != null && argument.standing() instanceof Argument.Mapped mapped) {
                all.assertThat(args.isGiven(mapped.target())).as(name).isTrue();
            }
        }
        all.assertAll();
    }

    /** What an argument needs beside it to be given. */
    private static TrainingArgumentsBuilder completing(String name) {
        TrainingArgumentsBuilder builder = TrainingArguments.builder();
        return switch (name) {
            case "load_best_model_at_end" -> builder.evalStrategy(TrainingArguments.Strategy.STEPS);
            case "distillation_type", "distillation_alpha", "distillation_tau" -> builder.teacher("somewhere");
            case "weight_decay_end" -> builder.weightDecay(0.1);
            case "model_ema_warmup" -> builder.modelEmaDecay(0.9);
            case "early_stopping_patience" -> builder.evalStrategy(TrainingArguments.Strategy.EPOCH);
            default -> builder;
        };
    }

    /** A value that is allowed, asks for something, and is not the default. */
    private static String other(Argument argument) {
        return switch (argument.type()) {
            case BOOLEAN ->
                argument.initialValue().isNull() || !argument.initialValue().booleanValue() ? "true" : "false";
            case AUTO_BOOLEAN -> "true";
            case INTEGER -> "7";
            case NUMBER -> "0.25";
            case STEPS -> "0.5";
            case CHOICE ->
                last(argument).equals("best")
                        ? "epoch"
                        : argument.name().equals("lr_scheduler_type") ? "cosine" : last(argument);
            case LIST -> "csv";
            case DICTIONARY -> "{}"; // what may stand in it depends on others
            case WEIGHTS -> "balanced";
            case TEXT, FLAG_OR_TEXT ->
                switch (argument.name()) {
                    case "image_size" -> "384x512";
                    case "augment" -> "flip";
                    default -> "somewhere";
                };
            case ANY ->
                argument.initialValue().isBoolean() && argument.initialValue().booleanValue() ? "false" : "true";
        };
    }

    private static String last(Argument argument) {
        List<String> words = ((Allowed.Choices) argument.allowed()).words();
        return words.get(words.size() - 1);
    }

    @Test
    void everyRowSaysWhatItMeansOrWhyNot() {
        for (Argument argument : ArgumentTable.all()) {
            assertThat(argument.meaning()).as(argument.name()).isNotBlank();
            assertThat(argument.origin())
                    .as(argument.name())
                    .isIn("transformers", "transformers-4", "optimum", "timm", "vit4j");
            assertThat(argument.group().equals("-")).as(argument.name()).isNotEqualTo(argument.honoured());
            if (argument.standing() instanceof Argument.Mapped mapped) {
                assertThat(ArgumentTable.get(mapped.target()).honoured()).isTrue();
            }
        }
    }

    static String camelCase(String name) {
        String[] words = name.split("_");
        return words[0]
                + Arrays.stream(words)
                        .skip(1)
                        .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
                        .collect(Collectors.joining());
    }

    private static Set<String> names(String file) {
        Map<String, JsonNode> byName = new TreeMap<>();
        resource(file).properties().forEach(entry -> byName.put(entry.getKey(), entry.getValue()));
        assertThat(byName).hasSizeGreaterThan(70);
        return byName.keySet();
    }

    private static ObjectNode resource(String file) {
        return Json.parseObject(text(file), file);
    }

    private static String text(String file) {
        try (InputStream in = ArgumentTableTest.class.getResourceAsStream(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
