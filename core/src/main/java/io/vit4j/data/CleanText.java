package io.vit4j.data;

import java.text.Normalizer;
import java.util.Set;

/**
 * Text as a reader sees it: without spaces of any kind around it, without characters that nobody sees, with the plain space for
 * all others, and composed (NFC), so that names which look alike are alike.
 */
final class CleanText {
    /** What pandas takes for no value, but for the empty text. */
    private static final Set<String> MISSING = Set.of(
            "#N/A",
            "#N/A N/A",
            "#NA",
            "-1.#IND",
            "-1.#QNAN",
            "-NaN",
            "-nan",
            "1.#IND",
            "1.#QNAN",
            "<NA>",
            "N/A",
            "NA",
            "NULL",
            "NaN",
            "None",
            "n/a",
            "nan",
            "null");

    /** Above it, a joiner may be part of a word. */
    private static final int LAST_LATIN = 0x24F;

    private CleanText() {}

    static String of(String text) {
        String stripped = text.strip();
        if (isPlain(stripped)) {
            return stripped;
        }
        StringBuilder clean = new StringBuilder(stripped.length());
        int[] points = stripped.codePoints().toArray();
        for (int i = 0; i < points.length; i++) {
            int c = points[i];
            if (isInvisible(c) || isLooseJoiner(points, i)) {
                continue;
            }
            clean.appendCodePoint(Character.isSpaceChar(c) ? ' ' : c);
        }
        return Normalizer.normalize(clean, Normalizer.Form.NFC).strip();
    }

    /** Whether the text stands for no value, as pandas reads it: empty, {@code NaN}, {@code None}, {@code NA}... */
    static boolean isMissing(String clean) {
        return clean.isEmpty() || MISSING.contains(clean);
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }

    private static boolean isInvisible(int c) {
        return switch (c) {
            case 0x00AD, 0x180E, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF -> true;
            default -> (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
        };
    }

    /** A zero-width joiner or non-joiner that joins nothing: scripts that need them are not Latin. */
    private static boolean isLooseJoiner(int[] points, int i) {
        if (points[i] != 0x200C && points[i] != 0x200D) {
            return false;
        }
        return i == 0 || i + 1 == points.length || points[i - 1] <= LAST_LATIN || points[i + 1] <= LAST_LATIN;
    }
}
