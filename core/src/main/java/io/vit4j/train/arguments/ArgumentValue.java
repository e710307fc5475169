package io.vit4j.train.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.NearestName;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads an argument's value, from JSON or from the words of a command line alike, into one form: booleans, long
 * integers, doubles, texts, lists of texts, objects.
 */
final class ArgumentValue {
    private static final Pattern NUMBER =
            Pattern.compile("[+-]?(\\d{1,40}(\\.\\d{0,40})?|\\.\\d{1,40})([eE][+-]?\\d{1,4})?");
    private static final double LARGEST_EXACT = 0x1p53;
    private static final int LONGEST_SHOWN = 60;

    private final Argument argument;
    private final String where;

    private ArgumentValue(Argument argument, String where) {
        this.argument = argument;
        this.where = where;
    }

    /**
     * The value in its one form; null if it unsets the argument.
     *
     * @param where begins the message of an error: the file and the argument's name
     */
    static JsonNode parse(Argument argument, JsonNode raw, String where) {
        return new ArgumentValue(argument, where).parse(raw);
    }

    private JsonNode parse(JsonNode raw) {
        if (raw.isNull() || argument.optional() && raw.isTextual() && isNone(raw.asText())) {
            return NullNode.instance;
        }
        return switch (argument.type()) {
            case BOOLEAN -> BooleanNode.valueOf(flag(raw, "true or false"));
            case AUTO_BOOLEAN ->
                raw.asText().equalsIgnoreCase("auto")
                        ? TextNode.valueOf("auto")
                        : BooleanNode.valueOf(flag(raw, "auto, true or false"));
            case INTEGER -> LongNode.valueOf(integer(raw));
            case NUMBER -> DoubleNode.valueOf(inside(raw, number(raw)));
            case STEPS -> steps(raw);
            case TEXT -> TextNode.valueOf(text(raw));
            case CHOICE -> TextNode.valueOf(choice(raw));
            case LIST -> list(raw);
            case DICTIONARY -> dictionary(raw);
            case WEIGHTS -> weights(raw);
            case FLAG_OR_TEXT -> flagOrText(raw);
            case ANY -> raw;
        };
    }

    private static boolean isNone(String word) {
        return word.isEmpty() || word.equalsIgnoreCase("none") || word.equalsIgnoreCase("null");
    }

    private boolean flag(JsonNode raw, String expected) {
        Boolean value = flagOrNull(raw);
        if (value == null) {
            throw wrong(raw, "is not " + expected);
        }
        return value;
    }

    /** Whether a value is the argument's own default, or otherwise asks for nothing. */
    static boolean asksNothing(Argument argument, JsonNode value) {
        JsonNode initial = argument.initialValue();
        String word = value.isContainerNode() ? "" : value.asText();
        if (value.isNull()
                || argument.allowed() instanceof Allowed.Choices usual
                        && argument.type() == Argument.Type.ANY
                        && usual.words().contains(word)) {
            return true;
        }
        if (initial.isBoolean() && flagOrNull(value) != null) {
            return flagOrNull(value) == initial.booleanValue();
        }
        if (initial.isNumber() && numberOrNaN(value) == initial.doubleValue()
                || initial.isTextual() && word.equalsIgnoreCase(initial.asText())) {
            return true;
        }
        if (value.isObject()) {
            return value.properties().stream()
                    .allMatch(entry ->
                            isEmpty(entry.getValue()) || entry.getValue().equals(initial.path(entry.getKey())));
        }
        return isEmpty(initial) && isEmpty(value);
    }

    private static boolean isEmpty(JsonNode value) {
        if (value.isContainerNode()) {
            return value.isEmpty();
        }
        return isNone(value.asText())
                || List.of("false", "0", "0.0", "[]", "{}")
                        .contains(value.asText().toLowerCase(Locale.ROOT));
    }

    /** The words that transformers' argument parser takes for booleans. */
    private static Boolean flagOrNull(JsonNode raw) {
        if (raw.isContainerNode()) {
            return null;
        }
        return switch (raw.asText().toLowerCase(Locale.ROOT)) {
            case "true", "t", "yes", "y", "on", "1" -> true;
            case "false", "f", "no", "n", "off", "0" -> false;
            default -> null;
        };
    }

    private double number(JsonNode raw) {
        double value = numberOrNaN(raw);
        if (!Double.isFinite(value)) {
            throw wrong(raw, "is not a number");
        }
        return value;
    }

    private static double numberOrNaN(JsonNode raw) {
        if (raw.isNumber()) {
            return raw.doubleValue();
        }
        return raw.isTextual() && NUMBER.matcher(raw.asText()).matches()
                ? Double.parseDouble(raw.asText())
                : Double.NaN;
    }

    private long integer(JsonNode raw) {
        double value = number(raw);
        if (value != Math.rint(value) || Math.abs(value) > LARGEST_EXACT) {
            throw wrong(raw, "is not a whole number");
        }
        return (long) inside(raw, value);
    }

    private JsonNode steps(JsonNode raw) {
        double value = inside(raw, number(raw));
        if (value == Math.rint(value)) {
            return LongNode.valueOf((long) value);
        }
        if (value > 1) {
            throw wrong(raw, "is neither a whole number nor a ratio below 1");
        }
        return DoubleNode.valueOf(value);
    }

    private double inside(JsonNode raw, double value) {
        if (argument.allowed() instanceof Allowed.Interval interval && !interval.contains(value)) {
            throw wrong(raw, "is not " + interval.inFull());
        }
        return value;
    }

    private String text(JsonNode raw) {
        if (raw.isContainerNode()) {
            throw wrong(raw, "is not text");
        }
        return raw.asText();
    }

    private String choice(JsonNode raw) {
        Allowed.Choices choices = (Allowed.Choices) argument.allowed();
        String word = raw.isContainerNode() ? "" : raw.asText().toLowerCase(Locale.ROOT);
        word = choices.same().getOrDefault(word, choices.near().getOrDefault(word, word));
        if (!choices.words().contains(word)) {
            String nearest = word.isEmpty() ? "" : "did you mean " + NearestName.to(word, choices.words()) + "? ";
            throw wrong(raw, "is unknown; " + nearest + "Use one of " + choices);
        }
        return word;
    }

    /**
     * Words, as a JSON list or with commas or spaces between. Of a choice, none takes nothing and all takes every one; other words are
     * names, or all of the text is one regular expression.
     */
    private JsonNode list(JsonNode raw) {
        List<JsonNode> words = new ArrayList<>();
        if (raw.isArray()) {
            raw.forEach(words::add);
        } else {
            boolean expression = argument.allowed() instanceof Allowed.Everything
                    && !text(raw).matches("[\\w.,\\s-]*");
            for (String word : expression ? new String[] {text(raw)} : text(raw).split("[,\\s]+")) {
                words.add(TextNode.valueOf(word));
            }
        }
        if (!(argument.allowed() instanceof Allowed.Choices choices)) {
            ArrayNode names = JsonNodeFactory.instance.arrayNode();
            words.stream().map(this::text).filter(word -> !word.isEmpty()).forEach(names::add);
            return names;
        }
        List<String> chosen = new ArrayList<>();
        for (JsonNode word : words) {
            if (!word.asText().isEmpty()) {
                chosen.add(choice(word));
            }
        }
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        choices.words().stream()
                .filter(word -> !word.equals("none") && !word.equals("all"))
                .filter(word -> chosen.contains("all") || chosen.contains(word))
                .forEach(list::add);
        return list;
    }

    /** A JSON object, its text, or {@code name=value,...}. */
    private ObjectNode dictionary(JsonNode raw) {
        ObjectNode read;
        if (raw.isTextual() && raw.asText().strip().startsWith("{")) {
            read = Json.parseObject(raw.asText(), where);
        } else if (raw.isTextual()) {
            read = pairs(raw);
        } else if (raw instanceof ObjectNode object) {
            read = object;
        } else {
            throw wrong(raw, "is neither a JSON object nor name=value,...");
        }
        ObjectNode plain = Json.object();
        for (Iterator<Map.Entry<String, JsonNode>> entries = read.fields(); entries.hasNext(); ) {
            Map.Entry<String, JsonNode> entry = entries.next();
            plain.set(entry.getKey(), fromWord(entry.getValue()));
        }
        return plain;
    }

    private ObjectNode pairs(JsonNode raw) {
        ObjectNode object = Json.object();
        for (String pair : raw.asText().split(",")) {
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                throw wrong(raw, "is neither a JSON object nor name=value,...");
            }
            object.put(
                    pair.substring(0, equals).strip(),
                    pair.substring(equals + 1).strip());
        }
        return object;
    }

    /** Words that are booleans or numbers become them, as transformers does in such dictionaries. */
    private static JsonNode fromWord(JsonNode value) {
        if (!value.isTextual()) {
            return uniform(value);
        }
        String word = value.asText();
        if (word.equalsIgnoreCase("true") || word.equalsIgnoreCase("false")) {
            return BooleanNode.valueOf(word.equalsIgnoreCase("true"));
        }
        double number = numberOrNaN(value);
        return Double.isNaN(number) ? value : uniform(DoubleNode.valueOf(number));
    }

    private JsonNode weights(JsonNode raw) {
        if (raw.isTextual() && raw.asText().equalsIgnoreCase("balanced")) {
            return TextNode.valueOf("balanced");
        }
        double one = numberOrNaN(raw);
        if (!Double.isNaN(one)) {
            return DoubleNode.valueOf(weight(raw, one));
        }
        ObjectNode weights = Json.object();
        for (Iterator<Map.Entry<String, JsonNode>> entries = dictionary(raw).fields(); entries.hasNext(); ) {
            Map.Entry<String, JsonNode> entry = entries.next();
            weights.put(entry.getKey(), weight(raw, numberOrNaN(entry.getValue())));
        }
        return weights;
    }

    private double weight(JsonNode raw, double value) {
        if (!(value >= 0 && value <= Float.MAX_VALUE)) {
            throw wrong(raw, "contains a weight that is not a number of at least 0");
        }
        return value;
    }

    private JsonNode flagOrText(JsonNode raw) {
        Boolean flag = flagOrNull(raw);
        if (flag == null) {
            return TextNode.valueOf(text(raw));
        }
        return flag ? BooleanNode.TRUE : NullNode.instance;
    }

    /** Whole numbers as long, others as double, so that equal values are equal nodes. */
    static JsonNode uniform(JsonNode value) {
        if (!value.isNumber()) {
            return value;
        }
        double number = value.doubleValue();
        boolean whole = number == Math.rint(number) && Math.abs(number) <= LARGEST_EXACT;
        return whole ? LongNode.valueOf((long) number) : DoubleNode.valueOf(number);
    }

    private InputException wrong(JsonNode raw, String what) {
        String shown = Json.line(raw);
        if (shown.length() > LONGEST_SHOWN) {
            shown = shown.substring(0, LONGEST_SHOWN) + "...";
        }
        boolean saysWhich = what.contains("at least") || what.contains("above");
        String hint = argument.allowed() instanceof Allowed.Interval interval && !saysWhich
                ? "; give " + interval.inFull()
                : "";
        return new InputException(where + ": " + shown + " " + what + hint);
    }
}
