package io.vit4j.data;

import java.util.List;
import java.util.Optional;

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
     * @param line its line in the file, from 1
     * @param image its name, as in the file
     * @param labels the labels it has
     * @param unknown the labels that are unknown; it does not have the others
     * @param patient the patient, if the file names one
     * @param split {@code train}, {@code validation} or {@code test}, if the file or its folders define it
     * @param values of the kept columns, in their order
     * @param numbers of a regression, one a declared label, NaN if unknown; else none
     */
    public record LabelRow(
            long line,
            String image,
            List<String> labels,
            List<String> unknown,
            Optional<String> patient,
            Optional<String> split,
            List<String> values,
            List<Float> numbers) {
        /** A row with labels. */
        public LabelRow(
                long line,
                String image,
                List<String> labels,
                List<String> unknown,
                Optional<String> patient,
                Optional<String> split,
                List<String> values) {
            this(line, image, labels, unknown, patient, split, values, List.of());
        }

        /** Copies the lists. */
        public LabelRow {
            labels = List.copyOf(labels);
            unknown = List.copyOf(unknown);
            values = List.copyOf(values);
            numbers = List.copyOf(numbers);
        }
    }

    /** {@return how many rows there are} */
    public int size() {
        return rows.size();
    }

    /** The same file with other rows. */
    public LabelTable withRows(List<LabelRow> others) {
        return new LabelTable(source, problemType, declaredLabels, columnNames, others);
    }
}
