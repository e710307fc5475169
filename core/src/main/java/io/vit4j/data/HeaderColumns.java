package io.vit4j.data;

import io.vit4j.image.ImageDecoder;
import io.vit4j.image.PictureHeader;
import io.vit4j.image.PictureNames;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Adds to a label table what the pictures' own headers say, as DICOM's do: the patient as a digest, and the columns that a data
 * set keeps. Rows may name their pictures by identifiers of the header. Files that turn out to have no picture are left out.
 */
final class HeaderColumns {
    private static final String PATIENT = "patient";
    private static final int[] BEGIN = {1 << 16, 1 << 20, ImageSource.LARGEST_FILE};

    private HeaderColumns() {}

    /** The same table if no picture has a header. */
    static LabelTable fill(LabelTable table, ImageSource images, DataFolderOptions options) {
        Map<String, PictureHeader> headers = read(table, images);
        if (headers.isEmpty()) {
            return table;
        }
        remark(headers, images, options.problems);
        boolean namesPatients =
                headers.values().stream().anyMatch(header -> !header.patient().isEmpty());
        Optional<PatientKey> key = namesPatients
                ? Optional.of(PatientKey.in(options.patientKey.orElseGet(PatientKey::ofUser), options.problems))
                : Optional.empty();
        List<String> names = names(table, headers);
        ImageNames byName = new ImageNames(headers.keySet());
        Map<String, List<String>> byIdentifier = byIdentifier(headers);
        List<LabelTable.LabelRow> rows = new ArrayList<>(table.size());
        int joined = 0;
        for (LabelTable.LabelRow row : table.rows()) {
            Optional<String> path = byName.find(row.image());
            List<String> paths = path.map(List::of)
                    .orElseGet(() -> byIdentifier.getOrDefault(row.image().strip(), List.of()));
            joined += path.isEmpty() && !paths.isEmpty() ? 1 : 0;
            if (paths.isEmpty()) {
                rows.add(extended(row, Collections.nCopies(names.size(), "")));
            }
            for (String found : paths) {
                PictureHeader header = headers.get(found);
                if (header.hasPicture()) {
                    LabelTable.LabelRow named = path.isPresent() ? row : row.withImage(found);
                    rows.add(filled(named, header, names, key));
                }
            }
        }
        if (joined > 0) {
            options.problems.note(
                    table.source(), joined + " rows name their pictures by an identifier in the pictures' headers");
        }
        List<String> columns = new ArrayList<>(table.columnNames());
        columns.addAll(names);
        return new LabelTable(table.source(), table.problemType(), table.declaredLabels(), columns, rows);
    }

    private static LabelTable.LabelRow filled(
            LabelTable.LabelRow row, PictureHeader header, List<String> names, Optional<PatientKey> key) {
        Optional<String> patient =
                header.patient().isEmpty() ? Optional.empty() : key.map(secret -> secret.digest(header.patient()));
        List<String> values = names.stream()
                .map(name -> name.equals(PATIENT)
                        ? patient.orElse("")
                        : header.columns().getOrDefault(name, ""))
                .toList();
        LabelTable.LabelRow whole = extended(row, values);
        return row.patient().isEmpty() && patient.isPresent() ? whole.withPatient(patient.get()) : whole;
    }

    private static LabelTable.LabelRow extended(LabelTable.LabelRow row, List<String> more) {
        List<String> values = new ArrayList<>(row.values());
        values.addAll(more);
        return new LabelTable.LabelRow(
                row.line(), row.image(), row.labels(), row.unknown(), row.patient(), row.split(), values);
    }

    /** The columns that are new: what the label file says itself counts more. */
    private static List<String> names(LabelTable table, Map<String, PictureHeader> headers) {
        Set<String> there = table.columnNames().stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
        Set<String> names = new LinkedHashSet<>(List.of(PATIENT));
        headers.values().forEach(header -> names.addAll(header.columns().keySet()));
        return names.stream().filter(name -> !there.contains(name)).toList();
    }

    private static Map<String, List<String>> byIdentifier(Map<String, PictureHeader> headers) {
        Map<String, List<String>> byIdentifier = new HashMap<>();
        headers.forEach((path, header) -> {
            if (header.hasPicture()) {
                header.identifiers()
                        .forEach(identifier -> byIdentifier
                                .computeIfAbsent(identifier, key -> new ArrayList<>(1))
                                .add(path));
            }
        });
        return byIdentifier;
    }

    private static void remark(Map<String, PictureHeader> headers, ImageSource images, Problems problems) {
        Map<String, Integer> counts = new TreeMap<>();
        long without = 0;
        for (PictureHeader header : headers.values()) {
            header.remarks().forEach(remark -> counts.merge(remark, 1, Integer::sum));
            without += header.hasPicture() ? 0 : 1;
        }
        counts.forEach((remark, count) -> problems.note(images.description(), count + " pictures " + remark));
        if (without > 0) {
            problems.note(images.description(), without + " files without a picture in them are left out");
        }
    }

    /** The headers of all pictures that have one, by path, in the source's order. */
    private static Map<String, PictureHeader> read(LabelTable table, ImageSource images) {
        Map<String, PictureHeader> headers = new LinkedHashMap<>();
        if (images instanceof ImageSource.ByName files) {
            List<String> names =
                    files.names().stream().filter(HeaderColumns::mayHaveHeader).toList();
            List<Optional<PictureHeader>> found =
                    names.parallelStream().map(name -> read(files, name)).toList();
            for (int i = 0; i < names.size(); i++) {
                String name = names.get(i);
                found.get(i).ifPresent(header -> headers.put(name, header));
            }
        } else if (table.rows().stream().anyMatch(row -> mayHaveHeader(row.image()))) {
            // by the rows, since listing a compressed archive would take as long as reading it
            ((ImageSource.InOrder) images)
                    .forEach(
                            HeaderColumns::mayHaveHeader,
                            (name, bytes) -> ImageDecoder.header(bytes).ifPresent(header -> headers.put(name, header)));
        }
        return headers;
    }

    private static boolean mayHaveHeader(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        return PictureNames.isDicom(name) || PictureNames.isOpen(name);
    }

    /** A damaged one has no header here; what is wrong with it is said when it is decoded. */
    private static Optional<PictureHeader> read(ImageSource.ByName files, String name) {
        for (int length : BEGIN) {
            byte[] begin = files.begin(name, length);
            Optional<PictureHeader> header = ImageDecoder.header(begin);
            if (begin.length < length || header.isPresent() && header.get().hasPicture()) {
                return header;
            }
        }
        return Optional.empty();
    }
}
