package io.vit4j.report;

import io.vit4j.base.TerminalText;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A table for a terminal: the first row is its heading, numbers stand to the right. */
final class TextTable {
    private static final int WIDEST = 40;
    private static final Pattern NUMBER = Pattern.compile("<?[-\\d.,]*%?|–");

    private final List<List<String>> rows = new ArrayList<>();

    TextTable row(List<String> cells) {
        rows.add(cells.stream().map(TextTable::cell).toList());
        return this;
    }

    /** On one line, without what moves a cursor, and no wider than a column may be. */
    private static String cell(String text) {
        String plain = TerminalText.of(text);
        return plain.codePointCount(0, plain.length()) <= WIDEST
                ? plain
                : plain.substring(0, plain.offsetByCodePoints(0, WIDEST - 1)) + "…";
    }

    @Override
    public String toString() {
        int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        int[] width = new int[columns];
        boolean[] numeric = new boolean[columns];
        for (int c = 0; c < columns; c++) {
            int column = c;
            width[c] = rows.stream()
                    .filter(row -> column < row.size())
                    .mapToInt(row -> row.get(column).length())
                    .max()
                    .orElse(0);
            numeric[c] = rows.stream()
                    .skip(1)
                    .filter(row -> column < row.size())
                    .allMatch(row -> NUMBER.matcher(row.get(column)).matches());
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder(" ");
            for (int c = 0; c < row.size(); c++) {
                String blanks = " ".repeat(width[c] - row.get(c).length());
                line.append(' ')
                        .append(numeric[c] ? blanks + row.get(c) : row.get(c) + blanks)
                        .append(' ');
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
