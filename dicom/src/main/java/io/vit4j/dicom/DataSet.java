package io.vit4j.dicom;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A data set, or an item of a sequence: attributes by their tags. */
final class DataSet {
    private static final int MOST_VALUES = 1 << 17; // of a lookup table, and more than any other attribute has

    private final byte[] bytes;
    private final int depth;
    private final Map<Integer, Element> elements = new HashMap<>();

    DataSet(byte[] bytes, int depth) {
        this.bytes = bytes;
        this.depth = depth;
    }

    byte[] bytes() {
        return bytes;
    }

    int depth() {
        return depth;
    }

    /** The first of its tag counts. */
    void add(int tag, Element element) {
        elements.putIfAbsent(tag, element);
    }

    boolean isEmpty() {
        return elements.isEmpty();
    }

    boolean has(int tag) {
        return elements.containsKey(tag);
    }

    Optional<Element> get(int tag) {
        return Optional.ofNullable(elements.get(tag));
    }

    /** The value's bytes without the padding at their end; none if it is absent. */
    byte[] trimmed(int tag) {
        Element element = elements.get(tag);
        if (element == null) {
            return new byte[0];
        }
        int end = element.at() + element.length();
        while (end > element.at() && (bytes[end - 1] == 0 || bytes[end - 1] == ' ')) {
            end--;
        }
        return Arrays.copyOfRange(bytes, element.at(), end);
    }

    /** The first of several values, in the default character set; empty if it is absent. */
    String word(int tag) {
        String all = new String(trimmed(tag), StandardCharsets.ISO_8859_1);
        int end = all.indexOf('\\');
        return (end < 0 ? all : all.substring(0, end)).strip();
    }

    /** Numbers written as text; those that are none are left out. */
    double[] decimals(int tag) {
        String text = new String(trimmed(tag), StandardCharsets.ISO_8859_1);
        if (text.isBlank() || text.length() > MOST_VALUES) {
            return new double[0];
        }
        List<Double> numbers = new ArrayList<>();
        for (String part : text.split("\\\\")) {
            try {
                double number = Double.parseDouble(part.strip());
                if (!Double.isFinite(number)) {
                    return new double[0];
                }
                numbers.add(number);
            } catch (NumberFormatException e) {
                return new double[0];
            }
        }
        return numbers.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** A whole number, in binary of 16 or 32 bits or as text. */
    int integer(int tag, int otherwise) {
        Element element = elements.get(tag);
        if (element == null || element.length() == 0) {
            return otherwise;
        }
        if (element.vr().equals("IS") || element.vr().equals("DS") || tag == Tag.NUMBER_OF_FRAMES) {
            double[] numbers = decimals(tag);
            return numbers.length == 0 ? otherwise : (int) numbers[0];
        }
        return element.length() == 2
                ? uint16(element, element.at())
                : element.length() >= 4 && (element.vr().endsWith("L"))
                        ? int32(element)
                        : element.length() >= 2 ? uint16(element, element.at()) : otherwise;
    }

    private int int32(Element element) {
        int first = uint16(element, element.at());
        int second = uint16(element, element.at() + 2);
        return element.encoding().bigEndian() ? first << 16 | second : second << 16 | first;
    }

    private int uint16(Element element, int where) {
        int first = bytes[where] & 0xFF;
        int second = bytes[where + 1] & 0xFF;
        return element.encoding().bigEndian() ? first << 8 | second : second << 8 | first;
    }

    /** Unsigned numbers of 16 bits; none if it is absent. */
    int[] words(int tag) {
        Element element = elements.get(tag);
        if (element == null) {
            return new int[0];
        }
        int[] words = new int[Math.min(MOST_VALUES, element.length() / 2)];
        for (int i = 0; i < words.length; i++) {
            words[i] = uint16(element, element.at() + 2 * i);
        }
        return words;
    }

    /** The items of a sequence; none if it is absent. */
    List<DataSet> items(int tag) {
        Element element = elements.get(tag);
        if (element == null) {
            return List.of();
        }
        return element.items().isEmpty() && element.length() > 0
                ? DicomParser.items(bytes, element, depth)
                : element.items();
    }

    /** The first item of a sequence; an empty data set if there is none. */
    DataSet item(int tag) {
        List<DataSet> items = items(tag);
        return items.isEmpty() ? new DataSet(bytes, depth + 1) : items.get(0);
    }
}
