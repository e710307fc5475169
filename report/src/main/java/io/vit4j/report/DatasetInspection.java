package io.vit4j.report;

import io.vit4j.base.TerminalText;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.data.augment.Augmentation;
import io.vit4j.evaluate.SampleGroups;
import io.vit4j.metrics.LabelCounts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * A prepared data set at a glance: its first rows, how large its splits are, how often each label occurs in them, and what
 * to be wary of.
 *
 * @param size of the stored pictures, as "224x224, grey"
 * @param labels label names
 * @param firstRows the data set's first rows, the column names first
 * @param splits by name, in the order train, validation, test; those without pictures are left out
 * @param warnings a sentence each
 */
public record DatasetInspection(
        String size,
        List<String> labels,
        List<List<String>> firstRows,
        Map<String, SplitSummary> splits,
        List<String> warnings) {
    private static final int ROWS_SHOWN = 10;
    private static final int COLUMNS_SHOWN = 8;

    /** Fewer positives than this make an AUROC that says little. */
    private static final int FEW_POSITIVES = 10;

    private static final int MOST_NAMED = 10;
    private static final String WIDTH = "OriginalImage[Width]";
    private static final String HEIGHT = "OriginalImage[Height]";
    private static final double LONGEST = 1.6;

    /**
     * One split.
     *
     * @param patients empty if the label file does not name them
     * @param counts its labels and their co-occurrence; of regression data, of nothing
     */
    public record SplitSummary(int pictures, Optional<Integer> patients, LabelCounts counts) {}

    /** Looks at a data set; every picture is read once, to find equal ones. */
    public static DatasetInspection of(ArrowDataset data) {
        Optional<String> patientColumn = SampleGroups.patientColumn(data);
        Map<String, SplitSummary> splits = new LinkedHashMap<>();
        Map<String, Set<String>> patientsOf = new LinkedHashMap<>();
        for (String split : List.of(Split.TRAIN, Split.VALIDATION, Split.TEST)) {
            int[] rows = data.rows(split);
            if (rows.length > 0) {
                Set<String> patients = new HashSet<>();
                patientColumn.ifPresent(
                        column -> Arrays.stream(rows).forEach(r -> patients.add(data.column(column, r))));
                patientsOf.put(split, patients);
                splits.put(
                        split,
                        new SplitSummary(rows.length, patientColumn.map(c -> patients.size()), count(data, rows)));
            }
        }
        List<String> warnings = new ArrayList<>();
        warnOfLabels(data, splits, warnings);
        warnOfPatients(patientsOf, patientColumn.isPresent(), warnings);
        warnOfEqualAndEmptyPictures(data, warnings);
        warnOfOddSizes(data, warnings);
        if (data.height() != data.width()) {
            warnings.add("the pictures are not square (" + data.width() + "x" + data.height()
                    + "): most ViT checkpoints were trained on square ones");
        }
        String size = data.width() + "x" + data.height() + ", " + (data.channels() == 1 ? "grey" : "colour");
        return new DatasetInspection(size, data.labels().names(), firstRows(data), splits, warnings);
    }

    private static LabelCounts count(ArrowDataset data, int[] rows) {
        boolean single = data.info().problemType() == ProblemType.SINGLE_LABEL;
        List<String> names = data.info().problemType() == ProblemType.REGRESSION
                ? List.of()
                : data.labels().names();
        LabelCounts.Builder counts = new LabelCounts.Builder(names);
        for (int row : rows) {
            float[] values = names.isEmpty() ? new float[0] : data.labels(row);
            if (single) {
                float number = values[0];
                values = new float[names.size()];
                if (number >= 0 && number < values.length) {
                    values[(int) number] = 1;
                } else {
                    Arrays.fill(values, Float.NaN);
                }
            }
            counts.add(values);
        }
        return counts.build();
    }

    private static void warnOfLabels(ArrowDataset data, Map<String, SplitSummary> splits, List<String> warnings) {
        splits.forEach((name, split) -> {
            List<String> absent = new ArrayList<>();
            List<String> everywhere = new ArrayList<>();
            List<String> few = new ArrayList<>();
            for (int j = 0; j < split.counts().labels().size(); j++) {
                String label = split.counts().labels().get(j);
                long positives = split.counts().positives()[j];
                if (positives == 0) {
                    absent.add(label);
                } else if (split.counts().negatives()[j] == 0) {
                    everywhere.add(label);
                } else if (positives < FEW_POSITIVES && !name.equals(Split.TRAIN)) {
                    few.add(label + " (" + positives + ")");
                }
            }
            add(warnings, absent, "no picture of " + name + " has: ");
            add(warnings, everywhere, "every picture of " + name + " has: ");
            add(
                    warnings,
                    few,
                    "fewer than " + FEW_POSITIVES + " pictures of " + name + " have it, so its AUROC says little: ");
        });
        for (String split : List.of(Split.TRAIN, Split.VALIDATION)) {
            if (!splits.containsKey(split)) {
                warnings.add("the split " + split + " is empty");
            }
        }
    }

    private static void add(List<String> warnings, List<String> names, String what) {
        if (!names.isEmpty()) {
            int more = names.size() - MOST_NAMED;
            warnings.add(what
                    + String.join(", ", names.subList(0, Math.min(MOST_NAMED, names.size())))
                    + (more > 0 ? " and " + more + " more" : ""));
        }
    }

    private static void warnOfPatients(Map<String, Set<String>> patientsOf, boolean known, List<String> warnings) {
        if (!known) {
            warnings.add("no column identifies the patients, so it is unknown whether one is in two splits");
            return;
        }
        List<String> names = new ArrayList<>(patientsOf.keySet());
        for (int a = 0; a < names.size(); a++) {
            for (int b = a + 1; b < names.size(); b++) {
                Set<String> shared = new HashSet<>(patientsOf.get(names.get(a)));
                shared.retainAll(patientsOf.get(names.get(b)));
                if (!shared.isEmpty()) {
                    warnings.add(Numbers.count(shared.size()) + " patients are in both " + names.get(a) + " and "
                            + names.get(b) + ": the evaluation is too optimistic; prepare with --split-by patient");
                }
            }
        }
    }

    /** Equal pixels by two checksums of 32 bits, which no forgery would pass unless it was made to. */
    private static void warnOfEqualAndEmptyPictures(ArrowDataset data, List<String> warnings) {
        Map<Long, Integer> firstWith = new HashMap<>();
        int repeated = 0;
        int acrossSplits = 0;
        int uniform = 0;
        String example = "";
        for (int row = 0; row < data.size(); row++) {
            byte[] pixels = data.get(row).picture().pixels();
            CRC32 crc = new CRC32();
            CRC32C other = new CRC32C();
            crc.update(pixels);
            other.update(pixels);
            Integer before = firstWith.putIfAbsent(crc.getValue() << 32 | other.getValue(), row);
            if (before != null) {
                repeated++;
                boolean leak = !data.splitOf(before).equals(data.splitOf(row));
                acrossSplits += leak ? 1 : 0;
                if (example.isEmpty() || (leak && acrossSplits == 1)) {
                    example = "rows " + before + " and " + row;
                }
            }
            uniform += isUniform(pixels) ? 1 : 0;
        }
        if (repeated > 0) {
            warnings.add(Numbers.count(repeated) + " pictures repeat the pixels of another (" + example + ")"
                    + (acrossSplits > 0
                            ? ", " + Numbers.count(acrossSplits)
                                    + " of them in another split: the evaluation is too optimistic"
                            : ""));
        }
        if (uniform > 0) {
            warnings.add(Numbers.count(uniform) + " pictures have a single shade throughout: blank or damaged");
        }
    }

    /** Where the label file tells the originals' sizes, as NIH ChestX-ray14's does. */
    private static void warnOfOddSizes(ArrowDataset data, List<String> warnings) {
        if (!data.info().columns().containsAll(List.of(WIDTH, HEIGHT))) {
            return;
        }
        int small = 0;
        int squeezed = 0;
        for (int row = 0; row < data.size(); row++) {
            double width = number(data.column(WIDTH, row));
            double height = number(data.column(HEIGHT, row));
            small += width < data.width() || height < data.height() ? 1 : 0;
            squeezed += Math.max(width / height, height / width) > LONGEST ? 1 : 0;
        }
        if (small > 0) {
            warnings.add(Numbers.count(small) + " originals are smaller than the stored pictures");
        }
        if (squeezed > 0) {
            warnings.add(Numbers.count(squeezed) + " originals are more than " + LONGEST
                    + " times as long as wide, and were distorted to fit");
        }
    }

    private static double number(String text) {
        return text.matches("\\d{1,6}") ? Integer.parseInt(text) : Double.NaN;
    }

    private static boolean isUniform(byte[] pixels) {
        for (byte pixel : pixels) {
            if (pixel != pixels[0]) {
                return false;
            }
        }
        return true;
    }

    private static List<List<String>> firstRows(ArrowDataset data) {
        List<List<String>> rows = new ArrayList<>();
        List<String> header = new ArrayList<>(List.of("file_name", "split", "labels"));
        header.addAll(data.info().columns());
        rows.add(header);
        for (int row = 0; row < Math.min(ROWS_SHOWN, data.size()); row++) {
            List<String> cells = new ArrayList<>(
                    List.of(data.fileName(row), data.splitOf(row), String.join("|", PictureGrid.labelsOf(data, row))));
            for (String column : data.info().columns()) {
                cells.add(data.column(column, row));
            }
            rows.add(cells);
        }
        return rows;
    }

    /** Twelve of its pictures under their labels, of the first split that has any. */
    public static void pictures(ArrowDataset data, Path png) {
        for (String split : List.of(Split.TRAIN, Split.VALIDATION, Split.TEST)) {
            int[] rows = data.rows(split);
            if (rows.length > 0) {
                WalkthroughPlots.xrays(png, data, PictureGrid.varied(data, rows, 12));
                return;
            }
        }
    }

    /** Some training pictures as a run with this seed would see them in its first epochs. */
    public static void augmented(ArrowDataset data, Augmentation augmentation, long seed, Path png) {
        Canvas.writePng(png, new ContactSheet(data, augmentation, Optional.empty(), seed).draw());
    }

    /** All of it as text for a terminal; it shows file names and whatever else the label file holds. */
    public String text() {
        TextTable first = new TextTable();
        firstRows.forEach(row -> first.row(row.subList(0, Math.min(COLUMNS_SHOWN, row.size()))));
        StringBuilder text = new StringBuilder("Pictures of " + size + "; first rows:\n\n")
                .append(first)
                .append('\n');
        TextTable sizes = new TextTable().row(List.of("split", "pictures", "patients"));
        splits.forEach((name, split) -> sizes.row(List.of(
                name,
                Numbers.count(split.pictures()),
                split.patients().map(Numbers::count).orElse(Numbers.NONE))));
        text.append(sizes).append('\n');
        text.append(labelTable()).append('\n');
        cooccurrence()
                .ifPresent(table -> text.append("Labels that occur together most often, over all splits:\n\n")
                        .append(table)
                        .append('\n'));
        text.append(warnings.isEmpty() ? "No warnings.\n" : "Warnings:\n");
        warnings.forEach(
                warning -> text.append("  - ").append(TerminalText.of(warning)).append('\n'));
        return text.toString();
    }

    private TextTable labelTable() {
        List<String> header = new ArrayList<>(List.of("label"));
        splits.keySet().forEach(split -> header.addAll(List.of(split, "%")));
        TextTable table = new TextTable().row(header);
        for (int j = 0; j < labels.size(); j++) {
            List<String> row = new ArrayList<>(List.of(labels.get(j)));
            for (SplitSummary split : splits.values()) {
                if (j < split.counts().labels().size()) {
                    long known = split.counts().positives()[j] + split.counts().negatives()[j];
                    row.add(Numbers.count(split.counts().positives()[j]));
                    row.add(Numbers.percent(split.counts().positives()[j] / (double) known));
                }
            }
            table.row(row);
        }
        return table;
    }

    /** The ten pairs of labels that most often come together. */
    private Optional<TextTable> cooccurrence() {
        record Together(String pair, long pictures) {}
        List<Together> pairs = new ArrayList<>();
        boolean counted =
                splits.values().stream().allMatch(split -> split.counts().countsPairs());
        for (int a = 0; a < labels.size() && counted; a++) {
            for (int b = a + 1; b < labels.size(); b++) {
                long together = 0;
                for (SplitSummary split : splits.values()) {
                    together += split.counts().labels().isEmpty()
                            ? 0
                            : split.counts().together()[a][b];
                }
                if (together > 0) {
                    pairs.add(new Together(labels.get(a) + " + " + labels.get(b), together));
                }
            }
        }
        pairs.sort((x, y) -> Long.compare(y.pictures(), x.pictures()));
        if (pairs.isEmpty()) {
            return Optional.empty();
        }
        TextTable table = new TextTable().row(List.of("labels", "pictures"));
        pairs.stream()
                .limit(MOST_NAMED)
                .forEach(pair -> table.row(List.of(pair.pair(), Numbers.count(pair.pictures()))));
        return Optional.of(table);
    }
}
