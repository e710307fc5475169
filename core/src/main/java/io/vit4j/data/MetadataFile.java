package io.vit4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * {@code metadata.jsonl} and {@code metadata.csv} next to images, as the {@code imagefolder} loader of Hugging Face datasets
 * reads them: {@code file_name}, and {@code label} (one class, by name or number) or {@code labels} (any number: a list of
 * names, or N-hot numbers, null where unknown, whose labels are then named 0, 1, 2...; in CSV joined by {@code |}).
 * {@code split}, and a patient column by any usual name, are understood; all other columns are kept.
 */
public final class MetadataFile {
    private static final String FILE_NAME = "file_name";
    private static final String LABEL = "label";
    private static final String LABELS = "labels";
    private static final String SPLIT = "split";

    private static final long BYTES_PER_NODE = 80;
    private static final long BYTES_PER_CELL = 8; // of a row, if it had every column

    private MetadataFile() {}

    /** Reads either, distinguished by the file extension. Problems in single rows go to {@code problems}. */
    public static LabelTable read(Path file, Problems problems) {
        return read(TextSource.of(file), problems);
    }

    static LabelTable read(TextSource file, Problems problems) {
        return isJsonLines(file.name()) ? readJsonLines(file, problems) : readCsv(file, problems);
    }

    static boolean isJsonLines(String name) {
        String lower = TableColumns.lower(name);
        return lower.endsWith(".jsonl") || lower.endsWith(".jsonl.gz");
    }

    private static LabelTable readCsv(TextSource file, Problems problems) {
        List<List<String>> first = new ArrayList<>(1);
        TableRows[] rows = new TableRows[1];
        DelimitedText.read(file, problems, (line, fields) -> {
            if (first.isEmpty()) {
                first.add(fields);
                rows[0] = new TableRows(file, columns(fields, file), problems);
            }
            rows[0].row(line, fields);
        });
        if (first.isEmpty()) {
            throw file.fault("empty; it should start with the columns file_name and label or labels");
        }
        return rows[0].table();
    }

    private static CsvLabelFile.Columns columns(List<String> header, TextSource file) {
        CsvLabelFile.Labels labels;
        if (header.contains(LABELS)) {
            labels = new CsvLabelFile.JoinedLabels(LABELS, "|");
        } else if (header.contains(LABEL)) {
            labels = new CsvLabelFile.OneLabel(LABEL);
        } else {
            throw file.fault("no column \"label\" or \"labels\"; name the label column");
        }
        return new CsvLabelFile.Columns(
                FILE_NAME, labels, Optional.empty(), header.contains(SPLIT) ? Optional.of(SPLIT) : Optional.empty());
    }

    /** JSON lines as the rows of a table, whose header has every name that an object has. */
    static void readAsTable(TextSource file, Problems problems, DelimitedText.RowReader rows) {
        Set<String> names = new LinkedHashSet<>();
        List<JsonRow> lines = lines(file, problems, names);
        List<String> header = header(names, lines, file);
        rows.row(1, header.stream().map(CleanText::of).toList());
        lines.forEach(line -> rows.row(line.number(), values(line, header)));
    }

    private static List<JsonRow> lines(TextSource file, Problems problems, Set<String> names) {
        List<JsonRow> lines = new ArrayList<>();
        DelimitedText.readLines(file, problems, (line, text) -> {
            if (text.isBlank()) {
                return 0;
            }
            ObjectNode object = Json.parseObject(text, file.name() + ", line " + line);
            object.fieldNames().forEachRemaining(names::add);
            lines.add(new JsonRow(line, object));
            return weight(object);
        });
        if (lines.isEmpty()) {
            throw file.fault("empty; each line should be a JSON object with file_name and label");
        }
        return lines;
    }

    private static List<String> header(Set<String> names, List<JsonRow> lines, TextSource file) {
        List<String> header = List.copyOf(names);
        TableColumns.refuseOutsized(header, file);
        if ((long) lines.size() * header.size() > Runtime.getRuntime().maxMemory() / BYTES_PER_CELL / 4) {
            throw DelimitedText.tooManyRows(file, lines.size());
        }
        return header;
    }

    private static List<String> values(JsonRow line, List<String> header) {
        List<String> values = new ArrayList<>(header.size());
        for (String name : header) {
            JsonNode value = line.object().path(name);
            values.add(CleanText.of(
                    value.isValueNode() && !value.isNull() ? value.asText() : isAbsent(value) ? "" : Json.line(value)));
        }
        return values;
    }

    private static LabelTable readJsonLines(TextSource file, Problems problems) {
        Set<String> names = new LinkedHashSet<>();
        List<JsonRow> lines = lines(file, problems, names);
        boolean multi = names.contains(LABELS);
        if (!names.contains(FILE_NAME) || !(multi || names.contains(LABEL))) {
            throw file.fault("its objects have " + DelimitedText.shortened(names.toString())
                    + "; file_name and label or labels are needed");
        }
        List<String> header = header(names, lines, file);
        Set<Integer> told = Set.of(header.indexOf(multi ? LABELS : LABEL));
        TableColumns columns = new TableColumns(
                header,
                header.indexOf(FILE_NAME),
                TableColumns.patientIn(header),
                header.indexOf(SPLIT),
                told,
                file,
                problems);
        List<LabelTable.LabelRow> rows = new ArrayList<>(lines.size());
        Set<String> declared = new LinkedHashSet<>();
        LabelPool pool = new LabelPool(file);
        for (JsonRow line : lines) {
            List<String> values = values(line, header);
            if (columns.fit(line.number(), values).isEmpty()) {
                continue;
            }
            Set<String> present = new LinkedHashSet<>();
            List<String> unknown = new ArrayList<>();
            if (labels(
                    line, line.object().path(multi ? LABELS : LABEL), multi, present, unknown, declared, pool, file)) {
                rows.add(columns.row(line.number(), values, List.copyOf(present), unknown));
            } else {
                problems.add(
                        Problems.ProblemKind.BAD_VALUE,
                        file.name(),
                        line.number(),
                        columns.image(values),
                        "its labels are neither names nor 0, 1 or null");
            }
        }
        LabelTable table = new LabelTable(
                file.name(),
                multi ? ProblemType.MULTI_LABEL : ProblemType.SINGLE_LABEL,
                List.copyOf(declared),
                columns.keptNames(),
                multi ? rows : NumericLabels.settled(rows, false, LABEL, file, problems));
        return PatientFolder.fill(table, problems);
    }

    /** About how many bytes of the heap a value takes. */
    private static long weight(JsonNode value) {
        long bytes =
                BYTES_PER_NODE + (value.isTextual() ? 2L * value.textValue().length() : 0);
        if (value.isObject()) {
            for (Map.Entry<String, JsonNode> property : value.properties()) {
                bytes += BYTES_PER_NODE + 2L * property.getKey().length() + weight(property.getValue());
            }
        } else {
            for (JsonNode item : value) {
                bytes += weight(item);
            }
        }
        return bytes;
    }

    private record JsonRow(long number, ObjectNode object) {}

    private static boolean isAbsent(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }

    /** Sorts a row's labels out; false if they cannot be read. */
    private static boolean labels(
            JsonRow line,
            JsonNode value,
            boolean multi,
            Set<String> present,
            List<String> unknown,
            Set<String> declared,
            LabelPool pool,
            TextSource file) {
        if (!multi) {
            if (value.isValueNode() && !value.isNull()) {
                present.add(CleanText.of(value.asText()));
            }
            return value.isValueNode() || value.isMissingNode();
        }
        if (!value.isArray()) {
            return false;
        }
        if (value.size() > LabelVocabulary.MOST_LABELS) {
            throw file.fault("line " + line.number() + ": " + value.size() + " labels");
        }
        for (int i = 0; i < value.size(); i++) {
            JsonNode one = value.get(i);
            if (one.isTextual()) {
                present.add(pool.kept(CleanText.of(one.asText())));
                continue;
            }
            String name = pool.kept(Integer.toString(i));
            declared.add(name);
            if (one.isNull()) {
                unknown.add(name);
            } else if (one.isNumber() && one.asDouble() == 1) {
                present.add(name);
            } else if (!one.isNumber() || one.asDouble() != 0) {
                return false;
            }
        }
        return true;
    }
}
