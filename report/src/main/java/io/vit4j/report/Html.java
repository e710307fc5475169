package io.vit4j.report;

import java.util.Base64;
import java.util.Locale;

/**
 * HTML as it is written, everything escaped: labels, file names and arguments come from anywhere. What is longer than anybody
 * reads is cut and ends in dots.
 */
final class Html {
    private static final int LONGEST_TEXT = 1000;
    private static final int LONGEST_NAME = 120;

    private final StringBuilder text = new StringBuilder(1 << 16);
    private boolean cut;

    /** Opens an element; attributes are names and values in turn, values escaped. */
    Html open(String element, String... attributes) {
        begin(element, attributes);
        text.append('>');
        return this;
    }

    /** An image whose bytes are part of the page; nothing of them is cut. */
    Html image(String type, byte[] bytes, String... attributes) {
        begin("img", attributes);
        text.append(" src=\"data:").append(type).append(";base64,");
        text.append(Base64.getEncoder().encodeToString(bytes)).append("\">");
        return this;
    }

    private void begin(String element, String... attributes) {
        text.append('<').append(element);
        for (int i = 0; i < attributes.length; i += 2) {
            text.append(' ').append(attributes[i]).append("=\"");
            escape(attributes[i + 1]);
            text.append('"');
        }
    }

    Html close(String element) {
        text.append("</").append(element).append('>');
        return this;
    }

    Html text(String content) {
        escape(content);
        return this;
    }

    /** A whole element with text in it. */
    Html element(String element, String content, String... attributes) {
        return open(element, attributes).text(content).close(element);
    }

    /** A cell of a table that names its row; a long name may break after an underscore or a slash. */
    Html name(String name) {
        open("td", "class", "name");
        for (String part : shortened(name).split("(?<=[_/])")) {
            text(part);
            text.append(part.endsWith("_") || part.endsWith("/") ? "<wbr>" : "");
        }
        return close("td");
    }

    /** {@return a name as it is shown: not longer than anybody reads} */
    String shortened(String name) {
        cut |= name.length() > LONGEST_NAME;
        return shown(name);
    }

    /** {@return whether a text was too long to be shown whole} */
    boolean cut() {
        return cut;
    }

    /** A name as it is shown where nobody counts. */
    static String shown(String name) {
        return atMost(LONGEST_NAME, name);
    }

    private static String atMost(int longest, String text) {
        if (text.length() <= longest) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(longest - 2)) ? longest - 2 : longest - 1;
        return text.substring(0, end) + "…";
    }

    /** A cell of a table, of numbers. */
    Html number(String content) {
        return element("td", content, "class", "n");
    }

    /** What this program itself wrote: style, script, and JSON from {@link #json}. */
    Html trusted(String markup) {
        text.append(markup);
        return this;
    }

    /** JSON text that may stand within a script element: without any {@code <}, which could end the element. */
    static String json(String json) {
        StringBuilder safe = new StringBuilder(json.length() + 64);
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c == '<' || c == '>' || c == '&' || c == '\u2028' || c == '\u2029') {
                safe.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                safe.append(c);
            }
        }
        return safe.toString();
    }

    /** Control characters become blanks, among them those that end a line or turn the direction of the text around them. */
    static String plain(String content) {
        StringBuilder plain = new StringBuilder(content.length());
        for (int i = 0; i < content.length(); i++) {
            char c = content.charAt(i);
            plain.append(isControl(c) ? ' ' : c);
        }
        return plain.toString();
    }

    private static boolean isControl(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }

    private void escape(String hostile) {
        cut |= hostile.length() > LONGEST_TEXT;
        String content = plain(atMost(LONGEST_TEXT, hostile));
        for (int i = 0; i < content.length(); i++) {
            char c = content.charAt(i);
            switch (c) {
                case '<' -> text.append("&lt;");
                case '>' -> text.append("&gt;");
                case '&' -> text.append("&amp;");
                case '"' -> text.append("&quot;");
                case '\'' -> text.append("&#39;");
                default -> text.append(c);
            }
        }
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
