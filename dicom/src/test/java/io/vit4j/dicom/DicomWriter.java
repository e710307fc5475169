package io.vit4j.dicom;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/** Writes DICOM data sets of the test's own making, in any of the three encodings. */
public final class DicomWriter {
    static final String IMPLICIT = "1.2.840.10008.1.2";
    static final String EXPLICIT = "1.2.840.10008.1.2.1";
    static final String BIG_ENDIAN = "1.2.840.10008.1.2.2";
    private static final Set<String> LONG = Set.of("OB", "OW", "SQ", "UN", "UT");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final boolean explicit;
    private final boolean bigEndian;

    DicomWriter(String syntax) {
        explicit = !syntax.equals(IMPLICIT);
        bigEndian = syntax.equals(BIG_ENDIAN);
    }

    /** A file of two grey frames of 3x2, one of a level and one of 200 more. */
    public static byte[] twoFrames(String patient, int level) {
        byte[] pixels = new byte[12];
        Arrays.fill(pixels, 0, 6, (byte) level);
        Arrays.fill(pixels, 6, 12, (byte) (level + 200));
        DicomWriter dataSet = new DicomWriter(EXPLICIT)
                .text(Tag.SOP_CLASS, "UI", "1.2.840.10008.5.1.4.1.1.7.2")
                .text(Tag.PATIENT_ID, "LO", patient)
                .text(Tag.NUMBER_OF_FRAMES, "IS", "2")
                .picture(pixels);
        return file(EXPLICIT, dataSet);
    }

    /** A preamble and a meta header, which are explicit whatever follows. */
    static byte[] file(String syntax, String sopClass, byte[] preamble, DicomWriter dataSet) {
        DicomWriter meta = new DicomWriter(EXPLICIT);
        meta.text(0x00020002, "UI", sopClass).text(0x00020010, "UI", syntax);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(preamble);
        file.writeBytes("DICM".getBytes(StandardCharsets.US_ASCII));
        file.writeBytes(meta.bytes());
        file.writeBytes(dataSet.bytes());
        return file.toByteArray();
    }

    static byte[] file(String syntax, DicomWriter dataSet) {
        return file(syntax, "1.2.840.10008.5.1.4.1.1.1.1", new byte[128], dataSet);
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    private void uint16(int value) {
        out.write(bigEndian ? value >> 8 : value);
        out.write(bigEndian ? value : value >> 8);
    }

    private void uint32(int value) {
        uint16(bigEndian ? value >>> 16 : value);
        uint16(bigEndian ? value : value >>> 16);
    }

    DicomWriter header(int tag, String vr, int length) {
        uint16(tag >>> 16);
        uint16(tag);
        if (explicit && vr.length() == 2) {
            out.writeBytes(vr.getBytes(StandardCharsets.US_ASCII));
            if (LONG.contains(vr)) {
                uint16(0);
                uint32(length);
            } else {
                uint16(length);
            }
        } else {
            uint32(length);
        }
        return this;
    }

    DicomWriter bytes(int tag, String vr, byte[] value) {
        header(tag, vr, value.length + value.length % 2);
        out.writeBytes(value);
        if (value.length % 2 == 1) {
            out.write(vr.equals("UI") || vr.startsWith("O") ? 0 : ' ');
        }
        return this;
    }

    DicomWriter text(int tag, String vr, String value) {
        return text(tag, vr, value, StandardCharsets.ISO_8859_1);
    }

    DicomWriter text(int tag, String vr, String value, Charset characters) {
        return bytes(tag, vr, value.getBytes(characters));
    }

    DicomWriter words(int tag, String vr, int... values) {
        header(tag, vr, 2 * values.length);
        for (int value : values) {
            uint16(value);
        }
        return this;
    }

    /** A sequence of items, each of undefined length if the sequence is. */
    DicomWriter sequence(int tag, boolean defined, DicomWriter... items) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (DicomWriter item : items) {
            DicomWriter part = new DicomWriter(bigEndian ? BIG_ENDIAN : IMPLICIT);
            part.header(0xFFFEE000, "", defined ? item.bytes().length : -1);
            part.out.writeBytes(item.bytes());
            if (!defined) {
                part.header(0xFFFEE00D, "", 0);
            }
            content.writeBytes(part.bytes());
        }
        header(tag, "SQ", defined ? content.size() : -1);
        out.writeBytes(content.toByteArray());
        if (!defined) {
            uint16(0xFFFE);
            uint16(0xE0DD);
            uint32(0);
        }
        return this;
    }

    /** A grey picture of 2 rows and 3 columns: 0, 50, 100, 150, 200, 255. */
    DicomWriter picture() {
        return picture(new byte[] {0, 50, 100, (byte) 150, (byte) 200, -1});
    }

    private DicomWriter picture(byte[] pixels) {
        return words(Tag.SAMPLES_PER_PIXEL, "US", 1)
                .text(Tag.PHOTOMETRIC_INTERPRETATION, "CS", "MONOCHROME2")
                .words(Tag.ROWS, "US", 2)
                .words(Tag.COLUMNS, "US", 3)
                .words(Tag.BITS_ALLOCATED, "US", 8)
                .words(Tag.BITS_STORED, "US", 8)
                .words(Tag.HIGH_BIT, "US", 7)
                .words(Tag.PIXEL_REPRESENTATION, "US", 0)
                .bytes(Tag.PIXELS, "OB", pixels);
    }
}
