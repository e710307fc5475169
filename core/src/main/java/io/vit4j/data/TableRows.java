package io.vit4j.data;

import io.vit4j.base.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Makes a label table of rows whose columns are named; the first row is the header. */
final class TableRows {
    private final Path file;
    private final CsvLabelFile.Columns wanted;
    private final Problems problems;
    private final List<LabelTable.LabelRow> rows = new ArrayList<>();
    private final LabelPool pool;

    /** Few combinations of labels make up most files. */
    private final Map<String, List<String>> labelsOf = new HashMap<>();

    private TableColumns columns;
    private int labelColumn;
    private Map<String, Integer> labelColumns = Map.of();

    TableRows(Path file, CsvLabelFile.Columns wanted, Problems problems) {
        this.file = file;
        this.wanted = wanted;
        this.problems = problems;
        this.pool = new LabelPool(file);
    }

    void row(long line, List<String> fields) {
        if (columns == null) {
            header(fields);
            return;
        }
        Optional<List<String>> whole = columns.fit(line, fields);
        if (whole.isEmpty()) {
            return;
        }
        List<String> values = whole.get();
        if (wanted.labels() instanceof CsvLabelFile.IndicatorColumns separate) {
            separate(line, values, separate.uncertain());
        } else if (wanted.labels() instanceof CsvLabelFile.NumberColumns) {
            numbers(line, values);
        } else {
            String cell = values.get(labelColumn);
            rows.add(columns.row(line, values, labelsOf.computeIfAbsent(cell, this::split), List.of()));
        }
    }

    private void header(List<String> header) {
        TableColumns.refuseOutsized(header, file);
        int image = TableColumns.require(header, wanted.image(), file);
        Set<Integer> told = new HashSet<>();
        if (wanted.labels() instanceof CsvLabelFile.IndicatorColumns separate) {
            labelColumns = new LinkedHashMap<>();
            for (String name : separate.columns()) {
                int column = TableColumns.require(header, name, file);
                labelColumns.put(header.get(column), column);
                told.add(column);
            }
        } else if (wanted.labels() instanceof CsvLabelFile.NumberColumns numbers) {
            labelColumns = new LinkedHashMap<>();
            for (String name : numbers.columns()) {
                int column = TableColumns.require(header, name, file);
                labelColumns.put(header.get(column), column);
                told.add(column);
            }
        } else if (wanted.labels() instanceof CsvLabelFile.JoinedLabels joined) {
            labelColumn = TableColumns.require(header, joined.column(), file);
        } else if (wanted.labels() instanceof CsvLabelFile.OneLabel one) {
            labelColumn = TableColumns.require(header, one.column(), file);
        }
        int patient = wanted.patient().isPresent()
                ? TableColumns.require(header, wanted.patient().get(), file)
                : TableColumns.patientIn(header);
        int split = wanted.split().isPresent()
                ? TableColumns.require(header, wanted.split().get(), file)
                : -1;
        columns = new TableColumns(header, image, patient, split, told, file, problems);
    }

    private List<String> split(String cell) {
        if (!(wanted.labels() instanceof CsvLabelFile.JoinedLabels joined)) {
            return cell.isEmpty() ? List.of() : List.of(cell);
        }
        Set<String> labels = new LinkedHashSet<>();
        for (String label : cell.split(Pattern.quote(joined.separator()))) {
            if (!label.isBlank()) {
                labels.add(pool.kept(label.strip()));
            }
        }
        return List.copyOf(labels);
    }

    private void separate(long line, List<String> values, CsvLabelFile.Uncertain uncertain) {
        List<String> present = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        for (Map.Entry<String, Integer> label : labelColumns.entrySet()) {
            String value = values.get(label.getValue());
            switch (TableColumns.lower(value)) {
                case "1", "1.0", "true" -> present.add(label.getKey());
                case "0", "0.0", "false" -> {}
                case "", "-1", "-1.0", "nan" -> {
                    if (uncertain == CsvLabelFile.Uncertain.ONE) {
                        present.add(label.getKey());
                    } else if (uncertain == CsvLabelFile.Uncertain.IGNORE) {
                        unknown.add(label.getKey());
                    }
                }
                default ->
                    problems.add(
                            Problems.ProblemKind.BAD_VALUE,
                            file.toString(),
                            line,
                            columns.image(values),
                            "\"" + label.getKey() + "\" is \"" + DelimitedText.shortened(value)
                                    + "\"; only 0, 1, -1 and blank are allowed");
            }
        }
        rows.add(columns.row(line, values, present, unknown));
    }

    private void numbers(long line, List<String> values) {
        List<Float> numbers = new ArrayList<>();
        for (Map.Entry<String, Integer> target : labelColumns.entrySet()) {
            String value = values.get(target.getValue()).strip();
            Optional<Float> number = number(value);
            if (number.isEmpty()) {
                problems.add(
                        Problems.ProblemKind.BAD_VALUE,
                        file.toString(),
                        line,
                        columns.image(values),
                        "\"" + target.getKey() + "\" is \"" + DelimitedText.shortened(value)
                                + "\", not a number; leave it blank if it is unknown");
                return;
            }
            numbers.add(number.get());
        }
        rows.add(columns.row(line, values, numbers));
    }

    /** NaN if it is unknown; empty if it is no number. */
    private static Optional<Float> number(String value) {
        if (value.isEmpty() || value.equalsIgnoreCase("nan")) {
            return Optional.of(Float.NaN);
        }
        try {
            return Optional.of(Float.parseFloat(value)).filter(Float::isFinite);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    LabelTable table() {
        if (columns == null || rows.isEmpty()) {
            throw InputException.in(file, "no rows; is the file complete?");
        }
        return new LabelTable(
                file.toString(), problemType(), List.copyOf(labelColumns.keySet()), columns.keptNames(), rows);
    }

    private ProblemType problemType() {
        if (wanted.labels() instanceof CsvLabelFile.NumberColumns) {
            return ProblemType.REGRESSION;
        }
        return wanted.labels() instanceof CsvLabelFile.OneLabel ? ProblemType.SINGLE_LABEL : ProblemType.MULTI_LABEL;
    }
}
