package io.vit4j.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * One row an image. Rows of an image that say the same are one; rows that differ only in what is no label (boxes, readers, an
 * index) are joined, with the columns named. Rows with different labels are joined, and all their labels count, where a row is
 * one box's, one reader's or one label's; else they contradict each other, and that is a problem.
 */
final class RepeatedRows {
    /** Columns that tell one box or one reader from another. */
    private static final Pattern BOX_OR_READER = Pattern.compile(
            "(?:x|y|w|h|width|height)(?:_?(?:min|max|center|centre|\\d))?|(?:min|max)_?[xy]|left|right|top|bottom|xtl|ytl|xbr"
                    + "|ybr|.*(?:bbox|boundingbox|bounding_box|polygon|segmentation|rle|encodedpixels).*|box.*|.*_box"
                    + "|(?:rad|reader|radiologist|annotator|rater|grader|expert|observer|doctor|labeler|labeller)s?(?:_?(?:id|name|no"
                    + "|number))?|(?:class|category|label|finding|lesion|annotation|object|roi)_?(?:id|no|number|index)|area"
                    + "|confidence|score");

    private final LabelTable table;
    private final Problems problems;
    private final boolean isLong;
    private final Map<String, Integer> placeOf;
    private final List<LabelTable.LabelRow> distinct;
    private final List<LabelTable.LabelRow> joined = new ArrayList<>();
    private final Set<String> differing = new LinkedHashSet<>();
    private boolean labelsDiffer;

    private RepeatedRows(LabelTable table, Problems problems) {
        this.table = table;
        this.problems = problems;
        this.placeOf = new HashMap<>(table.size() * 2);
        this.distinct = new ArrayList<>(table.size());
        this.isLong = table.problemType() == ProblemType.MULTI_LABEL
                && table.declaredLabels().isEmpty()
                && table.rows().stream().allMatch(row -> row.labels().size() <= 1);
    }

    static List<LabelTable.LabelRow> joined(LabelTable table, Problems problems) {
        RepeatedRows rows = new RepeatedRows(table, problems);
        table.rows().forEach(rows::add);
        rows.tell();
        return rows.distinct;
    }

    private void add(LabelTable.LabelRow row) {
        Integer place = placeOf.putIfAbsent(row.image(), distinct.size());
        if (place == null) {
            distinct.add(row);
            return;
        }
        LabelTable.LabelRow earlier = distinct.get(place);
        List<String> columns = differingColumns(earlier, row);
        boolean sameLabels = Set.copyOf(earlier.labels()).equals(Set.copyOf(row.labels()))
                && Set.copyOf(earlier.unknown()).equals(Set.copyOf(row.unknown()));
        boolean samePlace =
                earlier.patient().equals(row.patient()) && earlier.split().equals(row.split());
        if (samePlace && sameLabels && columns.isEmpty()) {
            problem(Problems.ProblemKind.REPEATED_ROW, row, "repeats line " + earlier.line());
        } else if (samePlace && sameLabels) {
            join(row, columns);
        } else if (samePlace && mayJoinLabels(columns)) {
            labelsDiffer = true;
            distinct.set(place, union(earlier, row));
            join(row, columns);
        } else {
            problem(
                    Problems.ProblemKind.CONFLICTING_ROWS,
                    row,
                    "contradicts line " + earlier.line() + whatElse(earlier, row, sameLabels));
        }
    }

    private void join(LabelTable.LabelRow row, List<String> columns) {
        joined.add(row);
        differing.addAll(columns);
    }

    private List<String> differingColumns(LabelTable.LabelRow a, LabelTable.LabelRow b) {
        List<String> columns = new ArrayList<>(2);
        for (int i = 0; i < a.values().size(); i++) {
            if (!a.values().get(i).equals(b.values().get(i))) {
                columns.add(table.columnNames().get(i));
            }
        }
        return columns;
    }

    private boolean mayJoinLabels(List<String> columns) {
        return table.problemType() == ProblemType.MULTI_LABEL
                && (isLong
                        || columns.stream()
                                .anyMatch(name -> BOX_OR_READER
                                        .matcher(name.toLowerCase(Locale.ROOT))
                                        .matches()));
    }

    /** Present in one is present; else unknown in one is unknown. */
    private static LabelTable.LabelRow union(LabelTable.LabelRow a, LabelTable.LabelRow b) {
        Set<String> present = new LinkedHashSet<>(a.labels());
        present.addAll(b.labels());
        Set<String> unknown = new LinkedHashSet<>(a.unknown());
        unknown.addAll(b.unknown());
        unknown.removeAll(present);
        return a.withLabels(List.copyOf(present), List.copyOf(unknown));
    }

    private String whatElse(LabelTable.LabelRow earlier, LabelTable.LabelRow row, boolean sameLabels) {
        if (sameLabels) {
            return earlier.split().equals(row.split())
                    ? " (patient " + row.patient().orElse("none") + ", not "
                            + earlier.patient().orElse("none") + ")"
                    : " (split " + row.split().orElse("none") + ", not "
                            + earlier.split().orElse("none") + ")";
        }
        String labels = " (" + DelimitedText.shortened(row.labels().toString()) + ", not "
                + DelimitedText.shortened(earlier.labels().toString()) + ")";
        return table.problemType() == ProblemType.SINGLE_LABEL
                ? labels + "; if a picture may have several labels, use --problem-type multi_label_classification"
                : labels;
    }

    private void tell() {
        String columns = String.join(", ", new TreeSet<>(differing));
        for (LabelTable.LabelRow row : joined) {
            problem(
                    Problems.ProblemKind.JOINED_ROW,
                    row,
                    "joined with line " + distinct.get(placeOf.get(row.image())).line() + "; such rows differ in "
                            + DelimitedText.shortened(columns)
                            + (labelsDiffer ? ", and a label in any of them counts" : ""));
        }
    }

    private void problem(Problems.ProblemKind kind, LabelTable.LabelRow row, String what) {
        problems.add(kind, table.source(), row.line(), row.image(), what);
    }
}
