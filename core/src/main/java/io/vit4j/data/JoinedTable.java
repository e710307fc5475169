package io.vit4j.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A table with the columns of another added to its rows, where the columns that both have say the same. */
final class JoinedTable {
    private final TextSource file;
    private final TextSource other;
    private final Problems problems;
    private final Map<List<String>, List<String>> partners = new HashMap<>();
    private final List<List<String>> otherRows = new ArrayList<>();
    private List<String> otherHeader = List.of();
    private int[] keys = new int[0];
    private int[] otherKeys = new int[0];
    private int[] added = new int[0];
    private int width;

    JoinedTable(TextSource file, TextSource other, Problems problems) {
        this.file = file;
        this.other = other;
        this.problems = problems;
    }

    /** A row of the other table, all of which come first. */
    void otherRow(long line, List<String> fields) {
        if (otherHeader.isEmpty()) {
            TableColumns.refuseOutsized(fields, other);
            otherHeader = fields;
        } else if (fields.size() == otherHeader.size()) {
            otherRows.add(fields);
        } else {
            problems.add(
                    Problems.ProblemKind.ROW_SHAPE,
                    other.name(),
                    line,
                    "",
                    fields.size() + " values for " + otherHeader.size() + " columns");
        }
    }

    /** A row of the table; it is passed on with the other's columns behind its own. */
    void row(long line, List<String> fields, DelimitedText.RowReader rows) {
        if (width == 0) {
            header(fields);
            rows.row(line, with(fields, otherHeader));
            return;
        }
        if (fields.size() != width) {
            rows.row(line, fields); // its shape is a problem, which is found there
            return;
        }
        List<String> partner = partners.get(pick(fields, keys));
        if (partner == null) {
            problems.add(
                    Problems.ProblemKind.UNLABELLED_ROW,
                    file.name(),
                    line,
                    "",
                    "no row of " + other.name() + " has " + pick(fields, keys));
            return;
        }
        rows.row(line, with(fields, partner));
    }

    private void header(List<String> header) {
        width = header.size();
        List<Integer> shared = new ArrayList<>();
        List<Integer> otherShared = new ArrayList<>();
        List<Integer> rest = new ArrayList<>();
        for (int i = 0; i < otherHeader.size(); i++) {
            int same = otherHeader.get(i).isEmpty() ? -1 : header.indexOf(otherHeader.get(i));
            if (same >= 0) {
                shared.add(same);
                otherShared.add(i);
            } else {
                rest.add(i);
            }
        }
        if (shared.isEmpty()) {
            throw other.fault("has no column in common with " + file.name() + " to join them by; it has "
                    + DelimitedText.shortened(String.join(", ", otherHeader)));
        }
        keys = array(shared);
        otherKeys = array(otherShared);
        added = array(rest);
        for (List<String> row : otherRows) {
            List<String> before = partners.put(pick(row, otherKeys), row);
            if (before != null && !before.equals(row)) {
                throw other.fault("two rows have " + pick(row, otherKeys) + " and differ; keep one of them");
            }
        }
        otherRows.clear();
        problems.note(other.name(), "joined by " + String.join(", ", pick(header, keys)));
    }

    private List<String> with(List<String> fields, List<String> partner) {
        List<String> all = new ArrayList<>(fields);
        all.addAll(pick(partner, added));
        return all;
    }

    private static List<String> pick(List<String> fields, int[] columns) {
        List<String> picked = new ArrayList<>(columns.length);
        for (int column : columns) {
            picked.add(fields.get(column));
        }
        return picked;
    }

    private static int[] array(List<Integer> numbers) {
        return numbers.stream().mapToInt(Integer::intValue).toArray();
    }
}
