package io.vit4j.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Labels of one column that are all numbers. Whole numbers are classes, as scikit-learn takes them, and {@code 3.0} is {@code 3},
 * as pandas writes it beside absent values. Whether fractions, or as many different numbers as measurements have, are classes
 * or to be predicted as numbers is asked.
 */
final class NumericLabels {
    private static final Pattern NUMBER = Pattern.compile("[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?");
    private static final Pattern WHOLE = Pattern.compile("([-+]?\\d+)(?:\\.0*)?");

    /** More different whole numbers than this, with gaps between, look like a measurement. */
    private static final int MOST_WITH_GAPS = 20;

    private NumericLabels() {}

    /**
     * The rows with whole numbers for labels such as {@code 3.0}.
     *
     * @param areClasses whether the user has said that numbers are classes
     * @throws io.vit4j.base.InputException that asks, if they may be measurements
     */
    static List<LabelTable.LabelRow> settled(
            List<LabelTable.LabelRow> rows, boolean areClasses, String column, TextSource file, Problems problems) {
        Set<String> names = new TreeSet<>();
        rows.forEach(row -> names.addAll(row.labels()));
        if (names.isEmpty()
                || !names.stream().allMatch(name -> NUMBER.matcher(name).matches())) {
            return rows;
        }
        boolean allWhole = names.stream().allMatch(name -> WHOLE.matcher(name).matches());
        if (!areClasses && (!allWhole || looksMeasured(names, rows.size()))) {
            throw file.fault("\"" + column + "\" has " + names.size() + " different numbers, such as "
                    + String.join(", ", names.stream().limit(3).toList())
                    + "; are they classes, or numbers to predict? Use --problem-type single_label_classification or"
                    + " --problem-type regression");
        }
        if (!allWhole || names.stream().noneMatch(name -> name.contains("."))) {
            return rows;
        }
        Map<String, String> wholeOf = new HashMap<>();
        names.forEach(name -> wholeOf.put(name, name.contains(".") ? name.substring(0, name.indexOf('.')) : name));
        problems.note(
                file.name(),
                "\"" + column + "\": labels such as "
                        + names.stream()
                                .filter(name -> name.contains("."))
                                .findFirst()
                                .orElseThrow() + " are read as whole numbers");
        List<LabelTable.LabelRow> whole = new ArrayList<>(rows.size());
        for (LabelTable.LabelRow row : rows) {
            whole.add(row.withLabels(row.labels().stream().map(wholeOf::get).toList(), row.unknown()));
        }
        return whole;
    }

    private static boolean looksMeasured(Set<String> names, int rows) {
        long lowest = Long.MAX_VALUE;
        long highest = Long.MIN_VALUE;
        for (String name : names) {
            if (name.length() > 15) {
                return false; // an identifier
            }
            long value = (long) Double.parseDouble(name);
            lowest = Math.min(lowest, value);
            highest = Math.max(highest, value);
        }
        boolean counted = (lowest == 0 || lowest == 1) && highest - lowest + 1 == names.size();
        return !counted && names.size() > 2 && (names.size() > MOST_WITH_GAPS || 2 * names.size() > rows);
    }

    /** Whether a cell is a number. */
    static boolean is(String cell) {
        return NUMBER.matcher(cell).matches();
    }
}
