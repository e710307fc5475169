package io.vit4j.train.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;

/**
 * One row of the table of training arguments.
 *
 * @param name as transformers writes it, with underscores
 * @param type what its value may be
 * @param optional whether it may be unset
 * @param initial its value if none is given, as JSON
 * @param allowed which values of the type are allowed
 * @param standing what vit4j does with it
 * @param effect what changing it between a run and its resumption means
 * @param group its heading in {@code --help}
 * @param origin who named it: transformers, transformers-4, optimum or vit4j
 * @param meaning what it does, or why it does nothing here and what to do
 */
public record Argument(
        String name,
        Type type,
        boolean optional,
        String initial,
        Allowed allowed,
        Standing standing,
        Effect effect,
        String group,
        String origin,
        String meaning) {

    /** Kinds of values. */
    public enum Type {
        /** true or false. */
        BOOLEAN,
        /** auto, true or false. */
        AUTO_BOOLEAN,
        /** A whole number. */
        INTEGER,
        /** A number. */
        NUMBER,
        /** A count, or below 1 a ratio of all steps. */
        STEPS,
        /** Any text. */
        TEXT,
        /** One of a few names. */
        CHOICE,
        /** Several names. */
        LIST,
        /** Settings by name, as JSON or {@code a=1,b=2}. */
        DICTIONARY,
        /** Weights of labels: {@code balanced}, a number, or {@code label=weight,...}. */
        WEIGHTS,
        /** true, or a text. */
        FLAG_OR_TEXT,
        /** Never read. */
        ANY
    }

    /** What vit4j does with an argument. */
    public sealed interface Standing {}

    /** It has the meaning that the table states. */
    public record Honoured() implements Standing {}

    /**
     * Another argument's older name.
     *
     * @param target the newer name
     * @param value what the newer one becomes if the older is true; null if it takes the older one's value
     */
    public record Mapped(String target, String value) implements Standing {}

    /** It has no meaning here: accepted, and said once. */
    public record Noted() implements Standing {}

    /** Its purpose would be missed: an error where it asks for something. */
    public record Refused() implements Standing {}

    /** What a change of the argument does to a run that is resumed. */
    public enum Effect {
        /** Later weights are others. */
        MATHEMATICS,
        /** Part of the global batch, which may be divided in another way but must stay the same. */
        BATCH,
        /** The run ends later or earlier, and the learning rate with it. */
        LENGTH,
        /** None. */
        NONE
    }

    /** {@return whether it has the meaning that the table states} */
    public boolean honoured() {
        return standing instanceof Honoured;
    }

    /** The spelling on the command line: {@code --learning-rate}. */
    public String option() {
        return "--" + name.replace('_', '-');
    }

    /** {@return its value where none is given, parsed} */
    JsonNode initialValue() {
        return ArgumentTable.initial(this);
    }

    Argument withInitial(JsonNode value) {
        return new Argument(name, type, optional, Json.line(value), allowed, standing, effect, group, origin, meaning);
    }
}
