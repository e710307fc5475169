package io.vit4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.arrow.flatbuf.Block;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.KeyValue;

/**
 * A data set's Arrow file, mapped into memory: what its footer says, verified on opening, and its batches, each part of
 * which is verified when it is first read. Mapped bytes are only ever copied or read one by one in Java, where a file that
 * shrinks under the mapping is an {@link InternalError}, which is caught; in native code it would end the process.
 */
final class ArrowFile {
    private static final int LONGEST_FOOTER = 256 << 20;
    private static final long LARGEST_MAPPING = 1L << 30;

    private static final byte UNSEEN = 0;
    private static final byte SOUND = 1;

    private final Path path;
    private final DatasetInfo info;
    private final ArrowFormat.StoredBatch[] batches;

    /** First row of each batch, and at the end the number of rows. */
    private final int[] startRows;

    /** Of each batch, the mapping that holds it, and where in that it starts. */
    private final ByteBuffer[] mappingOf;

    private final int[] startInMapping;

    /** Two a batch, prefix and pixels. Racing threads at worst verify a part twice. */
    private final byte[] seen;

    private ArrowFile(Path path, DatasetInfo info, ArrowFormat.StoredBatch[] batches, FileChannel channel)
            throws IOException {
        this.path = path;
        this.info = info;
        this.batches = batches;
        this.startRows = new int[batches.length + 1];
        this.mappingOf = new ByteBuffer[batches.length];
        this.startInMapping = new int[batches.length];
        this.seen = new byte[2 * batches.length];
        for (int i = 0; i < batches.length; i++) {
            startRows[i + 1] = startRows[i] + batches[i].rows();
        }
        for (int from = 0; from < batches.length; ) {
            long start = batches[from].offset();
            int to = from;
            while (to < batches.length && end(batches[to]) - start <= LARGEST_MAPPING) {
                to++;
            }
            to = Math.max(to, from + 1);
            MappedByteBuffer mapping = channel.map(FileChannel.MapMode.READ_ONLY, start, end(batches[to - 1]) - start);
            mapping.order(ByteOrder.LITTLE_ENDIAN);
            for (int i = from; i < to; i++) {
                mappingOf[i] = mapping;
                startInMapping[i] = (int) (batches[i].offset() - start);
            }
            from = to;
        }
    }

    private static long end(ArrowFormat.StoredBatch batch) {
        return batch.offset() + batch.length();
    }

    /** Opens and checks all but the batches. InputException where it is no such file, or a damaged one. */
    static ArrowFile open(Path path) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return open(path, channel);
        } catch (NoSuchFileException e) {
            throw InputException.in(path, "no such file; is this the folder that prepare has written?", e);
        } catch (IOException e) {
            throw InputException.in(path, "cannot be read: " + e.getMessage(), e);
        } catch (InputException e) {
            throw e;
        } catch (RuntimeException e) {
            // Arrow's own classes throw one or another where offsets lead out of the footer
            throw damaged(path, "its footer leads nowhere", e);
        }
    }

    private static ArrowFile open(Path path, FileChannel channel) throws IOException {
        long size = channel.size();
        int tailLength = 4 + ArrowFormat.MAGIC.length;
        if (size < 8 + ArrowFormat.END_OF_BATCHES.length + tailLength) {
            throw damaged(path, "only " + size + " bytes", null);
        }
        ByteBuffer tail = read(channel, size - tailLength, tailLength);
        int footerLength = tail.getInt(0);
        byte[] magic = new byte[ArrowFormat.MAGIC.length];
        tail.get(4, magic);
        if (!Arrays.equals(magic, ArrowFormat.MAGIC)) {
            throw damaged(path, "it does not end as an Arrow file does", null);
        }
        long footerStart = size - tailLength - footerLength;
        if (footerLength < 8 || footerLength > LONGEST_FOOTER || footerStart < 8 + ArrowFormat.END_OF_BATCHES.length) {
            throw damaged(path, "its footer's length is " + footerLength, null);
        }
        ByteBuffer bytes = read(channel, footerStart, footerLength);
        Footer footer = Footer.getRootAsFooter(bytes);
        Map<String, String> schemaMetadata = new HashMap<>();
        for (int i = 0; i < footer.schema().customMetadataLength(); i++) {
            KeyValue pair = footer.schema().customMetadata(i);
            schemaMetadata.put(pair.key(), pair.value());
        }
        boolean isOurs = schemaMetadata.containsKey(DatasetInfo.FORMAT_KEY);
        int crcAt = ArrowFormat.crcPosition(footer);
        if (crcAt >= 0 || isOurs) {
            verifyFooter(path, bytes.array(), crcAt);
        }
        DatasetInfo info = DatasetInfo.fromMetadata(schemaMetadata, path.toString());
        JsonNode sums = sums(path, footer);
        ArrowFormat.StoredBatch[] batches = batches(path, footer, sums.path("batches"));
        verifyHead(path, channel, sums.path("head"), batches.length == 0 ? footerStart - 8 : batches[0].offset());
        long end = batches.length == 0 ? footerStart - 8 : end(batches[batches.length - 1]);
        if (end + ArrowFormat.END_OF_BATCHES.length != footerStart
                || !Arrays.equals(read(channel, end, 8).array(), ArrowFormat.END_OF_BATCHES)) {
            throw damaged(path, "its batches and its footer do not meet", null);
        }
        byte[] expected = ArrowFormat.head(info);
        if (batches.length > 0 && batches[0].offset() != expected.length) {
            throw damaged(path, "its schema is not that of its metadata", null);
        }
        return new ArrowFile(path, info, batches, channel);
    }

    private static void verifyFooter(Path path, byte[] footer, int crcAt) {
        if (crcAt < 0) {
            throw damaged(path, "its footer's checksum is gone", null);
        }
        String told = ascii(footer, crcAt, ArrowFormat.NO_CRC.length());
        byte[] summed = footer.clone();
        Arrays.fill(summed, crcAt, crcAt + ArrowFormat.NO_CRC.length(), (byte) '0');
        CRC32C crc = new CRC32C();
        crc.update(summed);
        if (!told.equals(ArrowFormat.hex((int) crc.getValue()))) {
            throw damaged(path, "its footer has changed since it was written", null);
        }
    }

    private static String ascii(byte[] bytes, int from, int length) {
        return new String(bytes, from, length, java.nio.charset.StandardCharsets.US_ASCII);
    }

    private static void verifyHead(Path path, FileChannel channel, JsonNode sum, long length) throws IOException {
        if (length > LONGEST_FOOTER || length < 8) {
            throw damaged(path, "its schema takes " + length + " bytes", null);
        }
        CRC32C crc = new CRC32C();
        crc.update(read(channel, 0, (int) length).array());
        if ((int) crc.getValue() != hexCrc(sum)) {
            throw damaged(path, "its schema has changed since it was written", null);
        }
    }

    private static JsonNode sums(Path path, Footer footer) {
        for (int i = 0; i < footer.customMetadataLength(); i++) {
            KeyValue pair = footer.customMetadata(i);
            if (ArrowFormat.BATCHES_KEY.equals(pair.key())) {
                return Json.parse(pair.value(), path + ", sums of its batches");
            }
        }
        throw damaged(path, "the sums of its batches are gone", null);
    }

    private static int hexCrc(JsonNode digits) {
        return HexFormat.fromHexDigits(digits.asText());
    }

    /** The batches, which must follow each other without gaps. */
    private static ArrowFormat.StoredBatch[] batches(Path path, Footer footer, JsonNode sums) {
        int count = footer.recordBatchesLength();
        if (count != sums.size()) {
            throw damaged(path, count + " batches with sums of " + sums.size(), null);
        }
        ArrowFormat.StoredBatch[] batches = new ArrowFormat.StoredBatch[count];
        long rows = 0;
        for (int i = 0; i < count; i++) {
            Block block = footer.recordBatches(i);
            JsonNode sum = sums.get(i);
            batches[i] = new ArrowFormat.StoredBatch(
                    sum.path(0).asInt(-1),
                    block.offset(),
                    block.metaDataLength(),
                    sum.path(1).asLong(-1),
                    Math.addExact(block.metaDataLength(), block.bodyLength()),
                    hexCrc(sum.path(2)),
                    hexCrc(sum.path(3)));
            ArrowFormat.StoredBatch batch = batches[i];
            rows += batch.rows();
            if (batch.rows() < 1
                    || rows > Integer.MAX_VALUE
                    || batch.metadataLength() < 8
                    || batch.prefixLength() < batch.metadataLength()
                    || batch.length() < batch.prefixLength()
                    || batch.length() > Integer.MAX_VALUE
                    || batch.offset() < 8
                    || (i > 0 && batch.offset() != end(batches[i - 1]))) {
                throw damaged(path, "batch " + i + " does not follow the one before it", null);
            }
        }
        return batches;
    }

    private static ByteBuffer read(FileChannel channel, long at, int length) throws IOException {
        if (length > channel.size() - at) { // before anything is allocated
            throw new IOException("the file is shorter than it says");
        }
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, at + buffer.position()) < 0) {
                throw new IOException("the file has become shorter");
            }
        }
        return buffer.flip();
    }

    static InputException damaged(Path path, String what, Throwable cause) {
        return InputException.in(path, "damaged: " + what + "; prepare it again", cause);
    }

    Path path() {
        return path;
    }

    DatasetInfo info() {
        return info;
    }

    int rows() {
        return startRows[batches.length];
    }

    int batchCount() {
        return batches.length;
    }

    ArrowFormat.StoredBatch batch(int batch) {
        return batches[batch];
    }

    int startRow(int batch) {
        return startRows[batch];
    }

    int batchOf(int row) {
        if (row < 0 || row >= rows()) {
            throw new IndexOutOfBoundsException("row " + row + " of " + rows());
        }
        int found = Arrays.binarySearch(startRows, row);
        return found >= 0 ? found : -found - 2;
    }

    /** The mapping that holds a batch, little-endian; to be read with absolute positions. */
    ByteBuffer mapping(int batch) {
        return mappingOf[batch];
    }

    /** Where in {@link #mapping} the batch starts. */
    int start(int batch) {
        return startInMapping[batch];
    }

    /** Verifies message and small columns, unless that is done. */
    void verifyPrefix(int batch) {
        verify(2 * batch, batch, 0, batches[batch].prefixLength(), batches[batch].prefixCrc(), "labels and names");
    }

    /** Verifies the pixels, unless that is done. */
    void verifyPixels(int batch) {
        ArrowFormat.StoredBatch stored = batches[batch];
        verify(
                2 * batch + 1,
                batch,
                stored.prefixLength(),
                stored.length() - stored.prefixLength(),
                stored.pixelsCrc(),
                "pixels");
    }

    private void verify(int part, int batch, long from, long length, int expected, String what) {
        if (seen[part] != UNSEEN) {
            return;
        }
        CRC32C crc = new CRC32C();
        byte[] chunk = new byte[(int) Math.min(length, 1 << 18)];
        for (long done = 0; done < length; done += chunk.length) {
            int count = (int) Math.min(chunk.length, length - done);
            copy(batch, from + done, chunk, count);
            crc.update(chunk, 0, count);
        }
        if ((int) crc.getValue() != expected) {
            throw damaged(
                    path,
                    "the " + what + " of rows " + startRows[batch] + " to " + (startRows[batch + 1] - 1)
                            + " have changed since they were written",
                    null);
        }
        seen[part] = SOUND;
    }

    /** Copies bytes of a batch, counted from its start. */
    void copy(int batch, long from, byte[] into, int length) {
        try {
            mappingOf[batch].get(startInMapping[batch] + (int) from, into, 0, length);
        } catch (InternalError e) {
            throw shrunk(e);
        }
    }

    InputException shrunk(InternalError e) {
        return damaged(path, "it was cut short while in use", e);
    }
}
