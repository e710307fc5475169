package io.vit4j.data;

import com.google.flatbuffers.FlatBufferBuilder;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.arrow.flatbuf.Block;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.KeyValue;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.flatbuf.RecordBatch;

/**
 * The bytes of a data set's Arrow IPC file ("Arrow Columnar Format", version 1.5): a schema, record batches, a footer.
 *
 * <p>Columns: {@code file_name} and {@code split} (utf8), {@code labels} (fixed_size_list of float32), the label file's other
 * columns (utf8), and {@code pixels} (fixed_size_list of uint8, {@code [height, width, channels]}). No value is null. Pixels
 * come last, so that a batch is its small columns, the <em>prefix</em>, and then its pixels; each part has a CRC-32C of its
 * own, so that splits and labels are read, and trusted, without reading pixels. The sums stand in the footer's metadata.
 *
 * <p>The batches are put together here, on the heap, with Arrow's own classes for the metadata: its vectors would need
 * native memory and an opened module of the JDK.
 */
final class ArrowFormat {
    static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);
    static final String BATCHES_KEY = "vit4j.batches";
    static final String CRC_KEY = "vit4j.crc32c";
    static final String NO_CRC = "00000000";

    /** What ends the batches, as in a stream: a continuation mark and no message. */
    static final byte[] END_OF_BATCHES = {-1, -1, -1, -1, 0, 0, 0, 0};

    static final String FILE_NAME = "file_name";
    static final String SPLIT = "split";
    static final String LABELS = "labels";
    static final String PIXELS = "pixels";

    private static final int CONTINUATION = -1;
    private static final int ALIGNMENT = 64;

    private ArrowFormat() {}

    /** One row but for its pixels. */
    record StoredRow(String fileName, String split, float[] labels, List<String> values) implements Serializable {}

    /**
     * A record batch without its pixels.
     *
     * @param bytes message and small columns
     * @param metadataLength of the message alone
     * @param pixelBytes that follow, padded to a whole number of 64
     */
    record EncodedPrefix(byte[] bytes, int metadataLength, int pixelBytes) {
        /** Of the whole batch. */
        long batchLength() {
            return bytes.length + (long) pixelBytes;
        }
    }

    /**
     * A record batch.
     *
     * @param prefix message and small columns
     * @param metadataLength of the message alone
     * @param pixels padded to a whole number of 64 bytes
     */
    record EncodedBatch(int rows, byte[] prefix, int metadataLength, byte[] pixels) {}

    /**
     * Where a batch lies, and what it must sum up to.
     *
     * @param offset in the file
     * @param metadataLength of its message, with the mark and length before it
     * @param prefixLength of message and small columns
     * @param length of the whole
     */
    record StoredBatch(
            int rows, long offset, int metadataLength, long prefixLength, long length, int prefixCrc, int pixelsCrc) {
        /** Of a batch that is put there. */
        static StoredBatch of(EncodedBatch batch, long offset) {
            return new StoredBatch(
                    batch.rows(),
                    offset,
                    batch.metadataLength(),
                    batch.prefix().length,
                    batch.prefix().length + (long) batch.pixels().length,
                    crc(batch.prefix()),
                    crc(batch.pixels()));
        }
    }

    /** The file up to its first batch. */
    static byte[] head(DatasetInfo info) {
        FlatBufferBuilder builder = new FlatBufferBuilder();
        int schema = ArrowSchema.of(info, builder);
        builder.finish(Message.createMessage(builder, MetadataVersion.V5, MessageHeader.Schema, schema, 0, 0));
        byte[] magic = Arrays.copyOf(MAGIC, 8);
        byte[] message = framed(builder.sizedByteArray(), magic.length);
        byte[] head = Arrays.copyOf(magic, magic.length + message.length);
        System.arraycopy(message, 0, head, magic.length, message.length);
        return head;
    }

    /** The message with its mark and length, padded so that what follows is aligned. */
    private static byte[] framed(byte[] message, int bytesBefore) {
        int end = aligned(bytesBefore + 8 + message.length);
        ByteBuffer framed = ByteBuffer.allocate(end - bytesBefore).order(ByteOrder.LITTLE_ENDIAN);
        framed.putInt(CONTINUATION).putInt(end - bytesBefore - 8).put(message);
        return framed.array();
    }

    static int aligned(int length) {
        return Math.toIntExact((length + (long) ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    }

    /** @param pixels of all rows, {@code [rows, height, width, channels]}; may be longer, the rest is not used */
    static EncodedBatch batch(DatasetInfo info, List<StoredRow> rows, byte[] pixels) {
        EncodedPrefix prefix = prefix(info, rows);
        byte[] padded = new byte[prefix.pixelBytes()];
        System.arraycopy(pixels, 0, padded, 0, Math.multiplyExact(rows.size(), info.pictureBytes()));
        return new EncodedBatch(rows.size(), prefix.bytes(), prefix.metadataLength(), padded);
    }

    /** What stands before a batch's pixels, which need not be known for it. */
    static EncodedPrefix prefix(DatasetInfo info, List<StoredRow> rows) {
        Body body = new Body(rows.size());
        body.utf8(rows.stream().map(StoredRow::fileName).toList());
        body.utf8(rows.stream().map(StoredRow::split).toList());
        body.floats(rows.stream().map(StoredRow::labels).toList(), info.labelCount());
        for (int column = 0; column < info.columns().size(); column++) {
            int c = column;
            body.utf8(rows.stream().map(row -> row.values().get(c)).toList());
        }
        int pixelBytes = Math.multiplyExact(rows.size(), info.pictureBytes());
        int smallLength = body.length();
        body.pixels(pixelBytes, info.pictureBytes());

        byte[] message = framed(body.message(), 0);
        byte[] prefix = Arrays.copyOf(message, message.length + smallLength);
        body.writeTo(ByteBuffer.wrap(prefix, message.length, smallLength).order(ByteOrder.LITTLE_ENDIAN));
        return new EncodedPrefix(prefix, message.length, aligned(pixelBytes));
    }

    /** The columns of a batch: where their buffers lie, and the bytes of the small ones. */
    private static final class Body {
        private final int rows;
        private final List<long[]> nodes = new ArrayList<>();
        private final List<long[]> buffers = new ArrayList<>();
        private final List<byte[]> contents = new ArrayList<>();
        private int length;

        Body(int rows) {
            this.rows = rows;
        }

        int length() {
            return length;
        }

        private void buffer(byte[] content, int size) {
            buffers.add(new long[] {length, size});
            contents.add(content);
            length = aligned(Math.addExact(length, size));
        }

        private void noValidity(long count) {
            nodes.add(new long[] {count, 0});
            buffers.add(new long[] {length, 0});
            contents.add(new byte[0]);
        }

        void utf8(List<String> values) {
            noValidity(rows);
            ByteBuffer offsets = ByteBuffer.allocate(4 * (rows + 1)).order(ByteOrder.LITTLE_ENDIAN);
            List<byte[]> encoded =
                    values.stream().map(v -> v.getBytes(StandardCharsets.UTF_8)).toList();
            int end = 0;
            offsets.putInt(0);
            for (byte[] value : encoded) {
                end = Math.addExact(end, value.length);
                offsets.putInt(end);
            }
            ByteBuffer text = ByteBuffer.allocate(end);
            encoded.forEach(text::put);
            buffer(offsets.array(), offsets.capacity());
            buffer(text.array(), end);
        }

        void floats(List<float[]> values, int size) {
            noValidity(rows);
            noValidity((long) rows * size);
            ByteBuffer floats =
                    ByteBuffer.allocate(Math.multiplyExact(4 * rows, size)).order(ByteOrder.LITTLE_ENDIAN);
            for (float[] row : values) {
                for (float value : row) {
                    floats.putFloat(value);
                }
            }
            buffer(floats.array(), floats.capacity());
        }

        /** Their bytes follow by themselves. */
        void pixels(int size, int pictureBytes) {
            noValidity(rows);
            noValidity((long) rows * pictureBytes);
            buffer(new byte[0], size);
        }

        byte[] message() {
            FlatBufferBuilder builder = new FlatBufferBuilder();
            RecordBatch.startNodesVector(builder, nodes.size());
            for (int i = nodes.size() - 1; i >= 0; i--) {
                FieldNode.createFieldNode(builder, nodes.get(i)[0], nodes.get(i)[1]);
            }
            int nodesAt = builder.endVector();
            RecordBatch.startBuffersVector(builder, buffers.size());
            for (int i = buffers.size() - 1; i >= 0; i--) {
                Buffer.createBuffer(builder, buffers.get(i)[0], buffers.get(i)[1]);
            }
            int buffersAt = builder.endVector();
            int batch = RecordBatch.createRecordBatch(builder, rows, nodesAt, buffersAt, 0, 0);
            builder.finish(
                    Message.createMessage(builder, MetadataVersion.V5, MessageHeader.RecordBatch, batch, length, 0));
            return builder.sizedByteArray();
        }

        void writeTo(ByteBuffer out) {
            int start = out.position();
            for (int i = 0; i < contents.size(); i++) {
                out.position(start + (int) Math.min(buffers.get(i)[0], out.limit() - start))
                        .put(contents.get(i));
            }
        }
    }

    /**
     * What follows the last batch: the end of the batches, the footer, its length, the magic.
     *
     * @param head what stands before the first batch
     */
    static byte[] tail(DatasetInfo info, List<StoredBatch> blocks, byte[] head) {
        StringBuilder sums =
                new StringBuilder("{\"head\":[" + head.length + ",\"" + hex(crc(head)) + "\"],\"batches\":[");
        for (int i = 0; i < blocks.size(); i++) {
            StoredBatch block = blocks.get(i);
            sums.append(i == 0 ? "[" : ",[").append(block.rows()).append(',').append(block.prefixLength());
            sums.append(",\"").append(hex(block.prefixCrc())).append("\",\"");
            sums.append(hex(block.pixelsCrc())).append("\"]");
        }
        sums.append("]}");

        FlatBufferBuilder builder = new FlatBufferBuilder(1 << 16);
        int schema = ArrowSchema.of(info, builder);
        int metadata = metadata(
                builder, Map.of(BATCHES_KEY, sums.toString(), DatasetInfo.DIGEST_KEY, info.digest(), CRC_KEY, NO_CRC));
        Footer.startDictionariesVector(builder, 0);
        int dictionaries = builder.endVector();
        Footer.startRecordBatchesVector(builder, blocks.size());
        for (int i = blocks.size() - 1; i >= 0; i--) {
            StoredBatch block = blocks.get(i);
            Block.createBlock(builder, block.offset(), block.metadataLength(), block.length() - block.metadataLength());
        }
        int batches = builder.endVector();
        Footer.finishFooterBuffer(
                builder, Footer.createFooter(builder, MetadataVersion.V5, schema, dictionaries, batches, metadata));
        byte[] footer = builder.sizedByteArray();
        int at = crcPosition(Footer.getRootAsFooter(ByteBuffer.wrap(footer)));
        byte[] digits = hex(crc(footer)).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(digits, 0, footer, at, digits.length);

        ByteBuffer tail = ByteBuffer.allocate(END_OF_BATCHES.length + footer.length + 4 + MAGIC.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        return tail.put(END_OF_BATCHES)
                .put(footer)
                .putInt(footer.length)
                .put(MAGIC)
                .array();
    }

    private static int metadata(FlatBufferBuilder builder, Map<String, String> entries) {
        int[] pairs = entries.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .mapToInt(e -> {
                    int key = builder.createString(e.getKey());
                    return KeyValue.createKeyValue(builder, key, builder.createString(e.getValue()));
                })
                .toArray();
        return Footer.createCustomMetadataVector(builder, pairs);
    }

    /** Where in the footer's bytes its own checksum stands, which is summed as {@link #NO_CRC}; -1 where it has none. */
    static int crcPosition(Footer footer) {
        for (int i = 0; i < footer.customMetadataLength(); i++) {
            KeyValue pair = footer.customMetadata(i);
            if (CRC_KEY.equals(pair.key())) {
                ByteBuffer value = pair.valueAsByteBuffer();
                return value.remaining() == NO_CRC.length() ? value.position() : -1;
            }
        }
        return -1;
    }

    static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    static String hex(int crc) {
        return String.format(Locale.ROOT, "%08x", crc);
    }
}
