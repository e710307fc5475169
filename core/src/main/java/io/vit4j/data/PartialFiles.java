package io.vit4j.data;

import io.vit4j.base.FileOperations;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Privacy;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The Arrow files of a data set that is being written, one after the other. Each has a name of its own until all are complete: one file is
 * {@code data.arrow.partial}, shards are {@code data-00000.arrow.partial} and so on.
 */
final class PartialFiles implements Closeable {
    private static final String PARTIAL = ".partial";
    private static final String WIDENED = ".widened";

    private final Path folder;
    private final boolean sharded;
    private final String ending;
    private int number;
    private FileChannel file;

    private PartialFiles(Path folder, boolean sharded, String ending) throws IOException {
        this.folder = folder;
        this.sharded = sharded;
        this.ending = ending;
        open(0);
    }

    /** What an earlier run left, if it left anything. */
    static PartialFiles of(Path folder, boolean sharded) throws IOException {
        if (sharded) {
            takeBack(folder);
        }
        remove(folder, sharded, WIDENED, 0);
        remove(folder, !sharded, WIDENED, 0);
        remove(folder, !sharded, PARTIAL, 0);
        return new PartialFiles(folder, sharded, PARTIAL);
    }

    /** Others that {@link #replace} puts in their place. */
    PartialFiles beside() throws IOException {
        return new PartialFiles(folder, sharded, WIDENED);
    }

    /** Shards that were given their names by a run that ended before it wrote the index. */
    private static void takeBack(Path folder) throws IOException {
        if (Files.exists(folder.resolve(ShardIndex.FILE)) || !Files.exists(folder.resolve(PrepareJournal.FILE))) {
            return;
        }
        for (Path shard : ShardIndex.shardsIn(folder)) {
            Path partial = folder.resolve(name(ShardIndex.numberOf(shard), true, PARTIAL));
            if (!Files.exists(partial)) {
                Files.move(shard, partial);
            }
        }
    }

    private static String name(int number, boolean sharded, String ending) {
        return (sharded ? String.format(Locale.ROOT, "data-%05d.arrow", number) : ArrowDataset.FILE) + ending;
    }

    private Path path(int of) {
        return folder.resolve(name(of, sharded, ending));
    }

    /** The number of the file that is read and written, from 0. */
    int number() {
        return number;
    }

    /** Goes to a file, which is made if it is not there. */
    void open(int other) throws IOException {
        if (file != null) {
            file.close();
        }
        number = other;
        file = OpenFiles.update(path(other), Privacy.ofFile(folder));
    }

    long size() throws IOException {
        return file.size();
    }

    void truncate(long bytes) throws IOException {
        file.truncate(bytes);
    }

    /** Makes this file the last. */
    void removeLater() throws IOException {
        remove(folder, sharded, ending, number + 1);
    }

    /** Removes those of that number and later, also where one before them is missing. */
    private static void remove(Path folder, boolean sharded, String ending, int from) throws IOException {
        if (!sharded) {
            if (from == 0) {
                Files.deleteIfExists(folder.resolve(name(0, false, ending)));
            }
            return;
        }
        Pattern shard = Pattern.compile("data-(\\d{5,})\\.arrow" + Pattern.quote(ending));
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.toList();
        }
        for (Path file : files) {
            Matcher name = shard.matcher(file.getFileName().toString());
            if (name.matches() && Integer.parseInt(name.group(1)) >= from) {
                Files.delete(file);
            }
        }
    }

    void write(byte[] bytes, long at) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            file.write(buffer, at + buffer.position());
        }
    }

    /** Fills the array; returns how many bytes the file had. */
    int read(byte[] into, long at) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(into);
        while (buffer.hasRemaining() && file.read(buffer, at + buffer.position()) > 0) {}
        return buffer.position();
    }

    /** CRC-32C of a part; another number if the file ends before. */
    int crc(long offset, long length) throws IOException {
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

    void force() throws IOException {
        file.force(true);
    }

    /** Takes the place of those that these were made {@link #beside}. */
    PartialFiles replace(PartialFiles others) throws IOException {
        others.close();
        close();
        for (int i = 0; i <= number; i++) {
            Files.move(path(i), others.path(i), StandardCopyOption.REPLACE_EXISTING);
        }
        others.open(number);
        others.removeLater();
        return others;
    }

    /** Gives the files their last names. What the folder had of another data set goes. */
    void complete(List<ShardIndex.Entry> shards, DatasetInfo info) throws IOException {
        close();
        Path index = folder.resolve(ShardIndex.FILE);
        if (!sharded) {
            FileOperations.SYSTEM.rename(path(0), folder.resolve(ArrowDataset.FILE));
            FileOperations.SYSTEM.forceFolder(folder);
            Files.deleteIfExists(index);
            removeOtherShards();
            return;
        }
        Files.deleteIfExists(index);
        removeOtherShards();
        for (int i = 0; i <= number; i++) {
            FileOperations.SYSTEM.rename(path(i), folder.resolve(ShardIndex.name(i, number + 1)));
        }
        FileOperations.SYSTEM.forceFolder(folder);
        new ShardIndex(info.digest(), info.columns(), shards).write(folder);
        Files.deleteIfExists(folder.resolve(ArrowDataset.FILE));
    }

    /** Removes them all. */
    void discard() throws IOException {
        close();
        remove(folder, sharded, ending, 0);
    }

    private void removeOtherShards() throws IOException {
        for (Path shard : ShardIndex.shardsIn(folder)) {
            Files.delete(shard);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
