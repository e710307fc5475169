package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Patients whose pictures are not to be learned from: those on whom a model will be measured.
 *
 * @param list the file that names them, one a line
 * @param patients as the data set's column of patients has them
 */
public record ExcludedPatients(Path list, Set<String> patients) {
    private static final Logger LOG = LoggerFactory.getLogger(ExcludedPatients.class);

    /** Reads the file; InputException if it names nobody. */
    public static ExcludedPatients read(Path list) {
        try {
            Set<String> patients = new HashSet<>();
            for (String line : OpenFiles.lines(list)) {
                if (!line.isBlank()) {
                    patients.add(line.strip());
                }
            }
            if (patients.isEmpty()) {
                throw InputException.in(list, "names no patients; write one a line");
            }
            return new ExcludedPatients(list, Set.copyOf(patients));
        } catch (IOException e) {
            throw InputException.in(
                    list, "cannot be read (" + e.getMessage() + "); name a text file with one patient a line", e);
        }
    }

    /**
     * The data set with these patients' pictures in no split.
     *
     * @param folder of the data set, for messages
     * @throws InputException if it does not say whose its pictures are, or has none of these patients
     */
    public ArrowDataset leaveOut(ArrowDataset dataset, Path folder) {
        String column = dataset.info()
                .patientColumn()
                .orElseThrow(() -> InputException.in(
                        folder,
                        "does not say which patient each picture shows, so that none can be left out; prepare it with a"
                                + " patient column, or --patient-pattern"));
        Map<String, int[]> kept = new TreeMap<>();
        int left = 0;
        for (String split : List.of(Split.TRAIN, Split.VALIDATION, Split.TEST)) {
            int[] rows = dataset.rows(split);
            kept.put(
                    split,
                    Arrays.stream(rows)
                            .filter(row -> !patients.contains(dataset.column(column, row)))
                            .toArray());
            left += rows.length - kept.get(split).length;
        }
        if (left == 0) {
            throw InputException.in(
                    list,
                    "names no patient of " + folder + "; its column " + column + " has "
                            + (dataset.size() > 0 ? dataset.column(column, 0) : "none") + ", for example");
        }
        LOG.info("Left out {} pictures of the patients in {}", left, list);
        return dataset.withSplits(kept);
    }
}
