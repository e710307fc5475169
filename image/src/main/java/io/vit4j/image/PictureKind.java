package io.vit4j.image;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What a file is, by its first bytes.
 *
 * @param name of the format, such as {@code PNG}; {@code other} if it is not a known kind of picture
 * @param support whether it can be decoded here
 * @param mend what to do with a picture that cannot be decoded here; otherwise empty
 */
public record PictureKind(String name, Support support, String mend) {
    /** Whether a format can be decoded. */
    public enum Support {
        /** {@link ImageDecoder#decode} reads it. */
        READ,
        /** A picture, of a format that no {@link PictureFormat} on the class path reads. */
        NOT_READ,
        /** Of a format that is read, but without a picture in it, as DICOM's reports and directories are. */
        WITHOUT_PICTURE,
        /** No picture, or none that is known. */
        NO_PICTURE
    }

    /** {@return whether it is a picture, read here or not} */
    public boolean isPicture() {
        return support == Support.READ || support == Support.NOT_READ;
    }

    /** Bytes that a format has at a place. */
    private record Signature(String name, int at, String bytes, String mend) {
        boolean fits(String begin) {
            return begin.startsWith(bytes, at);
        }
    }

    private static final String CONVERT = "convert it to PNG or JPEG";
    private static final String PHONE = "convert it to JPEG (phones can also be set to take JPEGs)";

    /** Formats of which people bring pictures, and which are not built in. */
    private static final List<Signature> KNOWN = List.of(
            new Signature("WebP", 8, "WEBP", "put vit4j-webp on the class path, or convert it to PNG"),
            new Signature(
                    "DICOM",
                    128,
                    "DICM",
                    "put vit4j-dicom on the class path, or convert it to PNG, with the intended window"),
            new Signature("HEIC", 4, "ftyphei", PHONE),
            new Signature("HEIC", 4, "ftyphev", PHONE),
            new Signature("HEIC", 4, "ftypmif1", PHONE),
            new Signature("HEIC", 4, "ftypmsf1", PHONE),
            new Signature("AVIF", 4, "ftypavi", CONVERT),
            new Signature("JPEG 2000", 0, "\0\0\0\14jP  ", CONVERT),
            new Signature("JPEG 2000", 0, "\u00FF\u004F\u00FF\u0051", CONVERT),
            new Signature("JPEG XL", 0, "\0\0\0\14JXL ", CONVERT),
            new Signature("JPEG XL", 0, "\u00FF\n", CONVERT),
            new Signature("JPEG XR", 0, "II\u00BC\1", CONVERT),
            new Signature("Photoshop", 0, "8BPS", CONVERT),
            new Signature("OpenEXR", 0, "v/1\1", CONVERT),
            new Signature("QOI", 0, "qoif", CONVERT),
            new Signature("FITS", 0, "SIMPLE  =", CONVERT),
            new Signature("DDS", 0, "DDS ", CONVERT));

    static PictureKind read(PictureFormat format, byte[] begin) {
        Support support = format.mayHoldPicture(begin) ? Support.READ : Support.WITHOUT_PICTURE;
        return new PictureKind(format.name(), support, "");
    }

    /** What no format on the class path reads. */
    static PictureKind notRead(byte[] file) {
        String begin = new String(file, 0, Math.min(file.length, ImageDecoder.BEGIN), StandardCharsets.ISO_8859_1);
        for (Signature signature : KNOWN) {
            if (signature.fits(begin)) {
                return new PictureKind(signature.name(), Support.NOT_READ, signature.mend());
            }
        }
        return new PictureKind("other", Support.NO_PICTURE, "");
    }
}
