package io.vit4j.data;

import io.vit4j.base.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A label file of anybody's making: a table whose columns the user names. */
public final class CsvLabelFile {
    private CsvLabelFile() {}

    /** What an uncertain label is taken for: one written as -1 or left blank, as CheXpert does. */
    public enum Uncertain {
        /** Taken as absent. */
        ZERO,
        /** Taken as present. */
        ONE,
        /** Unknown: the loss leaves it out. */
        IGNORE
    }

    /** Where the labels stand. */
    public sealed interface Labels permits OneLabel, JoinedLabels, IndicatorColumns, NumberColumns {}

    /** One column with one label a row: single-label. */
    public record OneLabel(String column) implements Labels {}

    /** One column with any number of labels a row, joined by a separator such as {@code |}: multi-label. */
    public record JoinedLabels(String column, String separator) implements Labels {
        /** Checks that there is a separator. */
        public JoinedLabels {
            if (separator.isEmpty()) {
                throw new InputException("the label separator is empty; give the character between two labels");
            }
        }
    }

    /** One column a label, holding 1 or 0, or what {@link Uncertain} is about: multi-label. */
    public record IndicatorColumns(List<String> columns, Uncertain uncertain) implements Labels {
        /** Checks that there are columns. */
        public IndicatorColumns {
            columns = List.copyOf(columns);
            if (columns.isEmpty()) {
                throw new InputException("no label columns are given");
            }
        }
    }

    /** Columns that are numbers to be predicted: regression. Blanks are unknown. */
    public record NumberColumns(List<String> columns) implements Labels {
        /** Checks that there are columns. */
        public NumberColumns {
            columns = List.copyOf(columns);
            if (columns.isEmpty()) {
                throw new InputException("no target columns are named");
            }
        }
    }

    /**
     * Which column holds what.
     *
     * @param patient if empty, a column with a name like {@code patient_id} is used if there is one
     * @param split a column that contains train, validation or test
     */
    public record Columns(String image, Labels labels, Optional<String> patient, Optional<String> split) {}

    /** Reads the file. Problems in single rows go to {@code problems}. InputException if a column is absent. */
    public static LabelTable read(Path file, Columns columns, Problems problems) {
        TableRows rows = new TableRows(file, columns, problems);
        DelimitedText.read(file, problems, rows::row);
        return rows.table();
    }
}
