package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Privacy;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a data set's Arrow file, or its shards, whole or not at all, batch by batch in the order of the rows. Until {@link #finish} they
 * have other names and stand together with a {@link PrepareJournal}, from which a later writer goes on. A shard begins where its batch stands
 * directly behind the schema, so the journal needs no number for it.
 */
final class DatasetWriter implements AutoCloseable {
    /** Of a data set in one file. */
    static final long NO_SHARDS = Long.MAX_VALUE;

    /** Digest of rows {@code start} to {@code end - 1} of the label file and of their image files. */
    @FunctionalInterface
    interface RowsDigest {
        String of(int start, int end);
    }

    private final Path folder;
    private final String settingsDigest;
    private final RowsDigest rowsDigest;
    private final List<PrepareJournal.JournalEntry> entries = new ArrayList<>();
    private final FileChannel lockFile;
    private final long shardSize;
    private DatasetInfo info;
    private PartialFiles files;
    private byte[] head;

    /**
     * Goes on with what stands in the folder, if it came from the same settings, as far as the rows are still the same and
     * the bytes are sound; else starts again.
     *
     * @param grey what the data set will be if all its pictures are grey
     * @param triesSkippedAgain whether pictures that could not be read then are read again
     * @param shardSize most bytes of a shard's batches, but for a single batch that is larger; or {@link #NO_SHARDS}
     */
    DatasetWriter(
            Path folder,
            DatasetInfo grey,
            String settingsDigest,
            RowsDigest rowsDigest,
            boolean triesSkippedAgain,
            long shardSize)
            throws IOException {
        this.folder = folder;
        this.settingsDigest = shardSize == NO_SHARDS
                ? settingsDigest
                : PreparePlan.digest(settingsDigest + " in shards of " + shardSize);
        this.rowsDigest = rowsDigest;
        this.shardSize = shardSize;
        this.lockFile = lock(folder);
        try {
            info = grey;
            files = PartialFiles.of(folder, shardSize != NO_SHARDS);
            Optional<PrepareJournal.JournalContent> earlier = PrepareJournal.read(folder.resolve(PrepareJournal.FILE));
            if (earlier.isPresent() && earlier.get().settingsDigest().equals(this.settingsDigest)) {
                info = grey.withChannels(earlier.get().channels() == 3 ? 3 : 1);
                head = ArrowFormat.head(info);
                goOnFrom(earlier.get().entries(), triesSkippedAgain);
            }
            if (entries.isEmpty()) {
                info = grey;
                start();
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Two at once would write into each other's file. */
    private static FileChannel lock(Path folder) throws IOException {
        FileChannel channel = OpenFiles.update(folder.resolve(ArrowDataset.FILE + ".lock"), Privacy.ofFile(folder));
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // held in this very process: the same answer
        }
        channel.close();
        throw InputException.in(
                folder, "another prepare is writing to this folder; wait for it, or choose another folder");
    }

    private void start() throws IOException {
        entries.clear();
        head = ArrowFormat.head(info);
        startFile(0);
        PrepareJournal.start(folder.resolve(PrepareJournal.FILE), settingsDigest, info.channels());
    }

    private void startFile(int number) throws IOException {
        files.open(number);
        files.truncate(0);
        files.removeLater();
        files.write(head, 0);
    }

    private void goOnFrom(List<PrepareJournal.JournalEntry> earlier, boolean triesSkippedAgain) throws IOException {
        if (!hasHead()) {
            return;
        }
        for (PrepareJournal.JournalEntry entry : earlier) {
            if ((triesSkippedAgain && !entry.skipped().isEmpty())
                    || !entry.rowsDigest().equals(rowsDigest.of(entry.startRow(), entry.endRow()))
                    || !isNext(entry.batch())) {
                break;
            }
            entries.add(entry);
        }
        if (!entries.isEmpty()) {
            files.open(shards().size() - 1);
            files.truncate(end());
            files.removeLater();
        }
        Path journal = folder.resolve(PrepareJournal.FILE);
        PrepareJournal.start(journal, settingsDigest, info.channels());
        for (PrepareJournal.JournalEntry entry : entries) {
            PrepareJournal.append(journal, entry);
        }
    }

    private boolean hasHead() throws IOException {
        byte[] written = new byte[head.length];
        return files.read(written, 0) == head.length && Arrays.equals(written, head);
    }

    /** Whether a batch stands, sound, where the next is to stand: behind the last, or first in the shard after it. */
    private boolean isNext(ArrowFormat.StoredBatch batch) throws IOException {
        if (startsShard(batch.length())) {
            files.open(files.number() + 1);
            if (batch.offset() != head.length || !hasHead()) {
                return false;
            }
        } else if (batch.offset() != end()) {
            return false;
        }
        return batch.length() <= files.size() - batch.offset()
                && files.crc(batch.offset(), batch.prefixLength()) == batch.prefixCrc()
                && files.crc(batch.offset() + batch.prefixLength(), batch.length() - batch.prefixLength())
                        == batch.pixelsCrc();
    }

    private boolean startsShard(long batchLength) {
        return !entries.isEmpty() && startsShard(batchLength, end(), shardSize);
    }

    /** Whether a batch is too long for a shard that has one already and ends there. */
    static boolean startsShard(long batchLength, long end, long shardSize) {
        return batchLength > shardSize - Math.min(shardSize, end);
    }

    private long end() {
        if (entries.isEmpty()) {
            return head.length;
        }
        ArrowFormat.StoredBatch last = entries.get(entries.size() - 1).batch();
        return last.offset() + last.length();
    }

    /** The batches of each file. */
    private List<List<ArrowFormat.StoredBatch>> shards() {
        List<List<ArrowFormat.StoredBatch>> shards = new ArrayList<>();
        for (PrepareJournal.JournalEntry entry : entries) {
            if (entry.batch().offset() == head.length) {
                shards.add(new ArrayList<>());
            }
            shards.get(shards.size() - 1).add(entry.batch());
        }
        return shards;
    }

    /** What the data set is so far; its channels grow from 1 to 3 with the first coloured picture. */
    DatasetInfo info() {
        return info;
    }

    /** The row of the label file to go on with. */
    int nextRow() {
        return entries.isEmpty() ? 0 : entries.get(entries.size() - 1).endRow();
    }

    List<PrepareJournal.JournalEntry> entries() {
        return entries;
    }

    /**
     * Appends a batch that covers the rows from {@link #nextRow} to {@code endRow - 1}.
     *
     * @param kept at least one
     * @param pixels {@code [kept rows, height, width, channels]}
     * @param skipped rows of these left out, and why
     */
    void append(
            int endRow,
            List<ArrowFormat.StoredRow> kept,
            byte[] pixels,
            long[] pixelHashes,
            Map<Integer, String> skipped)
            throws IOException {
        ArrowFormat.EncodedBatch batch = ArrowFormat.batch(info, kept, pixels);
        boolean starts = startsShard(batch.prefix().length + (long) batch.pixels().length);
        if (starts) {
            startFile(files.number() + 1);
        }
        ArrowFormat.StoredBatch stored = writeBatch(batch, starts ? head.length : end());
        PrepareJournal.JournalEntry entry = new PrepareJournal.JournalEntry(
                nextRow(), endRow, rowsDigest.of(nextRow(), endRow), Map.copyOf(skipped), pixelHashes, stored);
        PrepareJournal.append(folder.resolve(PrepareJournal.FILE), entry);
        entries.add(entry);
    }

    private ArrowFormat.StoredBatch writeBatch(ArrowFormat.EncodedBatch batch, long offset) throws IOException {
        files.write(batch.prefix(), offset);
        files.write(batch.pixels(), offset + batch.prefix().length);
        return ArrowFormat.StoredBatch.of(batch, offset);
    }

    /** Gives what is already written three channels instead of one. If that fails, the next writer begins again. */
    void widen(BatchRows rowsOf) throws IOException {
        PartialFiles greyFiles = files;
        PartialFiles wideFiles = greyFiles.beside();
        try {
            files = wideFiles;
            writeWide(greyFiles, rowsOf);
            files = wideFiles.replace(greyFiles);
        } catch (IOException | RuntimeException e) {
            files = greyFiles;
            discard(wideFiles, e);
            throw e;
        }
    }

    private static void discard(PartialFiles files, Exception because) {
        try {
            files.discard();
        } catch (IOException e) {
            because.addSuppressed(e);
        }
    }

    private void writeWide(PartialFiles greyFiles, BatchRows rowsOf) throws IOException {
        List<PrepareJournal.JournalEntry> grey = List.copyOf(entries);
        long greyHead = head.length;
        int pictureBytes = info.pictureBytes();
        info = info.withChannels(3);
        start();
        int shard = -1;
        for (PrepareJournal.JournalEntry entry : grey) {
            ArrowFormat.StoredBatch batch = entry.batch();
            if (batch.offset() == greyHead) {
                greyFiles.open(++shard);
            }
            byte[] pixels = new byte[batch.rows() * pictureBytes];
            if (greyFiles.read(pixels, batch.offset() + batch.prefixLength()) != pixels.length) {
                throw new IOException("what was prepared so far has become shorter while it was written");
            }
            append(entry.endRow(), rowsOf.kept(entry), Pixels.widen(pixels), entry.pixelHashes(), entry.skipped());
        }
    }

    /** The rows of a batch that were kept, without their pixels. */
    @FunctionalInterface
    interface BatchRows {
        List<ArrowFormat.StoredRow> kept(PrepareJournal.JournalEntry entry);
    }

    /** Completes the files and gives them their names. */
    void finish() throws IOException {
        List<ShardIndex.Entry> index = new ArrayList<>();
        for (List<ArrowFormat.StoredBatch> batches : shards()) {
            ArrowFormat.StoredBatch last = batches.get(batches.size() - 1);
            long end = last.offset() + last.length();
            byte[] tail = ArrowFormat.tail(info, batches, head);
            files.open(index.size());
            files.truncate(end);
            files.write(tail, end);
            files.force();
            index.add(new ShardIndex.Entry(
                    batches.stream().mapToInt(ArrowFormat.StoredBatch::rows).sum(),
                    batches.size(),
                    files.size(),
                    ArrowFormat.crc(tail)));
        }
        files.complete(index, info);
        Files.deleteIfExists(folder.resolve(PrepareJournal.FILE));
    }

    /** Removes what stands beside the data set, so that the folder is as if nothing had been tried. */
    void discard() throws IOException {
        close();
        files.discard();
        Files.deleteIfExists(folder.resolve(PrepareJournal.FILE));
    }

    @Override
    public void close() throws IOException {
        if (files != null) {
            files.close();
        }
        if (lockFile.isOpen()) {
            Files.deleteIfExists(folder.resolve(ArrowDataset.FILE + ".lock"));
            lockFile.close();
        }
    }
}
