package io.vit4j.evaluate;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CsvTable;
import io.vit4j.data.Split;
import io.vit4j.metrics.Bands;
import io.vit4j.metrics.Bootstrap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * Which samples belong together: those of a patient (as an anonymous number), and those of a sex, age band, view position
 * or follow-up. Nothing in it identifies a person.
 *
 * @param clusters the patient's number of each sample
 * @param patientsKnown false if the data does not name patients; each sample is then a cluster of its own
 * @param columns by name ("Sex"), the group of each sample
 */
public record SampleGroups(int[] clusters, boolean patientsKnown, Map<String, List<String>> columns) {
    private static final String PATIENT = "patient";
    private static final String SAMPLE = "sample";
    private static final String MEND = "evaluate again";

    /** A column with more values than this says too much of single people, and too little of groups. */
    private static final int MOST_GROUPS = 12;

    private static final int LONGEST_GROUP = 40;

    /** A group of the report, the label files' names for it, and how their values become few. */
    private enum Kind {
        SEX("Sex", List.of("patient gender", "patient sex", "sex", "gender"), SampleGroups::sex),
        AGE("Age", List.of("patient age", "age"), Bands::age),
        VIEW(
                "View position",
                List.of("view position", "view_position", "view", "viewposition", "ap/pa"),
                value -> value),
        FOLLOW_UP("Follow-up", List.of("follow-up #", "follow-up", "followup"), Bands::followUp);

        private final String title;
        private final List<String> columns;
        private final UnaryOperator<String> band;

        Kind(String title, List<String> columns, UnaryOperator<String> band) {
            this.title = title;
            this.columns = columns;
            this.band = band;
        }
    }

    /** Those of some rows of a data set, as far as its label file's columns tell. */
    public static SampleGroups of(ArrowDataset data, int[] rows) {
        Optional<String> patient = patientColumn(data);
        int[] clusters = patient.map(name -> Bootstrap.clusters(Arrays.stream(rows)
                        .mapToObj(row -> data.column(name, row))
                        .toList()))
                .orElseGet(() -> Bootstrap.eachSampleAlone(rows.length));
        Map<String, List<String>> columns = new LinkedHashMap<>();
        for (Kind kind : Kind.values()) {
            find(data, kind.columns).ifPresent(name -> {
                List<String> values = Arrays.stream(rows)
                        .mapToObj(row -> group(kind.band.apply(data.column(name, row))))
                        .toList();
                int different = new TreeSet<>(values).size();
                if (different > 1 && different <= MOST_GROUPS) {
                    columns.put(kind.title, values);
                }
            });
        }
        return new SampleGroups(clusters, patient.isPresent(), columns);
    }

    /** The column that names the patient, where the label file has one. */
    public static Optional<String> patientColumn(ArrowDataset data) {
        return data.info().patientColumn();
    }

    /** How many patients have pictures in more than one split; empty if the data names no patients. */
    public static OptionalInt patientsInTwoSplits(ArrowDataset data) {
        Optional<String> column = patientColumn(data);
        if (column.isEmpty()) {
            return OptionalInt.empty();
        }
        Set<String> before = new HashSet<>();
        int shared = 0;
        for (String split : List.of(Split.TRAIN, Split.VALIDATION, Split.TEST)) {
            Set<String> patients = patients(data, column.get(), split);
            shared += (int) patients.stream().filter(before::contains).count();
            before.addAll(patients);
        }
        return OptionalInt.of(shared);
    }

    /** The patients of a split; empty if the data names none. */
    public static Set<String> patients(ArrowDataset data, String split) {
        return patientColumn(data).map(column -> patients(data, column, split)).orElse(Set.of());
    }

    private static Set<String> patients(ArrowDataset data, String column, String split) {
        Set<String> patients = new HashSet<>();
        Arrays.stream(data.rows(split)).forEach(row -> patients.add(data.column(column, row)));
        return patients;
    }

    /** The first of the data set's columns that has one of these names, in any case. */
    private static Optional<String> find(ArrowDataset data, List<String> names) {
        return names.stream()
                .flatMap(name -> data.info().columns().stream().filter(column -> column.equalsIgnoreCase(name)))
                .findFirst();
    }

    private static String sex(String value) {
        return switch (value.strip().toLowerCase(java.util.Locale.ROOT)) {
            case "m", "male" -> "male";
            case "f", "female", "w" -> "female";
            case "" -> Bands.UNKNOWN;
            default -> value.strip();
        };
    }

    private static String group(String value) {
        String stripped = value.strip();
        return stripped.isEmpty() ? Bands.UNKNOWN : stripped.substring(0, Math.min(LONGEST_GROUP, stripped.length()));
    }

    /** Clusters that are the samples, and no groups: of predictions whose data is not here. */
    public static SampleGroups none(int samples) {
        return new SampleGroups(Bootstrap.eachSampleAlone(samples), false, Map.of());
    }

    /** Writes them as CSV: a row a sample, in the order of the predictions. */
    public void write(DurableFiles files, Path path) {
        CsvTable.write(files, path, rows -> {
            List<String> row = new ArrayList<>(List.of(patientsKnown ? PATIENT : SAMPLE));
            row.addAll(columns.keySet());
            rows.accept(row);
            for (int i = 0; i < clusters.length; i++) {
                row.clear();
                row.add(Integer.toString(clusters[i]));
                for (List<String> values : columns.values()) {
                    row.add(values.get(i));
                }
                rows.accept(row);
            }
        });
    }

    /** Reads what {@link #write} wrote, for that many samples. */
    public static SampleGroups read(Path path, int samples) {
        List<String> header = new ArrayList<>();
        List<List<String>> values = new ArrayList<>();
        int[] clusters = new int[samples];
        int[] rows = {-1}; // the header is none
        CsvTable.read(path, MEND, (line, cells) -> {
            int row = rows[0]++;
            if (row < 0) {
                header.addAll(cells);
                requireHeader(path, header);
                header.forEach(name -> values.add(new ArrayList<>()));
                return;
            }
            if (cells.size() != header.size() || row == samples) {
                throw InputException.in(path, "line " + line + " does not match the predictions next to it; " + MEND);
            }
            clusters[row] = cluster(path, line, cells.get(0));
            for (int j = 1; j < header.size(); j++) {
                values.get(j).add(group(cells.get(j)));
            }
        });
        if (rows[0] != samples) {
            throw InputException.in(
                    path, "holds " + rows[0] + " rows for " + samples + " predictions next to it; " + MEND);
        }
        Map<String, List<String>> columns = new LinkedHashMap<>();
        for (int j = 1; j < header.size(); j++) {
            if (new HashSet<>(values.get(j)).size() > MOST_GROUPS) {
                throw InputException.in(
                        path, "its column \"" + header.get(j) + "\" has more than " + MOST_GROUPS + " groups; " + MEND);
            }
            columns.put(header.get(j), values.get(j));
        }
        return new SampleGroups(clusters, header.get(0).equals(PATIENT), columns);
    }

    /** The first column numbers the patients or samples; of the others there are as many as {@link #of} can make. */
    private static void requireHeader(Path path, List<String> header) {
        List<String> titles =
                Arrays.stream(Kind.values()).map(kind -> kind.title).toList();
        List<String> others = header.subList(1, header.size());
        if (!List.of(PATIENT, SAMPLE).contains(header.get(0))
                || !titles.containsAll(others)
                || new HashSet<>(others).size() != others.size()) {
            throw InputException.in(
                    path,
                    "its columns are not " + PATIENT + " or " + SAMPLE + ", then some of " + String.join(", ", titles)
                            + "; " + MEND);
        }
    }

    private static int cluster(Path path, long line, String cell) {
        try {
            return Integer.parseInt(cell);
        } catch (NumberFormatException e) {
            throw InputException.in(path, "line " + line + ": \"" + cell + "\" is no whole number; " + MEND, e);
        }
    }

    /** {@return how many patients there are, or samples if patients are not known} */
    public int patients() {
        return (int) Arrays.stream(clusters).distinct().count();
    }
}
