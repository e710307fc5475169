package io.vit4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The header of a safetensors file: JSON that says of every tensor its type, shape and place in the data that follow.
 * Read with every check of the safetensors library ({@code Metadata::validate} in its tensor.rs) and a few more.
 *
 * @param metadata free text by name ({@code __metadata__})
 * @param entries by offset; together they cover the data without gap or overlap
 */
record SafetensorsHeader(Map<String, String> metadata, List<HeaderEntry> entries) {
    /** The library's own bound on the header's bytes; {@link Json} bounds them further. */
    static final long LONGEST = 100_000_000;

    private static final String METADATA = "__metadata__";
    private static final String MEND = "; it is damaged or not a safetensors file, download or save it again";

    /** A tensor from byte {@code begin} to before byte {@code end} of the data. */
    record HeaderEntry(String name, StoredDtype dtype, long[] shape, long begin, long end) {}

    /** Tensors in the order in which the library lays them out: large types first, then by the bytes of their name. */
    static final Comparator<StoredTensor> LAYOUT =
            Comparator.comparing(StoredTensor::dtype).reversed().thenComparing(StoredTensor::name, byUtf8());

    static Comparator<String> byUtf8() {
        return (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }

    /** @param dataSize bytes of the file behind the header */
    static SafetensorsHeader parse(byte[] json, long dataSize, Path file) {
        // only '{' may come first, and JSON readers take a NUL for a sign of UTF-16
        if (json.length < 2 || json[0] != '{' || json[1] == 0) {
            throw InputException.in(file, "its header is not a JSON object" + MEND);
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json));
        } catch (CharacterCodingException e) {
            throw InputException.in(file, "its header is not UTF-8 text" + MEND, e);
        }
        ObjectNode header = Json.parseObjectWithoutDuplicates(json, file + ": header");
        Map<String, String> metadata = new TreeMap<>();
        List<HeaderEntry> entries = new ArrayList<>(header.size());
        header.properties().forEach(property -> {
            if (property.getKey().equals(METADATA)) {
                readMetadata(property.getValue(), metadata, file);
            } else {
                entries.add(entry(property.getKey(), property.getValue(), file));
            }
        });
        entries.sort(Comparator.comparingLong(HeaderEntry::begin).thenComparingLong(HeaderEntry::end));
        checkCover(entries, dataSize, file);
        return new SafetensorsHeader(metadata, List.copyOf(entries));
    }

    /** The header of a file with these tensors, laid out in {@link #LAYOUT}; padded to a multiple of 8 bytes. */
    static byte[] format(Map<String, String> metadata, List<StoredTensor> tensors) {
        ObjectNode header = Json.object();
        if (!metadata.isEmpty()) {
            ObjectNode texts = header.putObject(METADATA);
            new TreeMap<>(metadata).forEach(texts::put);
        }
        long begin = 0;
        for (StoredTensor tensor : tensors) {
            if (tensor.name().equals(METADATA) || header.has(tensor.name())) {
                throw new IllegalArgumentException("two tensors with the name " + tensor.name());
            }
            ObjectNode entry = header.putObject(tensor.name());
            entry.put("dtype", tensor.dtype().name());
            ArrayNode shape = entry.putArray("shape");
            for (long size : tensor.shape()) {
                shape.add(size);
            }
            long end = Math.addExact(begin, tensor.byteSize());
            entry.putArray("data_offsets").add(begin).add(end);
            begin = end;
        }
        byte[] json = Json.line(header).getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return padded;
    }

    private static void readMetadata(JsonNode value, Map<String, String> metadata, Path file) {
        if (value.isNull()) {
            return;
        }
        if (!value.isObject()) {
            throw InputException.in(file, METADATA + " is " + Json.describe(value) + ", not an object" + MEND);
        }
        value.properties().forEach(text -> {
            if (!text.getValue().isTextual()) {
                throw InputException.in(
                        file,
                        METADATA + "." + text.getKey() + " is " + Json.describe(text.getValue()) + ", not a string"
                                + MEND);
            }
            metadata.put(text.getKey(), text.getValue().textValue());
        });
    }

    private static HeaderEntry entry(String name, JsonNode value, Path file) {
        JsonNode dtypeName = value.path("dtype");
        StoredDtype dtype = StoredDtype.named(dtypeName.asText())
                .filter(known -> dtypeName.isTextual())
                .orElseThrow(() -> fault(file, name, "its dtype is " + brief(dtypeName) + ", which is unknown"));
        JsonNode sizes = value.path("shape");
        if (!sizes.isArray() || sizes.size() > StoredTensor.MOST_DIMENSIONS) {
            throw fault(file, name, "its shape is " + brief(sizes));
        }
        long[] shape = new long[sizes.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = whole(sizes.get(i), file, name, "shape");
        }
        JsonNode offsets = value.path("data_offsets");
        if (!offsets.isArray() || offsets.size() != 2) {
            throw fault(file, name, "its data_offsets are " + brief(offsets) + ", not two numbers");
        }
        long begin = whole(offsets.get(0), file, name, "data_offsets");
        long end = whole(offsets.get(1), file, name, "data_offsets");
        long size;
        try {
            size = dtype.byteSize(shape);
        } catch (ArithmeticException e) {
            throw fault(file, name, "its shape " + Arrays.toString(shape) + " has no size: " + e.getMessage());
        }
        if (end < begin || end - begin != size) {
            throw fault(
                    file,
                    name,
                    "its data_offsets [" + begin + ", " + end + "] do not span the " + size + " bytes of " + dtype
                            + Arrays.toString(shape));
        }
        return new HeaderEntry(name, dtype, shape, begin, end);
    }

    private static long whole(JsonNode number, Path file, String name, String where) {
        if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
            throw fault(file, name, "its " + where + " holds " + brief(number) + ", not a size");
        }
        return number.longValue();
    }

    private static void checkCover(List<HeaderEntry> entries, long dataSize, Path file) {
        long covered = 0;
        for (HeaderEntry entry : entries) {
            if (entry.begin() != covered) {
                String fault = entry.begin() < covered ? "overlaps the tensor before it" : "leaves a gap before it";
                throw fault(file, entry.name(), "it begins at byte " + entry.begin() + " of the data and " + fault);
            }
            covered = entry.end();
        }
        if (covered != dataSize) {
            String fault = covered > dataSize ? "it is truncated" : "there is more data after them";
            throw InputException.in(
                    file, "its tensors take " + covered + " bytes, but it contains " + dataSize + ", " + fault + MEND);
        }
    }

    private static InputException fault(Path file, String tensor, String what) {
        return InputException.in(file, "tensor " + shorten(tensor) + ": " + what + MEND);
    }

    private static String brief(JsonNode value) {
        return value.isContainerNode() || value.isMissingNode()
                ? (value.isMissingNode() ? "absent" : Json.describe(value) + " of " + value.size() + " entries")
                : shorten(value.toString());
    }

    private static String shorten(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + "...";
    }
}
