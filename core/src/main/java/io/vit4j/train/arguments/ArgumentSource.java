package io.vit4j.train.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.vit4j.base.InputException;
import io.vit4j.base.NearestName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The arguments that one source gives (a file, a command line, a program), brought to today's names: what is honoured
 * is parsed, older names are mapped, what has no meaning is noted, and what would be missed is refused.
 */
final class ArgumentSource {
    private final Map<String, JsonNode> values = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private final Map<String, JsonNode> raw;
    private final UnaryOperator<String> where;

    /**
     * @param raw values by name
     * @param where from an argument's name to how this source says it, for messages
     */
    ArgumentSource(Map<String, JsonNode> raw, UnaryOperator<String> where) {
        this.raw = raw;
        this.where = where;
        raw.keySet().forEach(this::checkKnown);
        raw.forEach(this::readHonoured);
        raw.forEach(this::readOthers);
    }

    /** By today's names, in the one form of their types; none that are unset. */
    Map<String, JsonNode> values() {
        return values;
    }

    /** What the user should know of how the arguments were read, one line each. */
    List<String> notes() {
        return notes;
    }

    private void checkKnown(String name) {
        if (ArgumentTable.find(name).isEmpty()) {
            throw new InputException(where.apply(name) + " is not a training argument; did you mean "
                    + NearestName.to(name, ArgumentTable.names()) + "?");
        }
    }

    private void readHonoured(String name, JsonNode value) {
        Argument argument = ArgumentTable.get(name);
        if (argument.honoured()) {
            put(argument, value, where.apply(name));
        }
    }

    private void put(Argument argument, JsonNode value, String said) {
        JsonNode parsed = ArgumentValue.parse(argument, value, said);
        if (parsed.isNull()) {
            return;
        }
        values.put(argument.name(), parsed);
        if (argument.allowed() instanceof Allowed.Choices choices
                && choices.near().containsKey(value.asText())) {
            notes.add(argument.name() + " " + value.asText() + " is read as " + parsed.asText()
                    + ", which differs from it only in rounding");
        }
    }

    private void readOthers(String name, JsonNode value) {
        Argument argument = ArgumentTable.get(name);
        boolean asksNothing = ArgumentValue.asksNothing(argument, value);
        if (argument.standing() instanceof Argument.Mapped mapped) {
            readMapped(argument, mapped, value, asksNothing);
        } else if (argument.standing() instanceof Argument.Noted && !asksNothing) {
            notes.add(name + " has no effect: " + argument.meaning());
        } else if (argument.standing() instanceof Argument.Refused && !asksNothing) {
            throw new InputException(where.apply(name) + ": " + argument.meaning());
        }
    }

    private void readMapped(Argument old, Argument.Mapped mapped, JsonNode raw, boolean asksNothing) {
        String said = where.apply(old.name());
        JsonNode value = ArgumentValue.parse(old, raw, said);
        Argument target = ArgumentTable.get(mapped.target());
        if (value.isNull() || mapped.value() != null && !value.booleanValue()) {
            return;
        }
        JsonNode wanted = mapped.value() == null ? value : TextNode.valueOf(mapped.value());
        JsonNode parsed = ArgumentValue.parse(target, wanted, said);
        JsonNode present = values.get(target.name());
        if (present == null || present.equals(target.initialValue())) {
            values.put(target.name(), parsed);
        } else if (!asksNothing && !present.equals(parsed)) {
            throw new InputException(said + " asks for " + target.name() + " " + parsed.asText() + ", but "
                    + target.name() + " is " + present.asText() + "; give only "
                    + (this.raw.containsKey(target.name()) ? target.name() : "one"));
        }
        if (!asksNothing) {
            notes.add(old.name() + " is read as " + target.name()
                    + (mapped.value() == null ? "" : " " + mapped.value())
                    + (old.meaning().equals("-") ? "" : ": " + old.meaning()));
        }
    }
}
