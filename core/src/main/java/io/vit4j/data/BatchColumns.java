package io.vit4j.data;

import io.vit4j.base.InputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;

/** The columns of a batch: the small ones on the heap, and where the pixels lie. Offsets are checked here once. */
final class BatchColumns {
    private final Supplier<ArrowFile> shard;
    private final int batch;
    private final int rows;
    private final int labelCount;
    private final int pictureBytes;
    private final ByteBuffer prefix;

    /** Of each text column: where, from the batch's start, its offsets and its characters are; and how many of these. */
    private final int[] offsetsAt;

    private final int[] textAt;
    private final int[] textLength;
    private final int labelsAt;
    private final int pixelsAt;

    /** Reads message and small columns. Text columns are numbered: file name 0, split 1, then the label file's own. */
    BatchColumns(Supplier<ArrowFile> shard, int batch) {
        this.shard = shard;
        this.batch = batch;
        ArrowFile file = shard.get();
        this.rows = file.batch(batch).rows();
        DatasetInfo info = file.info();
        this.labelCount = info.labelCount();
        this.pictureBytes = info.pictureBytes();
        this.prefix = ByteBuffer.wrap(file.prefix(batch)).order(ByteOrder.LITTLE_ENDIAN);
        int texts = 2 + info.columns().size();
        this.offsetsAt = new int[texts];
        this.textAt = new int[texts];
        this.textLength = new int[texts];
        try {
            int metadataLength = file.batch(batch).metadataLength();
            Message message = Message.getRootAsMessage(prefix.slice(8, metadataLength - 8));
            RecordBatch header = (RecordBatch) message.header(new RecordBatch());
            if (message.headerType() != MessageHeader.RecordBatch
                    || header.length() != rows
                    || header.compression() != null
                    || header.buffersLength() != 3 * texts + 3 + 3) {
                throw new IllegalArgumentException("not the columns of the schema");
            }
            // buffers: 3 a text column (validity, offsets, characters), 3 a list column (validity, validity, values)
            text(0, header, 0);
            text(1, header, 3);
            this.labelsAt = smallBuffer(header, 8, 4L * rows * labelCount);
            for (int i = 2; i < texts; i++) {
                text(i, header, 9 + 3 * (i - 2));
            }
            this.pixelsAt = buffer(
                    header,
                    3 * texts + 5,
                    (long) rows * pictureBytes,
                    file.batch(batch).length());
            if (pixelsAt != prefix.capacity()) {
                throw new IllegalArgumentException("pixels start at " + pixelsAt);
            }
        } catch (RuntimeException e) {
            // Arrow's own classes throw one or another where offsets lead out of the message
            throw damaged(e.getMessage(), e);
        }
    }

    /** Says that this batch is damaged, and what is wrong. */
    InputException damaged(String what, Throwable cause) {
        return ArrowFooter.damaged(shard.get().path(), "batch " + batch + ": " + what, cause);
    }

    int rows() {
        return rows;
    }

    private void text(int column, RecordBatch header, int firstBuffer) {
        offsetsAt[column] = smallBuffer(header, firstBuffer + 1, 4L * (rows + 1));
        textLength[column] = Math.toIntExact(header.buffers(firstBuffer + 2).length());
        textAt[column] = smallBuffer(header, firstBuffer + 2, textLength[column]);
    }

    private int smallBuffer(RecordBatch header, int index, long length) {
        return buffer(header, index, length, prefix.capacity());
    }

    /** From the batch's start, a buffer that must hold that many bytes and end within {@code limit}. */
    private int buffer(RecordBatch header, int index, long length, long limit) {
        Buffer buffer = header.buffers(index);
        long at = Math.addExact(shard.get().batch(batch).metadataLength(), buffer.offset());
        if (buffer.offset() < 0 || length < 0 || buffer.length() < length || Math.addExact(at, length) > limit) {
            throw new IllegalArgumentException("buffer " + index + " leaves the batch");
        }
        return Math.toIntExact(at);
    }

    String text(int column, int row) {
        int from = prefix.getInt(offsetsAt[column] + 4 * row);
        int to = prefix.getInt(offsetsAt[column] + 4 * row + 4);
        if (from < 0 || to < from || to > textLength[column]) {
            throw damaged("a text leaves its column", null);
        }
        return new String(prefix.array(), textAt[column] + from, to - from, StandardCharsets.UTF_8);
    }

    float[] labels(int row) {
        float[] labels = new float[labelCount];
        prefix.slice(labelsAt + 4 * row * labelCount, 4 * labelCount)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(labels);
        return labels;
    }

    byte[] pixels(int row) {
        return shard.get().pixels(batch, pixelsAt + (long) row * pictureBytes, pictureBytes);
    }
}
