package io.vit4j.image;

import java.nio.charset.StandardCharsets;

/** The file formats of pictures, told by their first bytes. */
enum ImageFormat {
    PNG("\u0089PNG\r\n\u001a\n"),
    JPEG("\u00FF\u00D8\u00FF"),
    BMP("BM"),
    GIF("GIF8"),
    TIFF("II*\0", "MM\0*"),
    UNKNOWN;

    private final String[] signatures;

    ImageFormat(String... signatures) {
        this.signatures = signatures;
    }

    static ImageFormat of(byte[] file) {
        String begin = new String(file, 0, Math.min(file.length, 8), StandardCharsets.ISO_8859_1);
        for (ImageFormat format : values()) {
            for (String signature : format.signatures) {
                if (begin.startsWith(signature)) {
                    return format;
                }
            }
        }
        return UNKNOWN;
    }
}
