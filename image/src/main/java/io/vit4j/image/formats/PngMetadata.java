package io.vit4j.image.formats;

import io.vit4j.image.Orientation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.InflaterInputStream;

/**
 * What the chunks beside a PNG's pixels say of its orientation: EXIF (eXIf), else EXIF in hexadecimal as ImageMagick wrote it
 * before there was eXIf, else XMP.
 */
final class PngMetadata {
    private static final int EXIF = 0x65584966; // eXIf
    private static final int TEXT = 0x74455874; // tEXt
    private static final int COMPRESSED_TEXT = 0x7A545874; // zTXt
    private static final int INTERNATIONAL_TEXT = 0x69545874; // iTXt
    private static final int IEND = 0x49454E44;
    private static final String RAW_PROFILE = "Raw profile type exif";
    private static final String XMP = "XML:com.adobe.xmp";
    private static final int LARGEST = 1 << 20; // as much of a decompressed text as Pillow takes

    private byte[] exif = {};
    private byte[] rawProfile = {};
    private byte[] xmp = {};

    /** @param file whose chunks have been checked */
    PngMetadata(byte[] file) {
        int at = 8;
        for (int name = 0; name != IEND && file.length - at >= 12; ) {
            int length = BigEndian.int32(file, at);
            name = BigEndian.int32(file, at + 4);
            switch (name) {
                case EXIF -> exif = Arrays.copyOfRange(file, at + 8, at + 8 + length);
                case TEXT, COMPRESSED_TEXT, INTERNATIONAL_TEXT ->
                    text(name, Arrays.copyOfRange(file, at + 8, at + 8 + length));
                default -> {
                    // says nothing of orientation
                }
            }
            at += 12 + length;
        }
    }

    private void text(int name, byte[] chunk) {
        String latin = new String(chunk, StandardCharsets.ISO_8859_1);
        int key = latin.indexOf('\0');
        if (name == INTERNATIONAL_TEXT && latin.startsWith(XMP + "\0")) {
            int language = latin.indexOf('\0', key + 3);
            int translated = language < 0 ? -1 : latin.indexOf('\0', language + 1);
            if (translated >= 0) {
                boolean compressed = latin.charAt(key + 1) == 1;
                byte[] value = Arrays.copyOfRange(chunk, translated + 1, chunk.length);
                xmp = compressed ? inflated(value) : value;
            }
        } else if (latin.startsWith(RAW_PROFILE + "\0") && name == TEXT) {
            rawProfile = hexadecimal(latin.substring(key + 1));
        } else if (latin.startsWith(RAW_PROFILE + "\0") && name == COMPRESSED_TEXT) {
            byte[] value = inflated(Arrays.copyOfRange(chunk, Math.min(key + 2, chunk.length), chunk.length));
            rawProfile = hexadecimal(new String(value, StandardCharsets.ISO_8859_1));
        }
    }

    /** Three lines (one empty, the profile's name, its length), then digits. */
    private static byte[] hexadecimal(String text) {
        String[] lines = text.split("\n", -1);
        try {
            return lines.length < 4
                    ? new byte[0]
                    : HexFormat.of().parseHex(String.join("", Arrays.copyOfRange(lines, 3, lines.length)));
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    private static byte[] inflated(byte[] compressed) {
        try (InflaterInputStream in = new InflaterInputStream(new ByteArrayInputStream(compressed))) {
            return in.readNBytes(LARGEST);
        } catch (IOException e) {
            return new byte[0];
        }
    }

    Orientation orientation() {
        return Orientation.of(exif.length > 0 ? exif : rawProfile, xmp);
    }
}
