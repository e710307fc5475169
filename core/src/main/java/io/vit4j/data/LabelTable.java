package io.vit4j.data;

import java.util.List;
import java.util.Optional;
import java.util.Set;

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

        private LabelRow without(Set<String> others) {
            boolean touched = others.stream().anyMatch(label -> labels.contains(label) || unknown.contains(label));
            return touched
                    ? new LabelRow(line, image, less(labels, others), less(unknown, others), patient, split, values)
                    : this;
        }

        private static List<String> less(List<String> names, Set<String> others) {
            return names.stream().filter(name -> !others.contains(name)).toList();
        }
    }

    /** {@return how many rows there are} */
    public int size() {
        return rows.size();
    }

    /** The same without these labels; a row that has no other has none. */
    public LabelTable without(Set<String> labels) {
        return new LabelTable(
                source,
                problemType,
                declaredLabels.stream().filter(label -> !labels.contains(label)).toList(),
                columnNames,
                rows.stream().map(row -> row.without(labels)).toList());
    }

    /** The same file with other rows. */
    public LabelTable withRows(List<LabelRow> others) {
        return new LabelTable(source, problemType, declaredLabels, columnNames, others);
    }
}
