package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.image.Picture;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * {@link PrepareDataset} in parts, for engines that decode pictures and write shards on other machines. The data set is the same, byte for byte,
 * as the one that {@link PrepareOptions#run} makes of the same choices with the same {@link PrepareOptions#shardSize}.
 *
 * <ol>
 *   <li>{@link PrepareOptions#distribute} makes the plan: which rows there are, with their labels and splits.
 *   <li>A {@link Decoder}, which can be serialized, makes pictures of files, anywhere and in any order.
 *   <li>{@link #divide} is told which pictures could be read, and says which rows each shard holds.
 *   <li>{@link ShardContent#write} writes a shard, anywhere.
 *   <li>{@link #finish} writes the small files: index, {@code metadata.jsonl}, {@code skipped.csv}, {@code problems.csv}.
 * </ol>
 */
public final class DistributedPrepare {
    /**
     * What became of a row's picture.
     *
     * @param row from 0
     * @param fault why it cannot be read; empty if it can
     * @param grey whether one channel tells all
     * @param hash of its pixels
     */
    public record Fact(int row, String fault, boolean grey, long hash) implements Serializable {}

    /**
     * A row's picture.
     *
     * @param fact what became of it
     * @param pixels {@code [height, width, channels]} with one channel if it is grey, else three; empty if it cannot be read
     */
    public record Decoded(Fact fact, byte[] pixels) implements Serializable {}

    private final PrepareOptions options;
    private final PreparePlan plan;
    private final DatasetInfo greyInfo;
    private final PreparedRows kept;
    private DatasetInfo info;

    private DistributedPrepare(PrepareOptions options, PreparePlan plan) {
        this.options = options;
        this.plan = plan;
        this.greyInfo = plan.info(options);
        this.info = greyInfo;
        this.kept = new PreparedRows(options, plan);
    }

    static DistributedPrepare plan(PrepareOptions options) {
        if (options.shardSize == DatasetWriter.NO_SHARDS) {
            throw new InputException("several machines write a data set in shards; give their size");
        }
        return new DistributedPrepare(options, PreparePlan.make(options));
    }

    /** The paths of the rows' pictures, as {@link ImageSource.ByName#names} has them. */
    public List<String> paths() {
        return plan.rows().stream().map(PreparePlan.PlannedRow::path).toList();
    }

    /** Whether the shards of an index file, {@code data.arrow.index.json}, are this data set's: of the same rows, pictures and choices. */
    public boolean isSame(Path folder) {
        return ShardIndex.read(folder).digest().equals(greyInfo.digest());
    }

    /** Decodes pictures. */
    public Decoder decoder() {
        PictureReader reader = options.reader();
        if (!(reader instanceof Serializable)) {
            throw new IllegalStateException("the reader of pictures cannot be serialized");
        }
        return new Decoder(reader, greyInfo.height(), greyInfo.width());
    }

    /** Makes the pictures of rows; can be sent to other machines. */
    public static final class Decoder implements Serializable {
        private final PictureReader reader;
        private final int height;
        private final int width;

        private Decoder(PictureReader reader, int height, int width) {
            this.reader = reader;
            this.height = height;
            this.width = width;
        }

        /**
         * Decodes the picture of a row. What is wrong with it is part of the result.
         *
         * @param file gives the file's bytes; its InputException is the picture's fault
         * @param path of the file, for messages
         */
        public Decoded decode(int row, Supplier<byte[]> file, String path) {
            Picture picture;
            try {
                picture = reader.read(file.get(), path);
            } catch (InputException e) {
                return new Decoded(new Fact(row, e.getMessage(), false, 0), new byte[0]);
            }
            if (picture.height() != height || picture.width() != width) {
                throw new IllegalStateException("a picture of " + picture.width() + "x" + picture.height()
                        + " for a data set of " + width + "x" + height);
            }
            boolean grey = Pixels.isGrey(picture);
            byte[] content = Pixels.fewest(picture, grey);
            return new Decoded(new Fact(row, "", grey, Pixels.hash(content)), content);
        }
    }

    /**
     * Divides the rows that could be read into shards.
     *
     * @param facts one of every row, ascending
     * @throws InputException if pictures cannot be read and none may be left out, with all of them named
     */
    public List<ShardContent> divide(List<Fact> facts) {
        if (facts.size() != plan.rows().size()
                || !IntStream.range(0, facts.size()).allMatch(i -> facts.get(i).row() == i)) {
            throw new IllegalArgumentException(
                    facts.size() + " facts that are not of the " + plan.rows().size() + " rows, in their order");
        }
        for (Fact fact : facts) {
            if (!fact.fault().isEmpty()) {
                kept.leaveOut(fact.row(), fact.fault());
            }
        }
        if (kept.isEmpty()) {
            throw kept.nothing();
        }
        if (options.onBadImage == PrepareDataset.OnBadImage.FAIL) {
            options.problems.report(options.output);
        }
        boolean allGrey = true;
        for (Fact fact : facts) {
            if (fact.fault().isEmpty()) {
                kept.keep(fact.row(), fact.hash());
                allGrey &= fact.grey();
            }
        }
        info = greyInfo.withChannels(allGrey ? 1 : 3);
        return shards(facts);
    }

    /** By the rules of {@link DatasetWriter}. */
    private List<ShardContent> shards(List<Fact> facts) {
        Map<String, String> metadata = new HashMap<>(info.toMetadata());
        metadata.put(DatasetInfo.DIGEST_KEY, info.digest());
        int rowsInBatch = PrepareDataset.rowsInBatch(info);
        int head = ArrowFormat.head(info).length;
        List<List<Integer>> rowsOfShards = new ArrayList<>();
        long end = 0;
        int[] readable = facts.stream()
                .filter(fact -> fact.fault().isEmpty())
                .mapToInt(Fact::row)
                .toArray();
        for (int from = 0; from < readable.length; from += rowsInBatch) {
            List<Integer> batch = IntStream.range(from, Math.min(from + rowsInBatch, readable.length))
                    .mapToObj(i -> readable[i])
                    .toList();
            long length = ArrowFormat.prefix(
                            info, batch.stream().map(plan::stored).toList())
                    .batchLength();
            if (rowsOfShards.isEmpty() || DatasetWriter.startsShard(length, end, options.shardSize)) {
                rowsOfShards.add(new ArrayList<>());
                end = head;
            }
            rowsOfShards.get(rowsOfShards.size() - 1).addAll(batch);
            end += length;
        }
        List<ShardContent> shards = new ArrayList<>();
        for (List<Integer> rows : rowsOfShards) {
            shards.add(new ShardContent(
                    metadata,
                    ShardIndex.name(shards.size(), rowsOfShards.size()),
                    rows.stream().mapToInt(Integer::intValue).toArray(),
                    rows.stream().map(plan::stored).toList()));
        }
        return shards;
    }

    /**
     * Writes index, {@code metadata.jsonl}, {@code skipped.csv} and {@code problems.csv} into the output folder of the options.
     *
     * @param shards all that {@link #divide} named, in its order
     */
    public PrepareDataset.Prepared finish(List<ShardContent.Written> shards) {
        try {
            kept.writeFiles(options.output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        new ShardIndex(
                        info.digest(),
                        info.columns(),
                        shards.stream().map(ShardContent.Written::entry).toList())
                .write(options.output);
        return kept.prepared(info);
    }
}
