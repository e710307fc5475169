package io.vit4j.data;

import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** What a shard holds but for its pictures; can be sent to the machine that writes it. Made by {@link DistributedPrepare#divide}. */
public final class ShardContent implements Serializable {
    private final Map<String, String> dataset;
    private final String name;
    private final int[] rowNumbers;
    private final List<ArrowFormat.StoredRow> rows;

    ShardContent(Map<String, String> dataset, String name, int[] rowNumbers, List<ArrowFormat.StoredRow> rows) {
        this.dataset = Map.copyOf(dataset);
        this.name = name;
        this.rowNumbers = rowNumbers;
        this.rows = List.copyOf(rows);
    }

    /** A shard that is written, for the index. */
    public static final class Written implements Serializable {
        private final ShardIndex.Entry entry;

        private Written(ShardIndex.Entry entry) {
            this.entry = entry;
        }

        ShardIndex.Entry entry() {
            return entry;
        }
    }

    /** {@return the file's name in the data set's folder} */
    public String name() {
        return name;
    }

    /** {@return the rows whose pictures it holds, ascending, by their numbers in {@link DistributedPrepare#paths}} */
    public int[] rowNumbers() {
        return rowNumbers.clone();
    }

    /**
     * Writes the whole shard, one record batch after another. Takes the memory of two record batches.
     *
     * @param pictures those of {@link #rowNumbers}, in their order
     * @param out is not closed
     * @throws IllegalArgumentException if they are others
     */
    public Written write(Iterator<DistributedPrepare.Decoded> pictures, OutputStream out) throws IOException {
        DatasetInfo info = DatasetInfo.fromMetadata(dataset, name);
        byte[] head = ArrowFormat.head(info);
        out.write(head);
        int rowsInBatch = PrepareDataset.rowsInBatch(info);
        int pictureBytes = info.pictureBytes();
        byte[] pixels = new byte[Math.multiplyExact(Math.min(rowsInBatch, rows.size()), pictureBytes)];
        List<ArrowFormat.StoredBatch> batches = new ArrayList<>();
        long end = head.length;
        for (int from = 0; from < rows.size(); from += rowsInBatch) {
            int until = Math.min(from + rowsInBatch, rows.size());
            for (int i = from; i < until; i++) {
                byte[] picture = picture(i, pictures, pictureBytes);
                System.arraycopy(picture, 0, pixels, (i - from) * pictureBytes, pictureBytes);
            }
            ArrowFormat.EncodedBatch batch = ArrowFormat.batch(info, rows.subList(from, until), pixels);
            out.write(batch.prefix());
            out.write(batch.pixels());
            ArrowFormat.StoredBatch stored = ArrowFormat.StoredBatch.of(batch, end);
            batches.add(stored);
            end += stored.length();
        }
        if (pictures.hasNext()) {
            throw new IllegalArgumentException(
                    name + " is given more than the pictures of its " + rows.size() + " rows");
        }
        byte[] tail = ArrowFormat.tail(info, batches, head);
        out.write(tail);
        return new Written(new ShardIndex.Entry(rows.size(), batches.size(), end + tail.length, ArrowFormat.crc(tail)));
    }

    private byte[] picture(int i, Iterator<DistributedPrepare.Decoded> pictures, int pictureBytes) {
        if (!pictures.hasNext()) {
            throw new IllegalArgumentException(name + " lacks the picture of row " + rowNumbers[i]);
        }
        DistributedPrepare.Decoded decoded = pictures.next();
        if (decoded.fact().row() != rowNumbers[i]) {
            throw new IllegalArgumentException(
                    name + " is given the picture of row " + decoded.fact().row() + " instead of " + rowNumbers[i]);
        }
        byte[] content = decoded.pixels();
        return content.length == pictureBytes ? content : Pixels.widen(content);
    }
}
