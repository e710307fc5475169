package io.vit4j.base;

/**
 * Text for terminals and logs. Labels, file names and messages can contain anything: escape sequences that move the cursor or
 * set the window's title, line feeds that forge a line, and characters that reverse the direction of the text around them.
 * Each is shown as its escape, such as {@code \}{@code u202e}, which is also valid within a JSON string.
 */
public final class TerminalText {
    private TerminalText() {}

    /** {@return the text on one line, with every control character escaped} */
    public static String of(String text) {
        return escaped(text, false);
    }

    /** {@return the text with every control character escaped, except for line feeds and tabs} */
    public static String lines(String text) {
        return escaped(text, true);
    }

    /** Whether a character can do more on a terminal than be shown. */
    static boolean isActive(char c) {
        return c < ' '
                || (c >= 0x7F && c <= 0x9F)
                || c == 0x2028
                || c == 0x2029
                || (c >= 0x202A && c <= 0x202E)
                || (c >= 0x2066 && c <= 0x2069);
    }

    private static String escaped(String text, boolean layout) {
        StringBuilder safe = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean active = isActive(c) && !(layout && (c == '\n' || c == '\t'));
            if (active && safe == null) {
                safe = new StringBuilder(text.length() + 16).append(text, 0, i);
            }
            if (active) {
                safe.append("\\u").append(Character.forDigit(c >> 12, 16));
                safe.append(Character.forDigit(c >> 8 & 15, 16));
                safe.append(Character.forDigit(c >> 4 & 15, 16)).append(Character.forDigit(c & 15, 16));
            } else if (safe != null) {
                safe.append(c);
            }
        }
        return safe == null ? text : safe.toString();
    }
}
