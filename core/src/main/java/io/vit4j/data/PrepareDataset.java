package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.Privacy;
import io.vit4j.base.Progress;
import io.vit4j.image.Picture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Makes a data set from a label file and images: {@code data.arrow} ({@link ArrowDataset}) or shards, {@code metadata.jsonl}, and, if
 * there is anything to report, {@code problems.csv} and {@code skipped.csv}. The rows keep the label file's order.
 *
 * <p>Pictures are stored with one channel as long as all are grey (red, green and blue equal everywhere counts as grey);
 * with the first coloured one, what is already written is widened to three.
 *
 * <p>The Arrow file is either complete or absent. The partial result of an interrupted run is kept next to it, and the same
 * call continues from there unless the label file, images or settings have changed.
 *
 * <pre>{@code
 * Problems problems = new Problems();
 * LabelTable table = NihLabelFile.read(labelFile, problems);
 * PrepareDataset.builder(table, new ImageFolder(images), output)
 *         .split(Split.byFraction(0.05, 0.1, Split.By.PATIENT, 1337))
 *         .processor(ImageProcessor.defaults(), DecodeOptions.DEFAULT)
 *         .problems(problems)
 *         .run(Progress.NONE);
 * }</pre>
 */
public final class PrepareDataset {
    /** Bytes of pixels in a record batch, at most, and rows. */
    private static final int LARGEST_BATCH = 64 << 20;

    private static final int MOST_ROWS_IN_BATCH = 128;

    /** What becomes of an image that is missing or cannot be read. */
    public enum OnBadImage {
        /** Ends the work, with every such picture named. */
        FAIL,
        /** It is left out, and listed in {@code skipped.csv}. */
        SKIP
    }

    /**
     * What was prepared.
     *
     * @param rows by split
     * @param skipped images left out
     * @param remarks what the user should know, one line each
     * @param alreadyThere whether the folder already contained this data set
     */
    public record Prepared(
            Path folder,
            DatasetInfo info,
            Map<String, Integer> rows,
            int skipped,
            List<String> remarks,
            boolean alreadyThere) {}

    private final PrepareOptions options;
    private final PreparePlan plan;
    private final DatasetInfo greyInfo;
    private final int rowsInBatch;
    private final DatasetWriter writer;
    private final PreparedRows kept;

    private PrepareDataset(PrepareOptions options, PreparePlan plan, DatasetInfo greyInfo, DatasetWriter writer) {
        this.options = options;
        this.plan = plan;
        this.greyInfo = greyInfo;
        this.rowsInBatch = rowsInBatch(greyInfo);
        this.writer = writer;
        this.kept = new PreparedRows(options, plan);
    }

    /**
     * Starts the choices.
     *
     * @param output the data set's folder; made if it is not there
     */
    public static PrepareOptions builder(LabelTable table, ImageSource images, Path output) {
        return new PrepareOptions(table, images, output);
    }

    static Prepared run(PrepareOptions options, Progress.Factory progress) {
        Path folder = options.output;
        boolean folderIsNew = !Files.exists(folder);
        makeFolder(folder);
        try {
            return run(options, folder, progress);
        } catch (IOException | UncheckedIOException e) {
            throw InputException.in(
                    folder,
                    "cannot be written (" + e
                            + "); make room or choose another folder. The same command continues where it stopped",
                    e);
        } finally {
            if (folderIsNew) {
                removeIfEmpty(folder);
            }
        }
    }

    private static Prepared run(PrepareOptions options, Path folder, Progress.Factory progress) throws IOException {
        PreparePlan plan = PreparePlan.make(options);
        DatasetInfo info = plan.info(options);
        if (ArrowDataset.isIn(folder) && !options.overwrite) {
            return alreadyThere(options, info);
        }
        boolean triesAgain = options.onBadImage == OnBadImage.FAIL;
        try (DatasetWriter writer = new DatasetWriter(
                folder, info, options.settingsDigest(info), plan::digest, triesAgain, options.shardSize)) {
            return new PrepareDataset(options, plan, info, writer).write(progress);
        }
    }

    static int rowsInBatch(DatasetInfo info) {
        long colourBytes = 3L * info.height() * info.width();
        return (int) Math.max(1, Math.min(MOST_ROWS_IN_BATCH, LARGEST_BATCH / colourBytes));
    }

    private static void makeFolder(Path folder) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw InputException.in(folder, "a file, but the data set needs a folder; choose another name");
        }
        try {
            Privacy.createFolders(folder);
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be created (" + e + "); choose a writable folder", e);
        }
        if (!Files.isWritable(folder)) {
            throw InputException.in(folder, "cannot be written; choose another folder or change its permissions");
        }
    }

    private static void removeIfEmpty(Path folder) {
        try (var entries = Files.list(folder)) {
            if (entries.findAny().isEmpty()) {
                Files.delete(folder);
            }
        } catch (IOException e) {
            // An empty folder left behind is no fault worth hiding the real one for.
        }
    }

    private static Prepared alreadyThere(PrepareOptions options, DatasetInfo info) {
        ArrowDataset there;
        try {
            there = ArrowDataset.open(options.output);
        } catch (InputException e) {
            throw new InputException(e.getMessage() + ", with --overwrite true", e);
        }
        if (!there.info().digest().equals(info.digest())) {
            throw InputException.in(
                    options.output,
                    "contains another data set, with other images, labels or settings; choose another folder, or"
                            + " replace it with --overwrite true");
        }
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (String split : List.of(Split.TRAIN, Split.VALIDATION, Split.TEST)) {
            counts.put(split, there.rows(split).length);
        }
        return new Prepared(
                options.output,
                there.info(),
                counts,
                0,
                List.of("this data set already exists; nothing was done"
                        + (there.isSharded() == (options.shardSize != DatasetWriter.NO_SHARDS)
                                ? ""
                                : "; to divide it otherwise, prepare it with --overwrite true")),
                true);
    }

    private Prepared write(Progress.Factory progress) throws IOException {
        int rows = plan.rows().size();
        for (PrepareJournal.JournalEntry entry : writer.entries()) {
            for (Map.Entry<Integer, String> bad : entry.skipped().entrySet()) {
                kept.leaveOut(bad.getKey(), bad.getValue());
            }
        }
        try (RowPictures pictures = RowPictures.of(plan, options, writer.nextRow(), progress);
                Progress bar = progress.start("Preparing images", rows)) {
            refuseMissing(pictures);
            bar.advance(writer.nextRow());
            storeFrom(writer.nextRow(), pictures::read, bar);
        }
        if (kept.isEmpty()) {
            writer.discard();
            PictureSpool.remove(options.output);
            throw kept.nothing();
        }
        if (options.onBadImage == OnBadImage.FAIL) {
            options.problems.report(options.output); // what could be read stays for the next try
        }
        noteSharedPixels();
        kept.writeFiles(options.output);
        writer.finish();
        PictureSpool.remove(options.output);
        return kept.prepared(writer.info());
    }

    /** What an archive lacks is known once it has been read. That is reported in one go, too. */
    private void refuseMissing(RowPictures pictures) throws IOException {
        if (options.onBadImage == OnBadImage.SKIP) {
            return;
        }
        for (int i = writer.nextRow(); i < plan.rows().size(); i++) {
            if (pictures.isMissing(i)) {
                LabelTable.LabelRow row = plan.rows().get(i).row();
                options.problems.add(
                        Problems.ProblemKind.MISSING_IMAGE,
                        options.table.source(),
                        row.line(),
                        row.image(),
                        "not in " + options.images.description());
            }
        }
        long missing = options.problems.count(Problems.ProblemKind.MISSING_IMAGE);
        if (missing > 0 && missing == plan.rows().size()) {
            writer.discard();
            PictureSpool.remove(options.output);
            throw new InputException(options.table.source() + ": none of its " + missing + " images is in "
                    + options.images.description() + ", such as "
                    + plan.rows().get(0).row().image() + "; is it the right archive, and the right column?");
        }
        if (missing > 0) {
            writer.discard();
            options.problems.report(options.output);
        }
    }

    private void storeFrom(int start, IntFunction<Picture> reader, Progress bar) throws IOException {
        int end = plan.rows().size();
        GrowingBatch batch = new GrowingBatch();
        try (OrderedPictures pictures = new OrderedPictures(start, end, options.workers, reader)) {
            for (int i = start; i < end; i++) {
                OrderedPictures.Read read = pictures.next();
                if (read.picture().isPresent()) {
                    batch.add(i, read.picture().get());
                } else {
                    kept.leaveOut(i, read.fault());
                    batch.skipped.put(i, read.fault());
                }
                if (batch.rows.size() == rowsInBatch || (i + 1 == end && !batch.rows.isEmpty())) {
                    batch.flush(i + 1);
                }
                bar.advance(1);
            }
        }
    }

    /** Pictures and rows of the record batch that is being filled. */
    private final class GrowingBatch {
        private final List<ArrowFormat.StoredRow> rows = new ArrayList<>();
        private final Map<Integer, String> skipped = new LinkedHashMap<>();
        private long[] hashes = new long[rowsInBatch];
        private byte[] pixels = new byte[rowsInBatch * writer.info().pictureBytes()];

        void add(int index, Picture picture) throws IOException {
            if (picture.width() != greyInfo.width() || picture.height() != greyInfo.height()) {
                throw new IllegalStateException("a picture of " + picture.width() + "x" + picture.height()
                        + " for a data set of " + greyInfo.width() + "x" + greyInfo.height());
            }
            boolean grey = Pixels.isGrey(picture);
            byte[] content = Pixels.fewest(picture, grey);
            hashes[rows.size()] = Pixels.hash(content);
            if (!grey && writer.info().channels() == 1) {
                writer.widen(PrepareDataset.this::keptRows);
                pixels = Pixels.widen(pixels);
            }
            byte[] stored = grey && writer.info().channels() == 3 ? Pixels.widen(content) : content;
            System.arraycopy(stored, 0, pixels, rows.size() * stored.length, stored.length);
            rows.add(plan.stored(index));
        }

        void flush(int endRow) throws IOException {
            writer.append(endRow, rows, pixels, Arrays.copyOf(hashes, rows.size()), skipped);
            rows.clear();
            skipped.clear();
        }
    }

    private List<ArrowFormat.StoredRow> keptRows(PrepareJournal.JournalEntry entry) {
        List<ArrowFormat.StoredRow> kept = new ArrayList<>();
        for (int i = entry.startRow(); i < entry.endRow(); i++) {
            if (!entry.skipped().containsKey(i)) {
                kept.add(plan.stored(i));
            }
        }
        return kept;
    }

    private void noteSharedPixels() {
        for (PrepareJournal.JournalEntry entry : writer.entries()) {
            int number = 0;
            for (int i = entry.startRow(); i < entry.endRow(); i++) {
                if (!entry.skipped().containsKey(i)) {
                    kept.keep(i, entry.pixelHashes()[number++]);
                }
            }
        }
    }
}
