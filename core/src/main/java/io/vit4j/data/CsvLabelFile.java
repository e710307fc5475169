package io.vit4j.data;

import io.vit4j.base.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A label file of anybody's making: a table whose columns the user names. */
public final class CsvLabelFile {
    private CsvLabelFile() {}

    /** What a label counts as that is written as -1: uncertain, in CheXpert and MIMIC-CXR. The names are CheXpert's. */
    public enum Uncertain {
        /** U-Zeros: absent. */
        ZEROS,
        /** U-Ones: present. */
        ONES,
        /** U-Ignore: unknown, and the loss leaves it out. */
        IGNORE
    }

    /** What an empty cell in a column of a label counts as. */
    public enum Blank {
        /** The label is absent: not mentioned, in CheXpert and MIMIC-CXR. */
        NEGATIVE,
        /** Unknown, and the loss leaves it out. */
        IGNORE
    }

    /** What becomes of a row without a label where each needs one: empty, or {@code nan}, {@code None} and the like. */
    public enum MissingLabel {
        /** It is a problem. */
        FAIL,
        /** The row is left out, and this is reported. */
        SKIP,
        /** What stands there is a class like any other; an empty cell is still a problem. */
        CLASS
    }

    /** Where the labels stand. */
    public sealed interface Labels
            permits OneLabel, OneHotColumns, JoinedLabels, ListedLabels, IndicatorColumns, NumberColumns {}

    /**
     * One column with one label a row: single-label.
     *
     * @param numbersAreClasses whether numbers are taken for classes without a question, even if they look like measurements
     * @param missing what becomes of rows without a label
     */
    public record OneLabel(String column, boolean numbersAreClasses, MissingLabel missing) implements Labels {
        /** Numbers that look like measurements are asked about, and rows without a label are a problem. */
        public OneLabel(String column) {
            this(column, false, MissingLabel.FAIL);
        }
    }

    /** One column a class, of which each row has 1 in exactly one: single-label. */
    public record OneHotColumns(List<String> columns) implements Labels {
        /** Checks that there are columns. */
        public OneHotColumns {
            columns = List.copyOf(columns);
            if (columns.size() < 2) {
                throw new InputException(
                        "only one label column; each class needs its own column, and there must be at least two");
            }
        }
    }

    /** One column with any number of labels a row, joined by a separator such as {@code |}, or a list: multi-label. */
    public record JoinedLabels(String column, String separator) implements Labels {
        /** Checks that there is a separator. */
        public JoinedLabels {
            if (separator.isEmpty()) {
                throw new InputException("the label separator is empty; give the character between two labels");
            }
        }
    }

    /** One column with a label, or a list such as {@code ['a', 'b']}, a row, and one or more rows an image: multi-label. */
    public record ListedLabels(String column) implements Labels {}

    /** One column a label, holding 1 or 0, or -1 or nothing: multi-label. */
    public record IndicatorColumns(List<String> columns, Uncertain uncertain, Blank blank) implements Labels {
        /** Checks that there are columns. */
        public IndicatorColumns {
            columns = List.copyOf(columns);
            if (columns.isEmpty()) {
                throw new InputException("no label columns are given");
            }
        }

        /** An empty cell is negative. */
        public IndicatorColumns(List<String> columns, Uncertain uncertain) {
            this(columns, uncertain, Blank.NEGATIVE);
        }
    }

    /** Columns of numbers that are to be predicted: regression. Empty cells are unknown. */
    public record NumberColumns(List<String> columns) implements Labels {
        /** Checks that there are columns. */
        public NumberColumns {
            columns = List.copyOf(columns);
            if (columns.isEmpty()) {
                throw new InputException("no number columns are given");
            }
        }
    }

    /**
     * Which column holds what.
     *
     * @param image that with the names of the images; in Parquet files that with the images, which is detected if this is empty
     * @param patient where it is empty, a column named like {@code patient_id} is taken if there is one, else the patient whom
     *     every image's path names ({@code patient00001/study1/...})
     * @param split a column that says train, validation or test
     */
    public record Columns(String image, Labels labels, Optional<String> patient, Optional<String> split) {
        /** Image and labels; patient and split are not named. */
        public Columns(String image, Labels labels) {
            this(image, labels, Optional.empty(), Optional.empty());
        }

        /** The same with a column that names the patient. */
        public Columns patient(String column) {
            return new Columns(image, labels, Optional.of(column), split);
        }

        /** The same with a column that says train, validation or test. */
        public Columns split(String column) {
            return new Columns(image, labels, patient, Optional.of(column));
        }
    }

    /** Reads the file. Problems in single rows go to {@code problems}. InputException if a column is absent. */
    public static LabelTable read(Path file, Columns columns, Problems problems) {
        return read(TextSource.of(file), columns, problems);
    }

    static LabelTable read(TextSource file, Columns columns, Problems problems) {
        TableRows rows = new TableRows(file, columns, problems);
        readRows(file, problems, rows::row);
        return rows.table();
    }

    /** @param other its columns are added to each row */
    static LabelTable read(TextSource file, TextSource other, Columns columns, Problems problems) {
        JoinedTable joined = new JoinedTable(file, other, problems);
        readRows(other, problems, joined::otherRow);
        TableRows rows = new TableRows(file, columns, problems);
        readRows(file, problems, (line, fields) -> joined.row(line, fields, rows::row));
        return rows.table();
    }

    private static void readRows(TextSource file, Problems problems, DelimitedText.RowReader rows) {
        if (MetadataFile.isJsonLines(file.name())) {
            MetadataFile.readAsTable(file, problems, rows);
        } else {
            DelimitedText.read(file, problems, rows);
        }
    }
}
