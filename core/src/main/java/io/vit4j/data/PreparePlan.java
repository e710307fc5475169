package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is to be prepared, found out before any image is read: the rows that count, each with its file, labels and split.
 * Everything wrong with them goes to {@link Problems}.
 */
final class PreparePlan {
    /**
     * One image to be stored.
     *
     * @param path of its file in the source
     */
    record PlannedRow(LabelTable.LabelRow row, String path, String split) {}

    /** More labels than that a picture would take more room than its pixels. */
    private static final int MOST_MULTI_LABELS = 1 << 16;

    private final ImageSource source;
    private final LabelTable table;
    private final LabelVocabulary vocabulary;
    private final List<PlannedRow> rows;
    private final List<Skipped> missing;
    private final Optional<PatientKey> names;

    /** A row left out, and why. */
    record Skipped(LabelTable.LabelRow row, String why) {}

    private PreparePlan(
            ImageSource source,
            LabelTable table,
            LabelVocabulary vocabulary,
            List<PlannedRow> rows,
            List<Skipped> missing,
            Optional<PatientKey> names) {
        this.names = names;
        this.source = source;
        this.table = table;
        this.vocabulary = vocabulary;
        this.rows = rows;
        this.missing = missing;
    }

    /** That of all choices. What is wrong is reported, and fails if it stops the work. */
    static PreparePlan make(PrepareOptions options) {
        PreparePlan plan = make(
                options.table,
                options.images,
                options.vocabulary,
                options.split,
                options.onBadImage == PrepareDataset.OnBadImage.SKIP,
                options.names,
                options.problems);
        options.problems.report(options.output);
        if (plan.rows().isEmpty()) {
            throw new InputException(options.table.source() + ": none of its images is in "
                    + options.images.description() + "; is it the right folder?");
        }
        return plan;
    }

    /** The data set, if all its pictures are grey, with the digest of choices and rows. */
    DatasetInfo info(PrepareOptions options) {
        DatasetInfo info = options.info(vocabulary);
        return info.withDigest(digest(options.settingsDigest(info) + digest(0, rows.size())));
    }

    /**
     * @param given the labels that the model knows; empty: those of the label file
     * @param skipMissing whether rows without an image are left out rather than a problem
     * @param names the key by which names become digests; empty: they are kept
     */
    static PreparePlan make(
            LabelTable table,
            ImageSource source,
            Optional<LabelVocabulary> given,
            Split split,
            boolean skipMissing,
            Optional<PatientKey> names,
            Problems problems) {
        LabelVocabulary vocabulary = given.orElseGet(() -> LabelVocabulary.of(table));
        if (table.problemType() == ProblemType.MULTI_LABEL && vocabulary.size() > MOST_MULTI_LABELS) {
            throw new InputException(table.source() + ": " + vocabulary.size() + " different labels, more than "
                    + MOST_MULTI_LABELS + "; is the label column, or the separator, the right one?");
        }
        if (given.isEmpty() && table.problemType() == ProblemType.SINGLE_LABEL && vocabulary.size() == 1) {
            throw new InputException(table.source() + ": every row has the label " + vocabulary.name(0)
                    + "; at least two classes are needed. Is the label column the right one?");
        }
        List<LabelTable.LabelRow> distinct = RepeatedRows.joined(table, problems);
        distinct = distinct.stream()
                .filter(row -> hasKnownLabels(row, table, vocabulary, problems))
                .toList();

        List<String> paths = new ArrayList<>();
        List<Skipped> missing = new ArrayList<>();
        List<LabelTable.LabelRow> present = distinct;
        if (source instanceof ImageSource.ByName files) {
            present = find(distinct, table, files, skipMissing, paths, missing, problems);
        } else {
            distinct.forEach(row -> paths.add(row.image())); // what is there is known once it is read
        }
        String[] side = split.assign(table.withRows(present), problems);
        List<PlannedRow> rows = new ArrayList<>(present.size());
        for (int i = 0; i < present.size(); i++) {
            LabelTable.LabelRow row = present.get(i);
            rows.add(new PlannedRow(row, paths.get(i), side[i]));
        }
        return new PreparePlan(source, table, vocabulary, rows, missing, names);
    }

    private static boolean hasKnownLabels(
            LabelTable.LabelRow row, LabelTable table, LabelVocabulary vocabulary, Problems problems) {
        if (table.problemType() == ProblemType.REGRESSION) {
            return true;
        }
        List<String> strange = new ArrayList<>(0);
        row.labels().stream().filter(name -> !vocabulary.contains(name)).forEach(strange::add);
        row.unknown().stream().filter(name -> !vocabulary.contains(name)).forEach(strange::add);
        if (!strange.isEmpty()) {
            problems.add(
                    Problems.ProblemKind.UNKNOWN_LABEL,
                    table.source(),
                    row.line(),
                    row.image(),
                    DelimitedText.shortened(strange.toString()) + " not among " + vocabulary.size() + " known labels");
            return false;
        }
        if (table.problemType() == ProblemType.SINGLE_LABEL && row.labels().size() != 1) {
            problems.add(
                    Problems.ProblemKind.NO_LABEL,
                    table.source(),
                    row.line(),
                    row.image(),
                    row.labels().isEmpty() ? "no label" : row.labels().size() + " labels");
            return false;
        }
        return true;
    }

    private static List<LabelTable.LabelRow> find(
            List<LabelTable.LabelRow> wanted,
            LabelTable table,
            ImageSource.ByName files,
            boolean skipMissing,
            List<String> paths,
            List<Skipped> missing,
            Problems problems) {
        List<String> names = files.names();
        if (names.isEmpty()) {
            throw new InputException(files.description() + ": contains no images; is it the right folder?");
        }
        ImageNames index = new ImageNames(names);
        Set<String> used = new HashSet<>(names.size() * 2);
        List<LabelTable.LabelRow> present = new ArrayList<>(wanted.size());
        for (LabelTable.LabelRow row : wanted) {
            Optional<String> path = index.find(row.image());
            if (path.isPresent()) {
                if (used.add(path.get())) {
                    paths.add(path.get());
                    present.add(row);
                } else {
                    problems.add(
                            Problems.ProblemKind.AMBIGUOUS_IMAGE,
                            table.source(),
                            row.line(),
                            row.image(),
                            path.get() + " is also the image of another row");
                }
                continue;
            }
            boolean several = index.isAmbiguous(row.image());
            boolean bad = ImageNames.normal(row.image()).isEmpty();
            String why = several
                    ? "several files with that name in " + files.description()
                    : bad ? "not a valid file name" : "not in " + files.description();
            if (skipMissing && !several && !bad) {
                missing.add(new Skipped(row, why));
                problems.add(Problems.ProblemKind.SKIPPED_IMAGE, table.source(), row.line(), row.image(), why);
            } else {
                problems.add(
                        several
                                ? Problems.ProblemKind.AMBIGUOUS_IMAGE
                                : bad ? Problems.ProblemKind.BAD_IMAGE_NAME : Problems.ProblemKind.MISSING_IMAGE,
                        table.source(),
                        row.line(),
                        row.image(),
                        why);
            }
        }
        if (present.isEmpty() && !wanted.isEmpty()) {
            LabelTable.LabelRow first = wanted.get(0);
            throw new InputException(table.source() + ": none of its " + wanted.size() + " images is in "
                    + files.description() + ": " + (first.line() > 0 ? "line " + first.line() + " names " : "it names ")
                    + DelimitedText.shortened(first.image()) + ", and there is " + names.get(0)
                    + (index.isAmbiguous(first.image()) ? ", of which several have that name" : "")
                    + "; is it the right folder, and the right column?");
        }
        boolean labelledByFolder = table.source().equals(files.description()); // what it leaves out was reported
        for (String name : names) {
            if (!labelledByFolder && !used.contains(name)) {
                problems.add(
                        Problems.ProblemKind.EXTRA_IMAGE, files.description(), 0, name, "no row in " + table.source());
            }
        }
        return present;
    }

    LabelTable table() {
        return table;
    }

    LabelVocabulary vocabulary() {
        return vocabulary;
    }

    List<PlannedRow> rows() {
        return rows;
    }

    float[] labels(int index) {
        return vocabulary.encode(rows.get(index).row(), table.problemType());
    }

    /** What the data set calls the picture: as the label file does, or a digest of that. */
    String name(int index) {
        String image = rows.get(index).row().image();
        return names.map(key -> key.digest(image)).orElse(image);
    }

    /** What {@code metadata.jsonl} calls the picture: by the path in its folder, or by the same digest. */
    String fileName(int index) {
        return names.isPresent() ? name(index) : rows.get(index).path();
    }

    /** The row as the Arrow file holds it, but for its pixels. */
    ArrowFormat.StoredRow stored(int index) {
        PlannedRow planned = rows.get(index);
        return new ArrowFormat.StoredRow(
                name(index), planned.split(), labels(index), planned.row().values());
    }

    /** Rows left out because the source has no image for them. */
    List<Skipped> missing() {
        return missing;
    }

    /** Changes when a row from {@code start} to {@code end - 1} does, or its image's file. */
    String digest(int start, int end) {
        MessageDigest digest = Sha256.digest();
        for (PlannedRow planned : rows.subList(start, end)) {
            LabelTable.LabelRow row = planned.row();
            put(digest, row.image());
            put(digest, planned.split());
            row.labels().forEach(label -> put(digest, label));
            put(digest, "unknown:");
            row.unknown().forEach(label -> put(digest, label));
            put(digest, "values:");
            row.values().forEach(value -> put(digest, value));
            put(digest, fingerprint(planned));
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 16);
    }

    private String fingerprint(PlannedRow planned) {
        return source instanceof ImageSource.ByName files
                ? files.fingerprint(planned.path())
                : ((ImageSource.InOrder) source).fingerprint();
    }

    static String digest(String text) {
        MessageDigest digest = Sha256.digest();
        put(digest, text);
        return HexFormat.of().formatHex(digest.digest(), 0, 16);
    }

    private static void put(MessageDigest digest, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(4).putInt(0, utf8.length));
        digest.update(utf8);
    }
}
