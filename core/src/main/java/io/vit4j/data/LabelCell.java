package io.vit4j.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A table's cell that holds a list, as Python, numpy or JSON write one: {@code ['a', 'b']}, {@code ["a"]}, {@code {'a'}}. */
final class LabelCell {
    private final String cell;
    private final List<String> items = new ArrayList<>();
    private int at = 1; // behind the bracket

    private LabelCell(String cell) {
        this.cell = cell;
    }

    /** The list's items, as they stand there; empty if the cell is no list. */
    static Optional<List<String>> list(String cell) {
        if (cell.length() < 2) {
            return Optional.empty();
        }
        char open = cell.charAt(0);
        char close = cell.charAt(cell.length() - 1);
        boolean square = open == '[' && close == ']';
        boolean other = (open == '(' && close == ')') || (open == '{' && close == '}');
        if (!square && !(other && isQuote(cell.substring(1).stripLeading()))) {
            return Optional.empty();
        }
        return Optional.of(new LabelCell(cell).items());
    }

    private static boolean isQuote(String text) {
        return text.startsWith("'") || text.startsWith("\"");
    }

    private List<String> items() {
        int end = cell.length() - 1;
        while (at < end) {
            char c = cell.charAt(at);
            if (c == ',' || Character.isWhitespace(c)) {
                at++;
            } else if (c == '\'' || c == '"') {
                quoted(c, end);
            } else {
                int comma = cell.indexOf(',', at);
                int stop = comma < 0 || comma > end ? end : comma;
                add(cell.substring(at, stop));
                at = stop;
            }
        }
        return List.copyOf(items);
    }

    private void quoted(char quote, int end) {
        StringBuilder item = new StringBuilder();
        for (at++; at < end && cell.charAt(at) != quote; at++) {
            if (cell.charAt(at) == '\\' && at + 1 < end) {
                at++;
            }
            item.append(cell.charAt(at));
        }
        at++;
        add(item.toString());
    }

    private void add(String item) {
        String clean = CleanText.of(item);
        if (!CleanText.isMissing(clean)) {
            items.add(clean);
        }
    }
}
