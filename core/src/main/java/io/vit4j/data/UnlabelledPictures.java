package io.vit4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Pictures that nothing is known of, for pretraining: the table has one label, {@link #LABEL}, which is unknown of every picture. */
public final class UnlabelledPictures {
    /** The name of the one label. */
    public static final String LABEL = "unlabelled";

    private UnlabelledPictures() {}

    /** Whether a data set was prepared without labels. */
    public static boolean are(DatasetInfo info) {
        return info.labels().names().equals(List.of(LABEL));
    }

    /**
     * The pictures of a folder or archive. Folders that name a split or a patient are understood; others mean nothing.
     *
     * @param names of the image files, as {@link ImageSource.ByName#names} gives them
     */
    static LabelTable read(String description, List<String> names, Problems problems) {
        List<LabelTable.LabelRow> rows = new ArrayList<>(names.size());
        for (String name : names.stream().sorted().toList()) {
            List<String> parts = Arrays.asList(name.split("/"));
            rows.add(new LabelTable.LabelRow(
                    0,
                    name,
                    List.of(),
                    List.of(LABEL),
                    Optional.empty(),
                    SplitNames.inFolders(parts.subList(0, parts.size() - 1)),
                    List.of()));
        }
        LabelTable table = new LabelTable(description, ProblemType.MULTI_LABEL, List.of(LABEL), List.of(), rows);
        return PatientFolder.fill(table, problems);
    }

    /** The same pictures, patients, splits and columns without their labels. */
    static LabelTable of(LabelTable table) {
        return new LabelTable(
                table.source(),
                ProblemType.MULTI_LABEL,
                List.of(LABEL),
                table.columnNames(),
                table.rows().stream()
                        .map(row -> row.withLabels(List.of(), List.of(LABEL)))
                        .toList());
    }
}
