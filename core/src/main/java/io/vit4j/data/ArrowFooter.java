package io.vit4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.apache.arrow.flatbuf.Block;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.KeyValue;

/**
 * What surrounds the batches of a data set's Arrow file, verified: the schema at its start, and the footer at its end,
 * which locates the batches. Nothing is trusted, because an attacker can forge checksums.
 *
 * @param batches they follow each other without gaps, from the schema to the footer
 * @param sum CRC-32C of all that follows the batches
 */
record ArrowFooter(DatasetInfo info, ArrowFormat.StoredBatch[] batches, int sum) {
    private static final int LONGEST_FOOTER = 256 << 20;
    private static final int MOST_ENTRIES = 100;

    static ArrowFooter read(Path path, PositionalFile file) throws IOException {
        long size = file.size();
        int magicLength = ArrowFormat.MAGIC.length;
        int tailLength = 4 + magicLength;
        int endLength = ArrowFormat.END_OF_BATCHES.length;
        if (size < 8 + endLength + tailLength) {
            throw damaged(path, "only " + size + " bytes", null);
        }
        byte[] tail = read(file, size, size - tailLength, tailLength);
        if (!Arrays.equals(tail, 4, tailLength, ArrowFormat.MAGIC, 0, magicLength)) {
            throw damaged(path, "it does not end like an Arrow file", null);
        }
        int footerLength = ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).getInt();
        long footerStart = size - tailLength - footerLength;
        if (footerLength < 8 || footerLength > LONGEST_FOOTER || footerStart < 8 + endLength) {
            throw damaged(path, "its footer's length is " + footerLength, null);
        }
        byte[] bytes = read(file, size, footerStart, footerLength);
        Footer footer = Footer.getRootAsFooter(ByteBuffer.wrap(bytes));
        Map<String, String> metadata = schemaMetadata(footer);
        if (metadata.containsKey(DatasetInfo.FORMAT_KEY) || ArrowFormat.crcPosition(footer) >= 0) {
            verify(path, bytes, ArrowFormat.crcPosition(footer));
        }
        footerValue(footer, DatasetInfo.DIGEST_KEY).ifPresent(digest -> metadata.put(DatasetInfo.DIGEST_KEY, digest));
        DatasetInfo info = DatasetInfo.fromMetadata(metadata, path.toString());
        JsonNode sums = Json.parse(
                footerValue(footer, ArrowFormat.BATCHES_KEY)
                        .orElseThrow(() -> damaged(path, "the checksums of its batches are missing", null)),
                path + ", checksums of its batches");

        int headLength = sums.path("head").path(0).asInt(-1);
        if (headLength < 8
                || headLength > footerStart
                || ArrowFormat.crc(read(file, size, 0, headLength))
                        != crc(sums.path("head").path(1))) {
            throw damaged(path, "its schema has changed since it was written", null);
        }
        ArrowFormat.StoredBatch[] batches = batches(path, footer, sums.path("batches"), headLength);
        long end = batches.length == 0 ? headLength : end(batches[batches.length - 1]);
        if (end + endLength != footerStart
                || !Arrays.equals(read(file, size, end, endLength), ArrowFormat.END_OF_BATCHES)) {
            throw damaged(path, "there is a gap between its batches and its footer", null);
        }
        CRC32C sum = new CRC32C();
        sum.update(ArrowFormat.END_OF_BATCHES);
        sum.update(bytes);
        sum.update(tail);
        return new ArrowFooter(info, batches, (int) sum.getValue());
    }

    private static byte[] read(PositionalFile file, long size, long at, int length) throws IOException {
        if (at < 0 || length > size - at) { // before anything is allocated
            throw new IOException("it ends before byte " + (at + length));
        }
        byte[] bytes = new byte[length];
        file.read(at, bytes, length);
        return bytes;
    }

    /** At most as much text as the footer is long: entries may share it, many times over. */
    private static Map<String, String> schemaMetadata(Footer footer) {
        Map<String, String> metadata = new HashMap<>();
        long room = footer.getByteBuffer().capacity();
        if (Math.max(footer.schema().customMetadataLength(), footer.customMetadataLength()) > MOST_ENTRIES) {
            throw new IllegalArgumentException("over " + MOST_ENTRIES + " entries of metadata");
        }
        for (int i = 0; i < footer.schema().customMetadataLength(); i++) {
            KeyValue pair = footer.schema().customMetadata(i);
            room -= pair.keyAsByteBuffer().remaining()
                    + pair.valueAsByteBuffer().remaining();
            if (room < 0) {
                throw new IllegalArgumentException("more metadata than bytes");
            }
            metadata.put(pair.key(), pair.value());
        }
        return metadata;
    }

    private static void verify(Path path, byte[] footer, int crcAt) {
        if (crcAt < 0) {
            throw damaged(path, "the checksum of its footer is missing", null);
        }
        int digits = ArrowFormat.NO_CRC.length();
        String told = new String(footer, crcAt, digits, StandardCharsets.US_ASCII);
        byte[] summed = footer.clone();
        Arrays.fill(summed, crcAt, crcAt + digits, (byte) '0');
        if (!told.equals(ArrowFormat.hex(ArrowFormat.crc(summed)))) {
            throw damaged(path, "its footer has changed since it was written", null);
        }
    }

    private static Optional<String> footerValue(Footer footer, String key) {
        for (int i = 0; i < footer.customMetadataLength(); i++) {
            KeyValue pair = footer.customMetadata(i);
            if (key.equals(pair.key())) {
                return Optional.of(pair.value());
            }
        }
        return Optional.empty();
    }

    private static int crc(JsonNode digits) {
        return HexFormat.fromHexDigits(digits.asText());
    }

    private static ArrowFormat.StoredBatch[] batches(Path path, Footer footer, JsonNode sums, long start) {
        int count = footer.recordBatchesLength();
        if (count != sums.size()) {
            throw damaged(path, count + " batches with checksums of " + sums.size(), null);
        }
        ArrowFormat.StoredBatch[] batches = new ArrowFormat.StoredBatch[count];
        long expectedOffset = start;
        long rows = 0;
        for (int i = 0; i < count; i++) {
            Block block = footer.recordBatches(i);
            JsonNode sum = sums.get(i);
            ArrowFormat.StoredBatch batch = new ArrowFormat.StoredBatch(
                    sum.path(0).asInt(-1),
                    block.offset(),
                    block.metaDataLength(),
                    sum.path(1).asLong(-1),
                    Math.addExact(block.metaDataLength(), block.bodyLength()),
                    crc(sum.path(2)),
                    crc(sum.path(3)));
            rows += batch.rows();
            if (batch.rows() < 1
                    || rows > Integer.MAX_VALUE
                    || batch.metadataLength() < 8
                    || batch.prefixLength() < batch.metadataLength()
                    || batch.length() < batch.prefixLength()
                    || batch.length() > Integer.MAX_VALUE
                    || batch.offset() != expectedOffset) {
                throw damaged(path, "batch " + i + " does not directly follow the batch before it", null);
            }
            expectedOffset = end(batch);
            batches[i] = batch;
        }
        return batches;
    }

    private static long end(ArrowFormat.StoredBatch batch) {
        return Math.addExact(batch.offset(), batch.length());
    }

    static InputException damaged(Path path, String what, Throwable cause) {
        return InputException.in(path, "damaged: " + what + "; prepare it again", cause);
    }
}
