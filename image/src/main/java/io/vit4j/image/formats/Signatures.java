package io.vit4j.image.formats;

import java.nio.charset.StandardCharsets;

/** Files known by their first bytes. */
final class Signatures {
    private Signatures() {}

    /** Whether the file begins with one of these, a character a byte. */
    static boolean begins(byte[] file, String... signatures) {
        String begin = new String(file, 0, Math.min(file.length, 8), StandardCharsets.ISO_8859_1);
        for (String signature : signatures) {
            if (begin.startsWith(signature)) {
                return true;
            }
        }
        return false;
    }
}
