package io.vit4j.data;

import io.vit4j.base.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What a label file says, whatever its format: one row an image, in the file's order.
 *
 * @param source the file, for messages
 * @param problemType what the labels mean
 * @param declaredLabels labels that exist by the file's header, even if no row has them; may be empty
 * @param columnNames names of the columns that are kept as they are
 * @param rows one an image
 */
public record LabelTable(
        String source,
        ProblemType problemType,
        List<String> declaredLabels,
        List<String> columnNames,
        List<LabelTable.LabelRow> rows) {
    /** Copies the lists. */
    public LabelTable {
        declaredLabels = List.copyOf(declaredLabels);
        columnNames = List.copyOf(columnNames);
        rows = List.copyOf(rows);
    }

    /**
     * One image.
     *
     * @param line where it stands in the file, from 1
     * @param image its name, as the file has it
     * @param labels those it has; for regression the numbers of {@link #declaredLabels}, in their order
     * @param unknown those of which it is not known; the others it has not
     * @param patient who it shows, where the file says so
     * @param split {@code train}, {@code validation} or {@code test}, or any other word that the file has for it; empty if
     *     neither the file nor the image's folder says anything
     * @param values of the kept columns, in their order
     */
    public record LabelRow(
            long line,
            String image,
            List<String> labels,
            List<String> unknown,
            Optional<String> patient,
            Optional<String> split,
            List<String> values) {
        /** Copies the lists. */
        public LabelRow {
            labels = List.copyOf(labels);
            unknown = List.copyOf(unknown);
            values = List.copyOf(values);
        }

        /** Where it stands in its file, as the end of a message; empty if folders name the labels. */
        String atLine() {
            return line > 0 ? " at line " + line : "";
        }

        /** The same row with labels. */
        LabelRow withLabels(List<String> names, List<String> unsure) {
            return new LabelRow(line, image, names, unsure, patient, split, values);
        }

        /** The same row with a patient. */
        LabelRow withPatient(String who) {
            return new LabelRow(line, image, labels, unknown, Optional.of(who), split, values);
        }

        /** The same row with a split. */
        LabelRow withSplit(String side) {
            return new LabelRow(line, image, labels, unknown, patient, Optional.of(side), values);
        }

        /** The same row with another image's name. */
        LabelRow withImage(String name) {
            return new LabelRow(line, name, labels, unknown, patient, split, values);
        }
    }

    /** {@return how many rows there are} */
    public int size() {
        return rows.size();
    }

    /**
     * The same file with {@code train}, {@code validation} or {@code test} in place of its own words for them.
     *
     * @param words in any case, and what they mean
     */
    public LabelTable withSplitWords(Map<String, String> words) {
        words.forEach((word, split) -> {
            if (!List.of(Split.TRAIN, Split.VALIDATION, Split.TEST).contains(split)) {
                throw new InputException(
                        "split word " + word + "=" + split + ": it can mean train, validation or test");
            }
        });
        return words.isEmpty() ? this : SplitWords.replaced(this, words);
    }

    /** The same file with other rows. */
    public LabelTable withRows(List<LabelRow> others) {
        return new LabelTable(source, problemType, declaredLabels, columnNames, others);
    }

    /**
     * The same file with a column that tells each row's patient, if the kept columns do not: if the patient was found in the image's path,
     * or in a column whose name does not say so.
     *
     * @param shown what the column says of a patient
     */
    LabelTable withPatientColumn(UnaryOperator<String> shown) {
        int known = TableColumns.patientIn(columnNames);
        boolean told = rows.stream()
                .allMatch(row -> row.patient().isEmpty()
                        || known >= 0
                                && row.values().get(known).equals(row.patient().get()));
        if (told) {
            return this;
        }
        List<String> names = new ArrayList<>(columnNames);
        names.add(0, TableColumns.newPatientColumn(columnNames));
        List<LabelRow> longer = new ArrayList<>(rows.size());
        for (LabelRow row : rows) {
            List<String> values = new ArrayList<>(row.values());
            values.add(0, row.patient().map(shown).orElse(""));
            longer.add(new LabelRow(
                    row.line(), row.image(), row.labels(), row.unknown(), row.patient(), row.split(), values));
        }
        return new LabelTable(source, problemType, declaredLabels, names, longer);
    }
}
