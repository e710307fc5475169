package io.vit4j.data;

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
    private final TextSource file;
    private final CsvLabelFile.Columns wanted;
    private final Problems problems;
    private final List<LabelTable.LabelRow> rows = new ArrayList<>();
    private final LabelPool pool;

    /** Few combinations of labels make up most files. */
    private final Map<String, List<String>> labelsOf = new HashMap<>();

    private final boolean keepsLabel;
    private TableColumns columns;
    private int labelColumn;
    private Map<String, Integer> labelColumns = Map.of();
    private long blanks;
    private long uncertains;

    TableRows(TextSource file, CsvLabelFile.Columns wanted, Problems problems) {
        this(file, wanted, problems, true);
    }

    /** @param keepsLabel whether a single column with all labels is also kept as it is written */
    TableRows(TextSource file, CsvLabelFile.Columns wanted, Problems problems, boolean keepsLabel) {
        this.keepsLabel = keepsLabel;
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
            separate(line, values, separate);
        } else if (wanted.labels() instanceof CsvLabelFile.OneHotColumns oneHot) {
            separate(line, values, new CsvLabelFile.IndicatorColumns(oneHot.columns(), CsvLabelFile.Uncertain.ZEROS));
        } else if (wanted.labels() instanceof CsvLabelFile.NumberColumns) {
            numbers(line, values);
        } else if (wanted.labels() instanceof CsvLabelFile.OneLabel one) {
            one(line, values, one.missing());
        } else {
            String cell = values.get(labelColumn);
            rows.add(columns.row(line, values, labelsOf.computeIfAbsent(cell, this::split), List.of()));
        }
    }

    private void header(List<String> header) {
        TableColumns.refuseOutsized(header, file);
        int image = TableColumns.require(header, wanted.image(), file);
        Set<Integer> told = new HashSet<>();
        CsvLabelFile.Labels labels = wanted.labels();
        if (labels instanceof CsvLabelFile.IndicatorColumns separate) {
            separateColumns(header, separate.columns(), told);
        } else if (labels instanceof CsvLabelFile.OneHotColumns oneHot) {
            separateColumns(header, oneHot.columns(), told);
        } else if (labels instanceof CsvLabelFile.NumberColumns numbers) {
            separateColumns(header, numbers.columns(), told);
        } else if (labels instanceof CsvLabelFile.JoinedLabels joined) {
            labelColumn = TableColumns.require(header, joined.column(), file);
        } else if (labels instanceof CsvLabelFile.ListedLabels listed) {
            labelColumn = TableColumns.require(header, listed.column(), file);
        } else if (labels instanceof CsvLabelFile.OneLabel one) {
            labelColumn = TableColumns.require(header, one.column(), file);
        }
        if (!keepsLabel && labelColumns.isEmpty()) {
            told.add(labelColumn);
        }
        int patient = wanted.patient().isPresent()
                ? TableColumns.require(header, wanted.patient().get(), file)
                : TableColumns.patientIn(header);
        int split = wanted.split().isPresent()
                ? TableColumns.require(header, wanted.split().get(), file)
                : -1;
        columns = new TableColumns(header, image, patient, split, told, file, problems);
    }

    private void separateColumns(List<String> header, List<String> names, Set<Integer> told) {
        labelColumns = new LinkedHashMap<>();
        for (String name : names) {
            int column = TableColumns.require(header, name, file);
            labelColumns.put(header.get(column), column);
            told.add(column);
        }
    }

    private void one(long line, List<String> values, CsvLabelFile.MissingLabel missing) {
        String cell = values.get(labelColumn);
        Optional<List<String>> list = LabelCell.list(cell);
        if (list.isPresent()) {
            throw file.fault("line " + line + ": a list of labels, " + DelimitedText.shortened(cell)
                    + "; if a picture may have several labels, use --problem-type multi_label_classification");
        }
        boolean isMissing = missing == CsvLabelFile.MissingLabel.CLASS ? cell.isEmpty() : CleanText.isMissing(cell);
        if (isMissing && missing == CsvLabelFile.MissingLabel.SKIP) {
            problems.add(
                    Problems.ProblemKind.UNLABELLED_ROW,
                    file.name(),
                    line,
                    columns.image(values),
                    "no label (\"" + cell + "\")");
            return;
        }
        List<String> labels = isMissing ? List.of() : labelsOf.computeIfAbsent(cell, name -> List.of(pool.kept(name)));
        rows.add(columns.row(line, values, labels, List.of()));
    }

    private List<String> split(String cell) {
        Set<String> labels = new LinkedHashSet<>();
        Optional<List<String>> list = LabelCell.list(cell);
        if (list.isPresent()) {
            refuseHot(list.get(), cell);
            list.get().forEach(label -> labels.add(pool.kept(label)));
        } else if (wanted.labels() instanceof CsvLabelFile.JoinedLabels joined) {
            for (String part : cell.split(Pattern.quote(joined.separator()))) {
                String label = CleanText.of(part);
                if (!CleanText.isMissing(label)) {
                    labels.add(pool.kept(label));
                }
            }
        } else if (!CleanText.isMissing(cell)) {
            labels.add(pool.kept(cell));
        }
        if (labels.isEmpty()) {
            problems.note(file.name(), "rows with no label (\"" + cell + "\") count as rows without any of the labels");
        }
        return List.copyOf(labels);
    }

    /** {@code [0, 1, 0]} has no names; taken for names, it would be the labels 0 and 1. */
    private void refuseHot(List<String> items, String cell) {
        boolean hot = items.size() > new HashSet<>(items).size()
                && items.stream().allMatch(item -> item.matches("[01](?:\\.0*)?"));
        if (hot) {
            throw file.fault("\"" + DelimitedText.shortened(cell)
                    + "\" gives the labels as 0 and 1, but not their names; write one column for each label, and name"
                    + " the columns with --label-columns");
        }
    }

    private void numbers(long line, List<String> values) {
        List<String> numbers = new ArrayList<>(labelColumns.size());
        for (Map.Entry<String, Integer> column : labelColumns.entrySet()) {
            String cell = values.get(column.getValue());
            if (!CleanText.isMissing(cell) && !NumericLabels.is(cell)) {
                badValue(line, values, column.getKey(), cell, "it must be a number");
                return;
            }
            numbers.add(CleanText.isMissing(cell) ? "" : cell);
        }
        rows.add(columns.row(line, values, numbers, List.of()));
    }

    private void separate(long line, List<String> values, CsvLabelFile.IndicatorColumns how) {
        List<String> present = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        for (Map.Entry<String, Integer> label : labelColumns.entrySet()) {
            String value = values.get(label.getValue());
            if (CleanText.isMissing(value)) {
                blanks++;
                if (how.blank() == CsvLabelFile.Blank.IGNORE) {
                    unknown.add(label.getKey());
                }
                continue;
            }
            switch (TableColumns.lower(value).replaceAll("\\.0+$", "")) {
                case "1", "true", "yes" -> present.add(label.getKey());
                case "0", "false", "no" -> {}
                case "-1" -> {
                    uncertains++;
                    if (how.uncertain() == CsvLabelFile.Uncertain.ONES) {
                        present.add(label.getKey());
                    } else if (how.uncertain() == CsvLabelFile.Uncertain.IGNORE) {
                        unknown.add(label.getKey());
                    }
                }
                default -> badValue(line, values, label.getKey(), value, "only 0, 1, -1 and blank are allowed");
            }
        }
        rows.add(columns.row(line, values, present, unknown));
    }

    private void badValue(long line, List<String> values, String column, String value, String known) {
        problems.add(
                Problems.ProblemKind.BAD_VALUE,
                file.name(),
                line,
                columns.image(values),
                "\"" + column + "\" is \"" + DelimitedText.shortened(value) + "\"; " + known);
    }

    private void noteBlanksAndUncertains(CsvLabelFile.IndicatorColumns how) {
        if (blanks > 0 && how.blank() == CsvLabelFile.Blank.NEGATIVE) {
            problems.note(
                    file.name(),
                    blanks
                            + " empty cells in label columns count as 0, as in CheXpert; --blank-labels ignore leaves them out of"
                            + " the loss");
        }
        if (uncertains > 0) {
            problems.note(
                    file.name(),
                    uncertains + " uncertain labels (-1) "
                            + switch (how.uncertain()) {
                                case IGNORE -> "are left out of the loss; --uncertain ones or zeros counts them";
                                case ONES -> "count as 1";
                                case ZEROS -> "count as 0";
                            });
        }
    }

    LabelTable table() {
        if (columns == null || rows.isEmpty()) {
            throw file.fault("no rows; is the file complete?");
        }
        if (wanted.labels() instanceof CsvLabelFile.IndicatorColumns separate) {
            noteBlanksAndUncertains(separate);
        }
        List<LabelTable.LabelRow> settled = wanted.labels() instanceof CsvLabelFile.OneLabel one
                ? NumericLabels.settled(rows, one.numbersAreClasses(), one.column(), file, problems)
                : rows;
        LabelTable table = new LabelTable(
                file.name(), problemType(), List.copyOf(labelColumns.keySet()), columns.keptNames(), settled);
        return wanted.patient().isPresent() ? table : PatientFolder.fill(table, problems);
    }

    private ProblemType problemType() {
        return wanted.labels() instanceof CsvLabelFile.OneLabel || wanted.labels() instanceof CsvLabelFile.OneHotColumns
                ? ProblemType.SINGLE_LABEL
                : wanted.labels() instanceof CsvLabelFile.NumberColumns
                        ? ProblemType.REGRESSION
                        : ProblemType.MULTI_LABEL;
    }
}
