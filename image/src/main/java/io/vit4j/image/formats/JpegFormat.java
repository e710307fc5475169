package io.vit4j.image.formats;

import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Orientation;
import io.vit4j.image.Picture;
import io.vit4j.image.PictureFormat;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** JPEG, baseline and progressive; of several pictures in a file (MPO) the first. */
public final class JpegFormat implements PictureFormat {
    private static final String EXIF = "Exif\0\0";
    private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";

    /** For {@link java.util.ServiceLoader}. */
    public JpegFormat() {}

    @Override
    public String name() {
        return "JPEG";
    }

    @Override
    public boolean recognises(byte[] begin) {
        return Signatures.begins(begin, "\u00FF\u00D8\u00FF");
    }

    @Override
    public Picture decode(byte[] file, DecodeOptions options) {
        return JpegDecoder.decode(file, options);
    }

    /** As in Pillow the blocks of several EXIF segments are put together, and of several with XMP the last counts. */
    @Override
    public Orientation orientation(byte[] file) {
        ByteArrayOutputStream exif = new ByteArrayOutputStream();
        byte[] xmp = {};
        int at = 2;
        while (at + 4 <= file.length) {
            int marker = file[at + 1] & 0xFF;
            if (file[at] != -1 || marker == 0 || marker == 0xFF) {
                at++; // filling, or what libjpeg skips too
            } else if (marker == 0x01 || marker >= 0xD0 && marker <= 0xD8) {
                at += 2; // a marker alone
            } else if (marker == 0xDA || marker == 0xD9) {
                break; // the pixels begin
            } else {
                int end = at + 2 + Math.max(BigEndian.uint16(file, at + 2), 2);
                if (marker == 0xE1 && end <= file.length) {
                    byte[] segment = Arrays.copyOfRange(file, at + 4, end);
                    if (begins(segment, EXIF)) {
                        int from = exif.size() == 0 ? 0 : EXIF.length();
                        exif.write(segment, from, segment.length - from);
                    } else if (begins(segment, XMP)) {
                        xmp = Arrays.copyOfRange(segment, XMP.length(), segment.length);
                    }
                }
                at = end;
            }
        }
        return Orientation.of(exif.toByteArray(), xmp);
    }

    private static boolean begins(byte[] segment, String text) {
        return segment.length >= text.length()
                && new String(segment, 0, text.length(), StandardCharsets.ISO_8859_1).equals(text);
    }
}
