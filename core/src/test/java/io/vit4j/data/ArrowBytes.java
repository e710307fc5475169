package io.vit4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.KeyValue;

/** A small data set's file, and its sums made right again after changes, as an attacker could. */
public final class ArrowBytes {
    private static final Pattern SUM = Pattern.compile("\"([0-9a-f]{8})\"");
    private static final int TAIL = 4 + ArrowFormat.MAGIC.length;

    private ArrowBytes() {}

    /** What the small data set says of itself. */
    static DatasetInfo info() {
        return new DatasetInfo(
                new LabelVocabulary(List.of("A", "B")),
                ProblemType.MULTI_LABEL,
                2,
                3,
                1,
                2,
                3,
                JsonObject.empty(),
                1337,
                List.of("note"),
                "d");
    }

    /** Five rows of 3x2 pixels in batches of two, two and one, written into the folder. */
    public static byte[] small(Path folder) throws IOException {
        try (DatasetWriter writer =
                new DatasetWriter(folder, info(), "s", (from, to) -> from + "-" + to, false, DatasetWriter.NO_SHARDS)) {
            for (int start = 0; start < 5; start += 2) {
                int end = Math.min(start + 2, 5);
                List<ArrowFormat.StoredRow> rows = new ArrayList<>();
                byte[] pixels = new byte[(end - start) * 6];
                for (int i = start; i < end; i++) {
                    rows.add(new ArrowFormat.StoredRow(
                            "ü" + i, i == 4 ? "test" : "train", new float[] {i % 2, Float.NaN}, List.of("n" + i)));
                    Arrays.fill(pixels, (i - start) * 6, (i - start + 1) * 6, (byte) i);
                }
                writer.append(end, rows, pixels, new long[end - start], Map.of());
            }
            writer.finish();
        }
        return Files.readAllBytes(folder.resolve(ArrowDataset.FILE));
    }

    /** The file with all sums right, as far as its footer can still be read. */
    public static byte[] sealed(byte[] changed) {
        byte[] file = changed.clone();
        try {
            int length = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(file.length - TAIL);
            int start = file.length - TAIL - length;
            if (length < 0 || start < 0) {
                return file;
            }
            byte[] footer = Arrays.copyOfRange(file, start, start + length);
            sealBatches(file, footer);
            int at = ArrowFormat.crcPosition(Footer.getRootAsFooter(ByteBuffer.wrap(footer)));
            Arrays.fill(footer, at, at + 8, (byte) '0');
            put(footer, at, ArrowFormat.crc(footer));
            System.arraycopy(footer, 0, file, start, length);
        } catch (RuntimeException e) {
            // no longer to be found
        }
        return file;
    }

    private static void sealBatches(byte[] file, byte[] bytes) {
        Footer footer = Footer.getRootAsFooter(ByteBuffer.wrap(bytes));
        for (int i = 0; i < Math.min(footer.customMetadataLength(), 9); i++) {
            KeyValue pair = footer.customMetadata(i);
            if (!ArrowFormat.BATCHES_KEY.equals(pair.key())) {
                continue;
            }
            int at = pair.valueAsByteBuffer().position();
            JsonNode sums = Json.parse(pair.value(), "sums");
            Matcher digits = SUM.matcher(pair.value()); // the head's, then each batch's two
            digits.find();
            put(
                    bytes,
                    at + digits.start(1),
                    crc(file, 0, sums.path("head").path(0).asInt()));
            for (int b = 0; b < Math.min(footer.recordBatchesLength(), 9); b++) {
                int batch = (int) footer.recordBatches(b).offset();
                int prefix = batch + sums.path("batches").path(b).path(1).asInt();
                int end = batch
                        + footer.recordBatches(b).metaDataLength()
                        + (int) footer.recordBatches(b).bodyLength();
                digits.find();
                put(bytes, at + digits.start(1), crc(file, batch, prefix));
                digits.find();
                put(bytes, at + digits.start(1), crc(file, prefix, end));
            }
        }
    }

    /** Of a part that lies within the file; else an exception. */
    private static int crc(byte[] file, int from, int to) {
        Objects.checkFromToIndex(from, to, file.length);
        return ArrowFormat.crc(Arrays.copyOfRange(file, from, to));
    }

    private static void put(byte[] bytes, int at, int crc) {
        byte[] digits = ArrowFormat.hex(crc).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(digits, 0, bytes, at, digits.length);
    }
}
