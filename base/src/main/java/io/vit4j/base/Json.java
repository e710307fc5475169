package io.vit4j.base;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The one place where JSON is read and written. What is read may come from anywhere, so its size, depth and number of
 * values are bounded. As Python's {@code json} does, it reads and writes {@code NaN} and {@code Infinity}, and the last
 * of two equal keys counts.
 */
public final class Json {
    private static final int LONGEST_DOCUMENT = 64 << 20;
    private static final int LONGEST_STRING = 4 << 20;
    private static final int MOST_TOKENS = 5_000_000;
    private static final int DEEPEST = 100;

    private static final ObjectMapper MAPPER = JsonMapper.builder(new JsonFactoryBuilder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxDocumentLength(LONGEST_DOCUMENT)
                            .maxStringLength(LONGEST_STRING)
                            .maxTokenCount(MOST_TOKENS)
                            .maxNestingDepth(DEEPEST)
                            .build())
                    .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
                    .characterEscapes(new ActiveCharacters())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** As {@link #MAPPER} reads, but for the length of texts and strings. */
    private static final JsonFactory STREAMED = new JsonFactoryBuilder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNestingDepth(DEEPEST)
                    .build())
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    /** Two spaces and {@code "key": value}, as {@code json.dump(..., indent=2)} writes. */
    private static final ObjectWriter PRETTY = MAPPER.writer(new DefaultPrettyPrinter(Separators.createDefaultInstance()
                    .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                    .withObjectEmptySeparator("")
                    .withArrayEmptySeparator(""))
            .withObjectIndenter(new DefaultIndenter("  ", "\n"))
            .withArrayIndenter(new DefaultIndenter("  ", "\n")));

    private Json() {}

    /** Escapes what {@link TerminalText} does, so that JSON can be shown, logged and split into lines anywhere. */
    private static final class ActiveCharacters extends CharacterEscapes {
        private static final long serialVersionUID = 1;

        @Override
        public int[] getEscapeCodesForAscii() {
            int[] codes = standardAsciiEscapesForJSON();
            codes[0x7F] = ESCAPE_STANDARD;
            return codes;
        }

        @Override
        public SerializableString getEscapeSequence(int c) {
            return c < 0x10000 && TerminalText.isActive((char) c)
                    ? new SerializedString(TerminalText.of(String.valueOf((char) c)))
                    : null; // Jackson's way to say none
        }
    }

    /** An empty object, to be filled and written. */
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /**
     * A copy of an object, to be read by type and handed on without Jackson.
     *
     * @param source where it came from, for messages
     */
    public static JsonObject typed(ObjectNode node, String source) {
        return new JsonObject(node.deepCopy(), source);
    }

    /** {@return a copy of a typed object, as Jackson's own type} */
    public static ObjectNode untyped(JsonObject object) {
        return object.node().deepCopy();
    }

    /** {@return a string, number or boolean as JSON} */
    public static JsonNode value(Object value) {
        return tree(value);
    }

    /** A string, number, boolean or list of them as JSON. */
    static JsonNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    /** The value in a file. InputException if the file is absent, too large or not JSON. */
    public static JsonNode read(Path file) {
        try (InputStream in = OpenFiles.stream(file)) {
            return parse(in.readNBytes(LONGEST_DOCUMENT + 1), file.toString());
        } catch (NoSuchFileException e) {
            throw InputException.in(file, "no such file; check the path", e);
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + e.getMessage() + "); check the path", e);
        }
    }

    /** The object in a file: {@link #read}, and InputException if the file contains another kind of value. */
    public static ObjectNode readObject(Path file) {
        return asObject(read(file), file.toString());
    }

    /** The value in a text; {@code name} says in messages where the text came from. */
    public static JsonNode parse(String text, String name) {
        return parse(text.getBytes(StandardCharsets.UTF_8), name);
    }

    /** The object in a text; {@code name} says in messages where the text came from. */
    public static ObjectNode parseObject(String text, String name) {
        return asObject(parse(text, name), name);
    }

    /** The object in encoded text, refusing two equal keys: for formats where a second one could hide the first. */
    public static ObjectNode parseObjectWithoutDuplicates(byte[] utf8, String name) {
        return asObject(parse(utf8, name, true), name);
    }

    /** The value in encoded text (UTF-8, with or without a byte order mark). */
    public static JsonNode parse(byte[] utf8, String name) {
        return parse(utf8, name, false);
    }

    /** What reads a value from its parts; {@link #stream}. */
    public interface StreamReading<T> {
        /**
         * @param parser before the first token
         * @return the value, whose last token is the parser's current one
         */
        T of(JsonParser parser) throws IOException;
    }

    /**
     * A value in encoded text, read part by part: for lists of numbers and encoded pictures that would be too long as a tree. Only the
     * caller bounds how long it is; its depth is bounded as everywhere.
     *
     * @param length of the JSON, from the first byte on
     */
    public static <T> T stream(byte[] utf8, int length, String name, StreamReading<T> reading) {
        try (JsonParser parser = STREAMED.createParser(utf8, 0, length)) {
            T value = reading.of(parser);
            if (parser.nextToken() != null) {
                throw afterTheEnd(name, parser);
            }
            return value;
        } catch (JsonProcessingException e) {
            throw invalid(name, e);
        } catch (IOException e) {
            throw new InputException(name + ": not valid JSON (" + e.getMessage() + "); repair it", e);
        }
    }

    /**
     * {@return the line in which a value begins, from 1} If there is none, that of the innermost one around it.
     *
     * @param json valid
     * @param pointer to the value (RFC 6901)
     */
    public static int lineOf(String json, String pointer) {
        return lineOf(json, JsonPointer.compile(pointer));
    }

    private static int lineOf(String json, JsonPointer searched) {
        try (JsonParser parser = STREAMED.createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token != JsonToken.FIELD_NAME
                        && parser.getParsingContext().pathAsPointer().equals(searched)) {
                    return parser.currentTokenLocation().getLineNr();
                }
            }
            return searched.head() == null ? 1 : lineOf(json, searched.head());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode parse(byte[] utf8, String name, boolean refuseDuplicates) {
        if (utf8.length > LONGEST_DOCUMENT) {
            throw new InputException(
                    name + ": longer than " + (LONGEST_DOCUMENT >> 20) + " MiB; is this the right JSON file?");
        }
        try (JsonParser parser = MAPPER.getFactory().createParser(utf8)) {
            parser.configure(JsonParser.Feature.STRICT_DUPLICATE_DETECTION, refuseDuplicates);
            JsonNode value = MAPPER.readTree(parser);
            if (value == null || value.isMissingNode()) {
                throw new InputException(name + ": empty; it should contain JSON");
            }
            if (parser.nextToken() != null) {
                throw afterTheEnd(name, parser);
            }
            return value;
        } catch (JsonProcessingException e) {
            throw invalid(name, e);
        } catch (IOException e) {
            throw new InputException(name + ": not valid JSON (" + e.getMessage() + "); repair it", e);
        } catch (OutOfMemoryError e) {
            throw new InputException(name + ": not enough memory to read it; give the JVM more (-Xmx)", e);
        }
    }

    private static InputException afterTheEnd(String name, JsonParser parser) {
        return new InputException(name + ": line " + parser.currentLocation().getLineNr()
                + ": text after the end of the JSON value; remove it");
    }

    private static InputException invalid(String name, JsonProcessingException e) {
        return new InputException(
                name + ": "
                        + (e.getLocation() == null
                                ? ""
                                : "line " + e.getLocation().getLineNr() + ", column "
                                        + e.getLocation().getColumnNr() + ": ")
                        + e.getOriginalMessage() + "; repair the JSON",
                e);
    }

    /** The value as text over several lines, ended by a line feed. */
    public static String pretty(JsonNode value) {
        try {
            return PRETTY.writeValueAsString(value) + "\n";
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The value as text in one line, without a line feed. */
    public static String line(JsonNode value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the value, pretty, whole or not at all; see {@link DurableFiles}. */
    public static void write(Path file, JsonNode value) {
        DurableFiles.SYSTEM.write(file, pretty(value));
    }

    private static ObjectNode asObject(JsonNode value, String name) {
        if (value instanceof ObjectNode object) {
            return object;
        }
        throw new InputException(
                name + ": contains " + describe(value) + ", not an object {...}; is this the right file?");
    }

    /** What kind of value this is, for messages: {@code "a string"}. */
    public static String describe(JsonNode value) {
        return switch (value.getNodeType()) {
            case ARRAY -> "a list";
            case OBJECT -> "an object";
            case STRING -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "a boolean";
            case NULL -> "null";
            default -> "nothing";
        };
    }
}
