package io.vit4j.dicom;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A data set, or an item of a sequence, to be written: attributes by the keywords of PS3.6, in the order of their tags. Text that is not
 * ASCII is written in UTF-8, and the data set then says so. Values have even lengths.
 */
public final class Attributes {
    private static final Set<String> LONG_LENGTH = Set.of("OB", "OW", "SQ", "UC", "UR", "UT");
    private static final Set<String> TEXT = Set.of("LO", "LT", "PN", "SH", "ST", "UC", "UT");
    private static final int LONGEST_SHORT = 0xFFFE;

    private final Map<Integer, Value> values = new TreeMap<>(Integer::compareUnsigned);

    private record Value(String vr, byte[] bytes, List<Attributes> items) {
        boolean isUtf8() {
            if (!TEXT.contains(vr)) {
                return items.stream().anyMatch(Attributes::isUtf8);
            }
            for (byte one : bytes) {
                if (one < 0) {
                    return true;
                }
            }
            return false;
        }
    }

    /** Without attributes. */
    public Attributes() {}

    /**
     * Sets an attribute of text, a UID, a date or a number as text.
     *
     * @param keyword of PS3.6
     * @param value several are separated by a backslash; empty for an attribute that is there without a value
     */
    public Attributes with(String keyword, String value) {
        DataDictionary.Entry entry = DataDictionary.of(keyword);
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        byte padding = (byte) (entry.vr().equals("UI") ? 0 : ' ');
        byte[] even = Arrays.copyOf(bytes, bytes.length + bytes.length % 2);
        if (even.length > bytes.length) {
            even[bytes.length] = padding;
        }
        return put(entry, even, List.of());
    }

    /** Sets an attribute that is a number: of 16 or 32 bits, or as text, as its value representation says. */
    public Attributes with(String keyword, int value) {
        DataDictionary.Entry entry = DataDictionary.of(keyword);
        return switch (entry.vr()) {
            case "US" -> put(entry, new byte[] {(byte) value, (byte) (value >> 8)}, List.of());
            case "UL" ->
                put(
                        entry,
                        new byte[] {(byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)},
                        List.of());
            default -> with(keyword, String.valueOf(value));
        };
    }

    /** Sets an attribute of bytes; their number becomes even. */
    public Attributes with(String keyword, byte[] value) {
        return put(DataDictionary.of(keyword), Arrays.copyOf(value, value.length + value.length % 2), List.of());
    }

    /** Sets a sequence. */
    public Attributes with(String keyword, List<Attributes> items) {
        return put(DataDictionary.of(keyword), new byte[0], List.copyOf(items));
    }

    private Attributes put(DataDictionary.Entry entry, byte[] bytes, List<Attributes> items) {
        if (bytes.length > LONGEST_SHORT && !LONG_LENGTH.contains(entry.vr())) {
            throw new IllegalArgumentException("a value of " + entry.vr() + " cannot have " + bytes.length + " bytes");
        }
        values.put(entry.tag(), new Value(entry.vr(), bytes, items));
        return this;
    }

    private boolean isUtf8() {
        return values.values().stream().anyMatch(Value::isUtf8);
    }

    /** {@return the data set in explicit little endian} */
    public byte[] explicit() {
        return encode(true);
    }

    /** {@return the data set in implicit little endian} */
    public byte[] implicit() {
        return encode(false);
    }

    private byte[] encode(boolean explicit) {
        if (isUtf8()) {
            with("SpecificCharacterSet", "ISO_IR 192");
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        write(out, explicit);
        return out.toByteArray();
    }

    /**
     * {@return a file (PS3.10) in explicit little endian, with a preamble of zeros} The data set has an SOP class and an
     * instance UID.
     */
    public byte[] file() {
        byte[] dataSet = explicit();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(metaHeader(text("SOPClassUID"), text("SOPInstanceUID"), Implementation.EXPLICIT_LITTLE_ENDIAN));
        out.writeBytes(dataSet);
        return out.toByteArray();
    }

    /** Preamble, prefix and the elements of group 2. */
    static byte[] metaHeader(String sopClass, String sopInstance, String transferSyntax) {
        ByteArrayOutputStream elements = new ByteArrayOutputStream();
        new Attributes()
                .with("FileMetaInformationVersion", new byte[] {0, 1})
                .with("MediaStorageSOPClassUID", sopClass)
                .with("MediaStorageSOPInstanceUID", sopInstance)
                .with("TransferSyntaxUID", transferSyntax)
                .with("ImplementationClassUID", Implementation.CLASS_UID)
                .with("ImplementationVersionName", Implementation.VERSION_NAME)
                .write(elements, true);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[128]);
        out.writeBytes("DICM".getBytes(StandardCharsets.US_ASCII));
        new Attributes().with("FileMetaInformationGroupLength", elements.size()).write(out, true);
        out.writeBytes(elements.toByteArray());
        return out.toByteArray();
    }

    /** {@return a value of text, without padding; empty if it is absent} */
    public String text(String keyword) {
        Value value = values.get(DataDictionary.of(keyword).tag());
        return value == null ? "" : new String(value.bytes(), StandardCharsets.UTF_8).replaceAll("[ \0]+$", "");
    }

    private void write(ByteArrayOutputStream out, boolean explicit) {
        values.forEach((tag, value) -> {
            byte[] bytes = value.vr().equals("SQ") ? sequence(value.items(), explicit) : value.bytes();
            littleEndian(out, tag >>> 16, 2);
            littleEndian(out, tag, 2);
            if (explicit) {
                out.writeBytes(value.vr().getBytes(StandardCharsets.US_ASCII));
            }
            if (explicit && !LONG_LENGTH.contains(value.vr())) {
                littleEndian(out, bytes.length, 2);
            } else {
                littleEndian(out, 0, explicit ? 2 : 0);
                littleEndian(out, bytes.length, 4);
            }
            out.writeBytes(bytes);
        });
    }

    private static byte[] sequence(List<Attributes> items, boolean explicit) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Attributes item : items) {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            item.write(content, explicit);
            littleEndian(out, Tag.ITEM >>> 16, 2);
            littleEndian(out, Tag.ITEM, 2);
            littleEndian(out, content.size(), 4);
            out.writeBytes(content.toByteArray());
        }
        return out.toByteArray();
    }

    private static void littleEndian(ByteArrayOutputStream out, int value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write(value >>> 8 * i);
        }
    }
}
