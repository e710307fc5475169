package io.vit4j.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The label file of NIH ChestX-ray14 ({@code Data_Entry_2017_v2020.csv} and the older {@code Data_Entry_2017.csv}): an
 * image a row, its findings joined by {@code |}, its patient, and more, which is kept.
 */
public final class NihLabelFile {
    /** The label of an X-ray without findings. */
    public static final String NO_FINDING = "No Finding";

    private static final String IMAGE = "Image Index";
    private static final String FINDINGS = "Finding Labels";
    private static final String PATIENT = "Patient ID";

    private NihLabelFile() {}

    /** What becomes of {@link #NO_FINDING}. */
    public enum NoFinding {
        /** A label like the others: 15 in all. */
        KEEP,
        /** No label: 14 in all, and an X-ray without findings has none of them. */
        DROP
    }

    /**
     * Reads the file. What is wrong in single rows goes to {@code problems}; InputException if it is no such file.
     *
     * <p>The release's header names two columns {@code OriginalImage[Width,Height]} and
     * {@code OriginalImagePixelSpacing[x,y]} without quotes, so that it reads as four; they are named
     * {@code OriginalImage[Width]}, {@code OriginalImage[Height]} and so on.
     */
    public static LabelTable read(Path file, NoFinding noFinding, Problems problems) {
        return read(TextSource.of(file), noFinding, problems);
    }

    static LabelTable read(TextSource file, NoFinding noFinding, Problems problems) {
        Rows rows = new Rows(file, noFinding, problems);
        DelimitedText.read(file, problems, rows);
        if (rows.columns == null) {
            throw file.fault("empty; it should start with the columns " + IMAGE + ", " + FINDINGS);
        }
        if (rows.rows.isEmpty()) {
            throw file.fault("a header without rows; is the file complete?");
        }
        return new LabelTable(file.name(), ProblemType.MULTI_LABEL, List.of(), rows.columns.keptNames(), rows.rows);
    }

    /** Whether these are the columns of such a file. */
    static boolean isHeader(List<String> header) {
        return indexOf(header, IMAGE) >= 0 && indexOf(header, FINDINGS) >= 0;
    }

    private static int indexOf(List<String> header, String name) {
        for (int i = 0; i < header.size(); i++) {
            if (header.get(i).equalsIgnoreCase(name)) {
                return i;
            }
        }
        return -1;
    }

    /** Reads rows one by one; the first is the header. */
    private static final class Rows implements DelimitedText.RowReader {
        private final TextSource file;
        private final NoFinding noFinding;
        private final Problems problems;
        private final List<LabelTable.LabelRow> rows = new ArrayList<>();

        /** The release has 836 different combinations in 112,120 rows. */
        private final Map<String, List<String>> findingsOf = new HashMap<>();

        private final LabelPool pool;
        private TableColumns columns;
        private int findings;

        Rows(TextSource file, NoFinding noFinding, Problems problems) {
            this.file = file;
            this.noFinding = noFinding;
            this.problems = problems;
            this.pool = new LabelPool(file);
        }

        @Override
        public void row(long line, List<String> fields) {
            if (columns == null) {
                TableColumns.refuseOutsized(fields, file);
                List<String> header = splitBrackets(fields);
                for (String needed : List.of(IMAGE, FINDINGS)) {
                    if (indexOf(header, needed) < 0) {
                        throw file.fault("line " + line + ": no column \"" + needed + "\" among "
                                + DelimitedText.shortened(fields.toString())
                                + "; if it is another kind of label file, name its columns");
                    }
                }
                findings = indexOf(header, FINDINGS);
                columns = new TableColumns(
                        header, indexOf(header, IMAGE), indexOf(header, PATIENT), -1, Set.of(), file, problems);
                return;
            }
            Optional<List<String>> whole = columns.fit(line, fields);
            if (whole.isEmpty()) {
                return;
            }
            List<String> values = whole.get();
            List<String> labels = findingsOf.computeIfAbsent(values.get(findings), this::split);
            if (labels.isEmpty() && values.get(findings).isEmpty()) {
                problems.add(
                        Problems.ProblemKind.BAD_VALUE,
                        file.name(),
                        line,
                        columns.image(values),
                        "\"" + FINDINGS + "\" is empty; an X-ray without findings has \"" + NO_FINDING + "\"");
                return;
            }
            rows.add(columns.row(line, values, labels, List.of()));
        }

        private List<String> split(String joined) {
            Set<String> labels = new LinkedHashSet<>();
            for (String label : joined.split("\\|")) {
                String name = label.strip();
                if (!name.isEmpty() && !(noFinding == NoFinding.DROP && name.equals(NO_FINDING))) {
                    labels.add(pool.kept(name));
                }
            }
            return List.copyOf(labels);
        }

        /** Names each of two columns that share a name: {@code A[x} and {@code y]}, or {@code A[x,y]} in quotes. */
        private static List<String> splitBrackets(List<String> fields) {
            List<String> header = new ArrayList<>();
            for (int i = 0; i < fields.size(); i++) {
                String name = fields.get(i);
                int open = name.indexOf('[');
                if (open > 0 && name.endsWith("]") && name.contains(",")) {
                    for (String part :
                            name.substring(open + 1, name.length() - 1).split(",")) {
                        header.add(name.substring(0, open) + "[" + part.strip() + "]");
                    }
                } else if (open > 0
                        && !name.endsWith("]")
                        && i + 1 < fields.size()
                        && fields.get(i + 1).endsWith("]")) {
                    header.add(name + "]");
                    header.add(name.substring(0, open) + "[" + fields.get(++i));
                } else {
                    header.add(name);
                }
            }
            return header;
        }
    }
}
