package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.image.Picture;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/**
 * The data set that {@link PrepareDataset} has written: an Arrow IPC file, or several (shards) with an index. Opening reads one footer only;
 * any row is then read directly, and the system's page cache keeps what memory has room for. For any number of threads. A file that is
 * missing or was changed, damaged or cut short is an {@link InputException}, at the latest when the damaged part is first read.
 */
public final class ArrowDataset implements Dataset, AutoCloseable {
    /** The Arrow file's name in the data set's folder. */
    public static final String FILE = "data.arrow";

    private static final List<String> SPLITS = List.of(Split.TRAIN, Split.VALIDATION, Split.TEST);

    private static final int FILE_NAME = 0;
    private static final int SPLIT = 1;
    private static final int FIRST_COLUMN = 2;

    private final ArrowBatches file;

    /** Labels and names of the batches, about 100 bytes a row, for as long as the heap has room for them. */
    private final AtomicReferenceArray<SoftReference<BatchColumns>> batches;

    private final Map<String, int[]> rowsOfSplit = new ConcurrentHashMap<>();

    /** The split of each row, if it is another than the file's; empty text for a row in no split. */
    private final Optional<String[]> otherSplits;

    private final DatasetInfo info;

    /** For each of {@link #labels}, its number in the file. */
    private final int[] storedLabel;

    private ArrowDataset(ArrowBatches file, DatasetInfo info, Optional<String[]> otherSplits) {
        this.file = file;
        this.info = info;
        this.otherSplits = otherSplits;
        this.storedLabel = info.labels().names().stream()
                .mapToInt(file.info().labels()::index)
                .toArray();
        this.batches = new AtomicReferenceArray<>(file.batchCount());
    }

    /** @param folder the data set's folder */
    public static ArrowDataset open(Path folder) {
        ArrowBatches file = isSharded(folder) ? ShardedBatches.open(folder) : single(folder);
        return new ArrowDataset(file, file.info(), Optional.empty());
    }

    private static ArrowFile single(Path folder) {
        if (!isIn(folder) && holdsShards(folder)) {
            throw InputException.in(
                    folder,
                    "holds shards of a data set without their index " + ShardIndex.FILE
                            + "; copy the folder again, or run the same prepare again to complete it");
        }
        return ArrowFile.open(folder.resolve(FILE));
    }

    private static boolean holdsShards(Path folder) {
        try {
            return Files.isDirectory(folder) && !ShardIndex.shardsIn(folder).isEmpty();
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be read: " + e.getMessage(), e);
        }
    }

    private static boolean isSharded(Path folder) {
        return Files.exists(folder.resolve(ShardIndex.FILE));
    }

    /** Whether a folder contains a data set. */
    public static boolean isIn(Path folder) {
        return isSharded(folder) || Files.exists(folder.resolve(FILE));
    }

    /**
     * This data set with its labels in another order, that of a model's outputs, if they are the same labels; else this data set.
     * It reads the same file; either may be closed.
     *
     * @param names a model's labels
     */
    public ArrowDataset inOrderOf(List<String> names) {
        List<String> own = labels().names();
        boolean sameSet = names.size() == own.size() && Set.copyOf(own).equals(new HashSet<>(names));
        return sameSet && !names.equals(own)
                ? new ArrowDataset(file, info.withLabels(new LabelVocabulary(names)), otherSplits)
                : this;
    }

    /**
     * This data set with its pictures shared out to the splits in another way. It reads the same file; either may be closed.
     *
     * @param rows of each split; rows that are named in none belong to no split
     * @throws IllegalArgumentException for an unknown split, or a row in two
     */
    public ArrowDataset withSplits(Map<String, int[]> rows) {
        String[] splits = new String[size()];
        Arrays.fill(splits, "");
        rows.forEach((split, members) -> {
            if (!SPLITS.contains(split)) {
                throw new IllegalArgumentException("no split \"" + split + "\" among " + SPLITS);
            }
            for (int row : members) {
                if (!splits[row].isEmpty()) {
                    throw new IllegalArgumentException("row " + row + " is in " + splits[row] + " and in " + split);
                }
                splits[row] = split;
            }
        });
        String digest = PreparePlan.digest(info.digest() + String.join(",", splits));
        return new ArrowDataset(file, info.withDigest(digest), Optional.of(splits));
    }

    /** Whether it lies in several files. */
    public boolean isSharded() {
        return file instanceof ShardedBatches;
    }

    /** Size, labels, processor and all else that is true of the whole. */
    public DatasetInfo info() {
        return info;
    }

    /** {@return the label names, in the order of the model's outputs} */
    public LabelVocabulary labels() {
        return info().labels();
    }

    /** {@return rows of pixels of every picture} */
    public int height() {
        return info().height();
    }

    /** {@return pixels in a row of every picture} */
    public int width() {
        return info().width();
    }

    /** {@return 1 for grey pictures, 3 for RGB} */
    public int channels() {
        return info().channels();
    }

    @Override
    public int size() {
        return file.rows();
    }

    @Override
    public Sample get(int row) {
        int batch = file.batchOf(row);
        BatchColumns columns = columns(batch);
        int inBatch = row - file.startRow(batch);
        Picture picture = new Picture(width(), height(), channels(), columns.pixels(inBatch));
        return new Sample(columns.text(FILE_NAME, inBatch), picture, ordered(columns.labels(inBatch)));
    }

    @Override
    public int shardOf(int row) {
        return file.fileOf(row);
    }

    @Override
    public Optional<String> digest() {
        return Optional.of(info().digest());
    }

    @Override
    public float[] labels(int row) {
        int batch = file.batchOf(row);
        return ordered(columns(batch).labels(row - file.startRow(batch)));
    }

    private float[] ordered(float[] stored) {
        if (info == file.info()) {
            return stored;
        }
        if (info.problemType() == ProblemType.SINGLE_LABEL) {
            float number = stored[0];
            return new float[] {
                Float.isNaN(number)
                        ? number
                        : labels().index(file.info().labels().name((int) number))
            };
        }
        float[] ordered = new float[stored.length];
        for (int i = 0; i < ordered.length; i++) {
            ordered[i] = stored[storedLabel[i]];
        }
        return ordered;
    }

    /**
     * The name of a picture's file, as the label file has it.
     * @param row from 0
     * @return the name
     */
    public String fileName(int row) {
        return text(FILE_NAME, row);
    }

    /** {@code train}, {@code validation} or {@code test}; empty for a row that is in none of {@link #withSplits}. */
    public String splitOf(int row) {
        return otherSplits.map(splits -> splits[row]).orElseGet(() -> text(SPLIT, row));
    }

    /**
     * A value of one of the label file's other columns ({@link DatasetInfo#columns}).
     *
     * @throws IllegalArgumentException if there is no such column
     */
    public String column(String name, int row) {
        int index = info().columns().indexOf(name);
        if (index < 0) {
            throw new IllegalArgumentException("no column \"" + name + "\" among " + info().columns());
        }
        return text(FIRST_COLUMN + index, row);
    }

    /** The rows of a split, ascending; none if it has no rows. */
    public int[] rows(String split) {
        if (rowsOfSplit.isEmpty()) {
            rowsOfSplit.putAll(otherSplits.map(ArrowDataset::bySplit).orElseGet(this::readSplits));
        }
        return rowsOfSplit.getOrDefault(split, new int[0]).clone();
    }

    /** The samples of a split, renumbered from 0. */
    public Dataset split(String split) {
        return Datasets.subset(this, rows(split));
    }

    private static Map<String, int[]> bySplit(String[] splits) {
        Map<String, int[]> rows = new HashMap<>();
        for (String name : SPLITS) {
            rows.put(
                    name,
                    IntStream.range(0, splits.length)
                            .filter(row -> splits[row].equals(name))
                            .toArray());
        }
        return rows;
    }

    private Map<String, int[]> readSplits() {
        Map<String, int[]> rows = new HashMap<>();
        Map<String, Integer> counts = new HashMap<>();
        for (String name : SPLITS) {
            rows.put(name, new int[size()]);
            counts.put(name, 0);
        }
        for (int batch = 0; batch < file.batchCount(); batch++) {
            BatchColumns columns = columns(batch);
            int start = file.startRow(batch);
            for (int i = 0; i < columns.rows(); i++) {
                String name = columns.text(SPLIT, i);
                int[] members = rows.get(name);
                if (members == null) {
                    throw columns.damaged("an unknown split", null);
                }
                members[counts.merge(name, 1, Integer::sum) - 1] = start + i;
            }
        }
        rows.replaceAll((name, members) -> Arrays.copyOf(members, counts.get(name)));
        return rows;
    }

    /**
     * Reads every byte and compares with the sums.
     *
     * @throws io.vit4j.base.InputException at the first damage
     */
    public void verify() {
        for (int batch = 0; batch < file.batchCount(); batch++) {
            columns(batch);
            file.verifyPixels(batch);
        }
    }

    private String text(int column, int row) {
        int batch = file.batchOf(row);
        return columns(batch).text(column, row - file.startRow(batch));
    }

    private BatchColumns columns(int batch) {
        SoftReference<BatchColumns> kept = batches.get(batch);
        BatchColumns columns = kept == null ? null : kept.get();
        if (columns == null) {
            columns = file.columns(batch);
            batches.set(batch, new SoftReference<>(columns));
        }
        return columns;
    }

    /** Closes its files; a data set that is no longer used is also closed by the garbage collector. */
    @Override
    public void close() {
        file.close();
    }
}
