package io.vit4j.data;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The batches of a data set in shards, as of one file. Opening it reads the index and one footer; another shard is opened when the first
 * of its rows is read, and few have an open file at a time.
 */
final class ShardedBatches implements ArrowBatches {
    private static final int MOST_OPEN_FILES = 64;
    private static final int MOST_NAMED = 20;

    private final Path folder;
    private final ShardIndex index;
    private final ArrowFile[] opened;
    private final DatasetInfo info;

    /** First row of each shard, and at the end the number of rows. */
    private final int[] startRows;

    /** First batch of each shard, and at the end the number of batches. */
    private final int[] startBatches;

    /** Shards whose files may be open, the one used last at the end. */
    private final Set<Integer> used = new LinkedHashSet<>();

    private boolean closed;

    private ShardedBatches(Path folder, ShardIndex index) {
        this.folder = folder;
        this.index = index;
        int count = index.shards().size();
        this.opened = new ArrowFile[count];
        this.startRows = new int[count + 1];
        this.startBatches = new int[count + 1];
        for (int i = 0; i < count; i++) {
            startRows[i + 1] = startRows[i] + index.shards().get(i).rows();
            startBatches[i + 1] = startBatches[i] + index.shards().get(i).batches();
        }
        this.info = shard(0).info();
    }

    /** Opens what the folder's index names. InputException that names all shards that are missing or of another length. */
    static ShardedBatches open(Path folder) {
        ShardIndex index = ShardIndex.read(folder);
        List<String> faults = new ArrayList<>();
        for (int i = 0; i < index.shards().size(); i++) {
            long bytes = size(folder.resolve(index.name(i)));
            long told = index.shards().get(i).bytes();
            if (bytes != told) {
                faults.add(index.name(i) + (bytes < 0 ? " is missing" : " has " + bytes + " bytes instead of " + told));
            }
        }
        if (!faults.isEmpty()) {
            throw InputException.in(
                    folder,
                    "damaged: " + String.join(", ", faults.subList(0, Math.min(faults.size(), MOST_NAMED)))
                            + (faults.size() > MOST_NAMED ? " and " + (faults.size() - MOST_NAMED) + " more" : "")
                            + "; copy the folder again, or prepare it again");
        }
        return new ShardedBatches(folder, index);
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return -1;
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    private ArrowFile shard(int number) {
        synchronized (used) {
            if (closed) {
                throw new IllegalStateException(folder + " is closed");
            }
            if (opened[number] == null) {
                opened[number] = openShard(number);
            }
            used.remove(number);
            used.add(number);
            if (used.size() > MOST_OPEN_FILES) {
                int longest = used.iterator().next();
                used.remove(longest);
                opened[longest].rest();
            }
            return opened[number];
        }
    }

    private ArrowFile openShard(int number) {
        Path path = folder.resolve(index.name(number));
        ShardIndex.Entry entry = index.shards().get(number);
        ArrowFile file = ArrowFile.open(path);
        boolean same = file.info().digest().equals(index.digest())
                && file.rows() == entry.rows()
                && file.batchCount() == entry.batches()
                && file.footerSum() == entry.sum()
                && (info == null || file.info().equals(info));
        if (!same) {
            file.close();
            throw ArrowFooter.damaged(path, "it is not the shard that " + ShardIndex.FILE + " names", null);
        }
        return file;
    }

    @Override
    public DatasetInfo info() {
        return info;
    }

    @Override
    public int rows() {
        return startRows[opened.length];
    }

    @Override
    public int batchCount() {
        return startBatches[opened.length];
    }

    @Override
    public int startRow(int batch) {
        if (batch == batchCount()) {
            return rows();
        }
        int shard = find(startBatches, batch);
        return startRows[shard] + shard(shard).startRow(batch - startBatches[shard]);
    }

    @Override
    public int fileOf(int row) {
        if (row < 0 || row >= rows()) {
            throw new IndexOutOfBoundsException("row " + row + " of " + rows());
        }
        return find(startRows, row);
    }

    @Override
    public int batchOf(int row) {
        int shard = fileOf(row);
        return startBatches[shard] + shard(shard).batchOf(row - startRows[shard]);
    }

    @Override
    public BatchColumns columns(int batch) {
        int shard = find(startBatches, batch);
        return new BatchColumns(() -> shard(shard), batch - startBatches[shard]);
    }

    @Override
    public void verifyPixels(int batch) {
        int shard = find(startBatches, batch);
        shard(shard).verifyPixels(batch - startBatches[shard]);
    }

    private static int find(int[] starts, int number) {
        int found = Arrays.binarySearch(starts, number);
        return found >= 0 ? found : -found - 2;
    }

    @Override
    public void close() {
        synchronized (used) {
            closed = true;
            for (ArrowFile file : opened) {
                if (file != null) {
                    file.close();
                }
            }
        }
    }
}
