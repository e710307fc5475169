package io.vit4j.data;

import io.vit4j.base.InputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which column of a table holds what, and which are kept as they are. */
final class TableColumns {
    /** Names of the data set's own columns; a label file's column of the same name gets an underscore behind. */
    static final Set<String> RESERVED = Set.of("file_name", "split", "label", "labels", "pixels");

    /** How label files name the column of the patient, but for case, spaces and hyphens. */
    private static final Set<String> PATIENT = Set.of("patientid", "patient", "subjectid", "subject", "patientnumber");

    /** More columns, or longer names, than any label file has; each row costs a value a column. */
    private static final int MOST_COLUMNS = 4096;

    private static final int LONGEST_NAME = 1000;

    private final List<String> header;
    private final int named; // columns up to the last that has a name
    private final int image;
    private final int patient;
    private final int split;
    private final int[] kept;
    private final List<String> keptNames = new ArrayList<>();
    private final TextSource file;
    private final Problems problems;

    /**
     * @param patient column of the patient, or -1
     * @param split column of the split, or -1
     * @param notKept columns that are wholly told by the labels
     */
    TableColumns(
            List<String> header,
            int image,
            int patient,
            int split,
            Set<Integer> notKept,
            TextSource file,
            Problems problems) {
        this.header = header;
        int end = header.size();
        while (end > 0 && header.get(end - 1).isEmpty()) {
            end--;
        }
        this.named = end;
        this.image = image;
        this.patient = patient;
        this.split = split;
        this.file = file;
        this.problems = problems;
        List<Integer> columns = new ArrayList<>();
        Set<String> taken = new HashSet<>(RESERVED);
        Map<String, Integer> repeats = new HashMap<>();
        for (int i = 0; i < header.size(); i++) {
            String name = header.get(i);
            if (i == image || i == split || notKept.contains(i) || name.isEmpty()) {
                continue; // an empty name: the older NIH file ends each line with a comma
            }
            String unique = name;
            while (!taken.add(unique)) { // name, name_, name_2, name_3
                int repeat = repeats.merge(name, 1, Integer::sum);
                unique = name + "_" + (repeat == 1 ? "" : repeat);
            }
            columns.add(i);
            keptNames.add(unique);
        }
        this.kept = columns.stream().mapToInt(Integer::intValue).toArray();
    }

    /** InputException where these cannot be the names of a label file's columns. */
    static void refuseOutsized(List<String> header, TextSource file) {
        if (header.size() > MOST_COLUMNS) {
            throw file.fault(header.size() + " columns, more than " + MOST_COLUMNS + "; is it a label file?");
        }
        for (String name : header) {
            if (name.length() > LONGEST_NAME) {
                throw file.fault("a column's name of " + name.length() + " characters, " + DelimitedText.shortened(name)
                        + "; is it a label file?");
            }
        }
    }

    /** The column that tells the patient by its name, or -1. */
    static int patientIn(List<String> header) {
        for (int i = 0; i < header.size(); i++) {
            if (PATIENT.contains(lower(header.get(i)).replaceAll("[ _-]", ""))) {
                return i;
            }
        }
        return -1;
    }

    /** A name for a column of patients, which none of these columns has. */
    static String newPatientColumn(List<String> columns) {
        Set<String> taken = new HashSet<>();
        columns.forEach(name -> taken.add(lower(name)));
        return List.of("patient", "patient_id", "subject", "subject_id", "patient_number").stream()
                .filter(name -> !taken.contains(name))
                .findFirst()
                .orElseThrow(() -> new InputException("the label file has columns with all of the names that mean the"
                        + " patient, and none of them does; rename one"));
    }

    /** The number of a column, whatever the case of its name. InputException if there is none. */
    static int require(List<String> header, String written, TextSource file) {
        String name = CleanText.of(written);
        int exact = header.indexOf(name);
        if (exact >= 0) {
            return exact;
        }
        for (int i = 0; i < header.size(); i++) {
            if (header.get(i).equalsIgnoreCase(name)) {
                return i;
            }
        }
        throw file.fault("no column \"" + name + "\"; it has " + DelimitedText.shortened(String.join(", ", header)));
    }

    List<String> keptNames() {
        return keptNames;
    }

    String image(List<String> values) {
        return values.get(image);
    }

    /** The row with a value for each column that has a name, or empty, and the problem noted. */
    Optional<List<String>> fit(long line, List<String> fields) {
        int size = fields.size();
        while (size > header.size() && fields.get(size - 1).isEmpty()) {
            size--;
        }
        if (size < named || size > header.size()) {
            problems.add(
                    Problems.ProblemKind.ROW_SHAPE,
                    file.name(),
                    line,
                    "",
                    size + " values for " + header.size() + " columns");
            return Optional.empty();
        }
        if (fields.get(image).isEmpty()) {
            problems.add(
                    Problems.ProblemKind.NO_IMAGE_NAME,
                    file.name(),
                    line,
                    "",
                    "\"" + header.get(image) + "\" is empty");
            return Optional.empty();
        }
        return Optional.of(fields.subList(0, size));
    }

    LabelTable.LabelRow row(long line, List<String> values, List<String> labels, List<String> unknown) {
        List<String> others = new ArrayList<>(kept.length);
        for (int column : kept) {
            others.add(values.get(column));
        }
        return new LabelTable.LabelRow(
                line,
                values.get(image),
                labels,
                unknown,
                patient < 0
                        ? Optional.empty()
                        : Optional.of(values.get(patient)).filter(who -> !CleanText.isMissing(who)),
                split < 0
                        ? Optional.empty()
                        : Optional.of(values.get(split)).filter(word -> !CleanText.isMissing(word)),
                others);
    }

    /** Lower case, for comparing names that people write in any case. */
    static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
