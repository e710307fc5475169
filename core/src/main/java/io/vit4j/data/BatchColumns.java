package io.vit4j.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;

/** Where in a verified batch its columns lie. All offsets are checked here once, so that reading them cannot leave the batch. */
final class BatchColumns {
    private final ArrowFile file;
    private final int batch;
    private final int rows;
    private final int labelCount;
    private final int pictureBytes;

    /** Of each text column: where, from the batch's start, its offsets and its characters are; and how many of these. */
    private final int[] offsetsAt;

    private final int[] textAt;
    private final int[] textLength;
    private final int labelsAt;
    private final int pixelsAt;

    /** Reads the batch's message. Text columns are numbered: file name 0, split 1, then the label file's own. */
    BatchColumns(ArrowFile file, int batch) {
        this.file = file;
        this.batch = batch;
        this.rows = file.batch(batch).rows();
        DatasetInfo info = file.info();
        this.labelCount = info.labelCount();
        this.pictureBytes = info.pictureBytes();
        int texts = 2 + info.columns().size();
        this.offsetsAt = new int[texts];
        this.textAt = new int[texts];
        this.textLength = new int[texts];
        try {
            byte[] bytes = new byte[file.batch(batch).metadataLength()];
            file.copy(batch, 0, bytes, bytes.length);
            Message message = Message.getRootAsMessage(
                    ByteBuffer.wrap(bytes, 8, bytes.length - 8).slice().order(ByteOrder.LITTLE_ENDIAN));
            RecordBatch header = (RecordBatch) message.header(new RecordBatch());
            if (message.headerType() != MessageHeader.RecordBatch
                    || header == null
                    || header.length() != rows
                    || header.compression() != null
                    || header.buffersLength() != 3 * texts + 3 + 3) {
                throw new IllegalArgumentException("not the columns that the schema says");
            }
            // buffers: 3 a text column (validity, offsets, characters), 3 a list column (validity, validity, values)
            text(0, header, 0);
            text(1, header, 3);
            this.labelsAt = at(header, 8, 4L * rows * labelCount);
            for (int i = 2; i < texts; i++) {
                text(i, header, 9 + 3 * (i - 2));
            }
            this.pixelsAt = at(header, 3 * texts + 5, (long) rows * pictureBytes);
            if (pixelsAt != file.batch(batch).prefixLength()) {
                throw new IllegalArgumentException("pixels start at " + pixelsAt);
            }
        } catch (IndexOutOfBoundsException | IllegalArgumentException | ArithmeticException e) {
            throw ArrowFile.damaged(file.path(), "batch " + batch + ": " + e.getMessage(), e);
        }
    }

    private void text(int column, RecordBatch header, int firstBuffer) {
        offsetsAt[column] = at(header, firstBuffer + 1, 4L * (rows + 1));
        textLength[column] = (int) Math.min(header.buffers(firstBuffer + 2).length(), Integer.MAX_VALUE);
        textAt[column] = at(header, firstBuffer + 2, textLength[column]);
    }

    /** From the batch's start, a buffer that must hold that many bytes. */
    private int at(RecordBatch header, int index, long length) {
        Buffer buffer = header.buffers(index);
        long at = Math.addExact(file.batch(batch).metadataLength(), buffer.offset());
        if (buffer.offset() < 0
                || length < 0
                || buffer.length() < length
                || Math.addExact(at, length) > file.batch(batch).length()) {
            throw new IllegalArgumentException("buffer " + index + " leaves the batch");
        }
        return Math.toIntExact(at);
    }

    String text(int column, int row) {
        try {
            ByteBuffer mapping = file.mapping(batch);
            int offsets = file.start(batch) + offsetsAt[column] + 4 * row;
            int from = mapping.getInt(offsets);
            int to = mapping.getInt(offsets + 4);
            if (from < 0 || to < from || to > textLength[column]) {
                throw ArrowFile.damaged(file.path(), "batch " + batch + ": a text leaves its column", null);
            }
            byte[] utf8 = new byte[to - from];
            mapping.get(file.start(batch) + textAt[column] + from, utf8);
            return new String(utf8, StandardCharsets.UTF_8);
        } catch (InternalError e) {
            throw file.shrunk(e);
        }
    }

    float[] labels(int row) {
        try {
            float[] labels = new float[labelCount];
            int at = file.start(batch) + labelsAt + 4 * row * labelCount;
            for (int i = 0; i < labelCount; i++) {
                labels[i] = file.mapping(batch).getFloat(at + 4 * i);
            }
            return labels;
        } catch (InternalError e) {
            throw file.shrunk(e);
        }
    }

    byte[] pixels(int row) {
        byte[] pixels = new byte[pictureBytes];
        file.copy(batch, pixelsAt + (long) row * pictureBytes, pixels, pictureBytes);
        return pixels;
    }
}
