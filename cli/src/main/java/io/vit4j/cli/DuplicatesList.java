package io.vit4j.cli;

import io.vit4j.base.DurableFiles;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Duplicates;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The duplicates of a data set, as {@code inspect} shows them. */
record DuplicatesList(ArrowDataset data, Duplicates duplicates) {
    private static final int SHOWN = 5;

    static DuplicatesList of(ArrowDataset data) {
        return new DuplicatesList(data, Duplicates.in(data));
    }

    /**
     * Prints a summary, and writes all groups.
     *
     * @param file CSV: group, file, split
     */
    void write(Path file, PrintWriter out) {
        int groups = duplicates.groups().size();
        if (groups == 0) {
            out.println("Duplicates: none");
            return;
        }
        out.println("Duplicates: " + groups + " groups of pictures that are the same, or nearly; without "
                + duplicates.superfluous() + " of them each would be there once");
        int across = duplicates.acrossSplits(data).size();
        if (across > 0) {
            out.println("  " + across + " groups are in more than one split: what is measured there is too optimistic");
        }
        duplicates.groups().stream()
                .limit(SHOWN)
                .forEach(group -> out.println("  "
                        + Arrays.stream(group)
                                .mapToObj(row -> data.fileName(row) + " (" + data.splitOf(row) + ")")
                                .collect(Collectors.joining(", "))));
        StringBuilder csv = new StringBuilder("group,file,split\n");
        for (int i = 0; i < groups; i++) {
            for (int row : duplicates.groups().get(i)) {
                csv.append(i + 1)
                        .append(",\"")
                        .append(data.fileName(row).replace("\"", "\"\""))
                        .append("\",")
                        .append(data.splitOf(row))
                        .append('\n');
            }
        }
        DurableFiles.SYSTEM.ofPatients().write(file, csv.toString());
        out.println("  All groups: " + file);
    }
}
