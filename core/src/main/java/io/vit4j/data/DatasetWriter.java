package io.vit4j.data;

import io.vit4j.base.FileOperations;
import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Privacy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Writes a data set's Arrow file, whole or not at all, batch by batch in the order of the rows. Until {@link #finish} it
 * stands beside its place together with a {@link PrepareJournal}, from which a later writer goes on.
 */
final class DatasetWriter implements AutoCloseable {
    private static final String PARTIAL = ArrowDataset.FILE + ".partial";
    private static final String WIDENED = ArrowDataset.FILE + ".widened";

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
    private DatasetInfo info;
    private FileChannel file;
    private byte[] head;

    /**
     * Goes on with what stands in the folder, if it came from the same settings, as far as the rows are still the same and
     * the bytes are sound; else starts again.
     *
     * @param grey what the data set will be if all its pictures are grey
     * @param triesSkippedAgain whether pictures that could not be read then are read again
     */
    DatasetWriter(
            Path folder, DatasetInfo grey, String settingsDigest, RowsDigest rowsDigest, boolean triesSkippedAgain)
            throws IOException {
        this.folder = folder;
        this.settingsDigest = settingsDigest;
        this.rowsDigest = rowsDigest;
        this.lockFile = lock(folder);
        try {
            info = grey;
            file = OpenFiles.update(folder.resolve(PARTIAL), Privacy.ofFile(folder));
            Optional<PrepareJournal.JournalContent> earlier = PrepareJournal.read(folder.resolve(PrepareJournal.FILE));
            if (earlier.isPresent() && earlier.get().settingsDigest().equals(settingsDigest)) {
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
        file.truncate(0);
        write(head, 0);
        PrepareJournal.start(folder.resolve(PrepareJournal.FILE), settingsDigest, info.channels());
    }

    private void goOnFrom(List<PrepareJournal.JournalEntry> earlier, boolean triesSkippedAgain) throws IOException {
        byte[] written = new byte[head.length];
        if (read(written, 0) != head.length || !java.util.Arrays.equals(written, head)) {
            return;
        }
        for (PrepareJournal.JournalEntry entry : earlier) {
            ArrowFormat.StoredBatch batch = entry.batch();
            if ((triesSkippedAgain && !entry.skipped().isEmpty())
                    || batch.offset() != end()
                    || batch.length() > file.size() - batch.offset()
                    || !entry.rowsDigest().equals(rowsDigest.of(entry.startRow(), entry.endRow()))
                    || crc(batch.offset(), batch.prefixLength()) != batch.prefixCrc()
                    || crc(batch.offset() + batch.prefixLength(), batch.length() - batch.prefixLength())
                            != batch.pixelsCrc()) {
                break;
            }
            entries.add(entry);
        }
        file.truncate(end());
        Path journal = folder.resolve(PrepareJournal.FILE);
        PrepareJournal.start(journal, settingsDigest, info.channels());
        for (PrepareJournal.JournalEntry entry : entries) {
            PrepareJournal.append(journal, entry);
        }
    }

    private long end() {
        if (entries.isEmpty()) {
            return head.length;
        }
        ArrowFormat.StoredBatch last = entries.get(entries.size() - 1).batch();
        return last.offset() + last.length();
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
        ArrowFormat.StoredBatch stored = writeBatch(ArrowFormat.batch(info, kept, pixels), end());
        PrepareJournal.JournalEntry entry = new PrepareJournal.JournalEntry(
                nextRow(), endRow, rowsDigest.of(nextRow(), endRow), Map.copyOf(skipped), pixelHashes, stored);
        PrepareJournal.append(folder.resolve(PrepareJournal.FILE), entry);
        entries.add(entry);
    }

    private ArrowFormat.StoredBatch writeBatch(ArrowFormat.EncodedBatch batch, long offset) throws IOException {
        write(batch.prefix(), offset);
        write(batch.pixels(), offset + batch.prefix().length);
        return new ArrowFormat.StoredBatch(
                batch.rows(),
                offset,
                batch.metadataLength(),
                batch.prefix().length,
                batch.prefix().length + (long) batch.pixels().length,
                ArrowFormat.crc(batch.prefix()),
                ArrowFormat.crc(batch.pixels()));
    }

    /** Gives what is already written three channels instead of one. */
    void widen(BatchRows rowsOf) throws IOException {
        List<PrepareJournal.JournalEntry> grey = List.copyOf(entries);
        FileChannel greyFile = file;
        int pictureBytes = info.pictureBytes();
        info = info.withChannels(3);
        Path widened = folder.resolve(WIDENED);
        file = OpenFiles.replace(widened, Privacy.ofFile(folder));
        start();
        for (PrepareJournal.JournalEntry entry : grey) {
            byte[] pixels = new byte[entry.batch().rows() * pictureBytes];
            if (readFrom(
                            greyFile,
                            pixels,
                            entry.batch().offset() + entry.batch().prefixLength())
                    != pixels.length) {
                throw new IOException(PARTIAL + " has become shorter while it was written");
            }
            append(entry.endRow(), rowsOf.kept(entry), Pixels.widen(pixels), entry.pixelHashes(), entry.skipped());
        }
        greyFile.close();
        Files.move(widened, folder.resolve(PARTIAL), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    /** The rows of a batch that were kept, without their pixels. */
    @FunctionalInterface
    interface BatchRows {
        List<ArrowFormat.StoredRow> kept(PrepareJournal.JournalEntry entry);
    }

    /** Completes the file and gives it its name. */
    void finish() throws IOException {
        List<ArrowFormat.StoredBatch> batches =
                entries.stream().map(PrepareJournal.JournalEntry::batch).toList();
        write(ArrowFormat.tail(info, batches, head), end());
        file.force(true);
        file.close();
        FileOperations.SYSTEM.rename(folder.resolve(PARTIAL), folder.resolve(ArrowDataset.FILE));
        FileOperations.SYSTEM.forceFolder(folder);
        Files.deleteIfExists(folder.resolve(PrepareJournal.FILE));
    }

    /** Removes what stands beside the data set, so that the folder is as if nothing had been tried. */
    void discard() throws IOException {
        close();
        for (String name : List.of(PARTIAL, WIDENED, PrepareJournal.FILE)) {
            Files.deleteIfExists(folder.resolve(name));
        }
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
        if (lockFile.isOpen()) {
            Files.deleteIfExists(folder.resolve(ArrowDataset.FILE + ".lock"));
            lockFile.close();
        }
    }

    private void write(byte[] bytes, long at) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            file.write(buffer, at + buffer.position());
        }
    }

    private int read(byte[] into, long at) throws IOException {
        return readFrom(file, into, at);
    }

    private static int readFrom(FileChannel channel, byte[] into, long at) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(into);
        while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) > 0) {}
        return buffer.position();
    }

    private int crc(long offset, long length) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] chunk = new byte[1 << 20];
        for (long done = 0; done < length; ) {
            ByteBuffer buffer = ByteBuffer.wrap(chunk, 0, (int) Math.min(chunk.length, length - done));
            int count = file.read(buffer, offset + done);
            if (count <= 0) {
                return ~0;
            }
            crc.update(chunk, 0, count);
            done += count;
        }
        return (int) crc.getValue();
    }
}
