package io.vit4j.data;

import io.vit4j.base.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The patient that a folder of the path names, as in {@code CheXpert-v1.0/train/patient00001/study1/view1_frontal.jpg}. */
final class PatientFolder {
    private static final Pattern PATIENT = Pattern.compile("(?i)(?:patient|subject|subj|pat)[-_ ]?\\d+|p\\d{6,}");

    private PatientFolder() {}

    static boolean is(String folder) {
        return PATIENT.matcher(folder).matches();
    }

    /** The patient of an image, if a folder in its path is one's. */
    static Optional<String> of(String path) {
        String[] parts = path.replace('\\', '/').split("/");
        for (int i = parts.length - 2; i >= 0; i--) {
            if (is(parts[i])) {
                return Optional.of(parts[i]);
            }
        }
        return Optional.empty();
    }

    /** The table with the patient of each image from its path: the pattern's first group, else all that it finds. */
    static LabelTable fill(LabelTable table, Pattern pattern) {
        List<LabelTable.LabelRow> rows = new ArrayList<>(table.size());
        for (LabelTable.LabelRow row : table.rows()) {
            Matcher found = pattern.matcher(row.image());
            if (!found.find() || (found.groupCount() > 0 && found.group(1) == null)) {
                throw new InputException(
                        table.source() + (row.line() > 0 ? ", line " + row.line() : "") + ": " + row.image()
                                + " does not match the pattern for patients " + pattern + "; correct the pattern");
            }
            rows.add(row.withPatient(found.group(Math.min(found.groupCount(), 1))));
        }
        return table.withRows(rows);
    }

    /** The table with patients from the images' paths, if it names none and each path names one. */
    static LabelTable fill(LabelTable table, Problems problems) {
        List<LabelTable.LabelRow> rows = new ArrayList<>(table.size());
        for (LabelTable.LabelRow row : table.rows()) {
            Optional<String> patient = of(row.image());
            if (row.patient().isPresent() || patient.isEmpty()) {
                return table;
            }
            rows.add(row.withPatient(patient.get()));
        }
        if (rows.isEmpty()) {
            return table;
        }
        problems.note(
                table.source(),
                "patients are taken from the images' paths, such as "
                        + rows.get(0).patient().orElseThrow());
        return table.withRows(rows);
    }
}
