package io.vit4j.report;

import io.vit4j.base.Json;

/** Markdown as it is written, with YAML in front of it, everything escaped: labels, names and arguments come from anywhere. */
final class Markdown {
    /** What has a meaning within a line: also the start of links that need no brackets, and of entities. */
    private static final String ACTIVE = "\\`*_{}[]<>()#|!~&$:@^";

    private final StringBuilder text = new StringBuilder();

    /** What this program itself wrote. */
    Markdown markup(String markup) {
        text.append(markup);
        return this;
    }

    /** Text that is no markup, whatever it contains, on one line. */
    Markdown text(String content) {
        String plain = Html.plain(content);
        for (int i = 0; i < plain.length(); i++) {
            char c = plain.charAt(i);
            boolean startsALine = (i == 0 && "-+=".indexOf(c) >= 0) || (c == '.' && isDomainOrNumber(plain, i));
            if (startsALine || ACTIVE.indexOf(c) >= 0) {
                text.append('\\');
            }
            text.append(c);
        }
        return this;
    }

    /** The point of {@code www.}, which makes a link, or of a number and a blank that begin the text, which make a list. */
    private static boolean isDomainOrNumber(String plain, int at) {
        boolean list = (at + 1 == plain.length() || plain.charAt(at + 1) == ' ')
                && plain.substring(0, Math.min(at, 10)).chars().allMatch(c -> c >= '0' && c <= '9');
        return list || plain.regionMatches(true, Math.max(0, at - 3), "www", 0, 3);
    }

    /** A string of the YAML in front: JSON's are. */
    Markdown yaml(String content) {
        text.append(Json.line(Json.object().textNode(Html.plain(content))));
        return this;
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
