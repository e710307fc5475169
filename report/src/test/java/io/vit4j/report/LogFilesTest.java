package io.vit4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.Json;
import io.vit4j.metrics.Metrics;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFilesTest {
    @TempDir
    Path folder;

    private static Metrics entry() {
        return Metrics.NONE.with("loss", 0.25).with("eval_roc_auc_Edema, \"severe\"", 0.75);
    }

    /** Every event file that TensorFlow has written begins with these bytes: length 24 and its masked checksum. */
    @Test
    void aRecordBeginsAsTensorFlowsDo() {
        byte[] version = TensorBoardEvents.version(1.7e9);
        assertThat(HexFormat.of().formatHex(version, 0, 12)).isEqualTo("1800000000000000a37f4b22");
    }

    @Test
    void eventsDecodeToWhatWasLogged() throws IOException {
        TrainerCallback callback = LogFiles.tensorBoard(folder.resolve("runs"));
        callback.onLog(new TrainerState(), entry());
        callback.onLog(new TrainerState(), entry());
        Path file;
        try (Stream<Path> files = Files.list(folder.resolve("runs"))) {
            file = files.findFirst().orElseThrow();
        }
        assertThat(file.getFileName().toString()).startsWith("events.out.tfevents.");
        ByteBuffer records = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);

        ByteBuffer version = next(records);
        assertThat(fields(version).get(3)).isEqualTo("brain.Event:2".getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < 2; i++) {
            Map<Integer, Object> event = fields(next(records));
            assertThat((double) event.get(1)).isGreaterThan(1.7e9);
            assertThat(event.get(2)).isEqualTo(0L);
            Map<String, Float> values = new LinkedHashMap<>();
            ByteBuffer summary = ByteBuffer.wrap((byte[]) event.get(5)).order(ByteOrder.LITTLE_ENDIAN);
            while (summary.hasRemaining()) {
                assertThat(varint(summary)).isEqualTo(1 << 3 | 2);
                byte[] value = new byte[(int) varint(summary)];
                summary.get(value);
                Map<Integer, Object> decoded = fields(ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN));
                values.put(new String((byte[]) decoded.get(1), StandardCharsets.UTF_8), (Float) decoded.get(2));
            }
            assertThat(values).isEqualTo(Map.of("train/loss", 0.25f, "eval/roc_auc_Edema, \"severe\"", 0.75f));
        }
        assertThat(records.hasRemaining()).isFalse();
    }

    /** A record's data, its two checksums checked. */
    private static ByteBuffer next(ByteBuffer records) {
        int start = records.position();
        long length = records.getLong();
        assertThat(unmasked(records.getInt())).isEqualTo(crc(records.array(), start, 8));
        byte[] data = new byte[(int) length];
        records.get(data);
        assertThat(unmasked(records.getInt())).isEqualTo(crc(data, 0, data.length));
        return ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int unmasked(int masked) {
        return Integer.rotateLeft(masked - 0xa282ead8, 15);
    }

    private static int crc(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    private static Map<Integer, Object> fields(ByteBuffer message) {
        Map<Integer, Object> fields = new LinkedHashMap<>();
        while (message.hasRemaining()) {
            long key = varint(message);
            int field = (int) (key >> 3);
            switch ((int) (key & 7)) {
                case 0 -> fields.put(field, varint(message));
                case 1 -> fields.put(field, message.getDouble());
                case 5 -> fields.put(field, message.getFloat());
                default -> {
                    byte[] bytes = new byte[(int) varint(message)];
                    message.get(bytes);
                    fields.put(field, bytes);
                }
            }
        }
        return fields;
    }

    private static long varint(ByteBuffer message) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = message.get();
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }

    @Test
    void csvAndJsonLinesGrowAndAreGoneOnWith() throws IOException {
        Path csv = folder.resolve(LogFiles.CSV);
        Path json = folder.resolve(LogFiles.JSON_LINES);
        for (int run = 0; run < 2; run++) {
            LogFiles.csv(csv).onLog(new TrainerState(), entry());
            LogFiles.jsonLines(json).onLog(new TrainerState(), entry());
        }
        assertThat(Files.readAllLines(csv))
                .isEqualTo(List.of(
                        "step,epoch,name,value",
                        "0,0.0,loss,0.25",
                        "0,0.0,\"eval_roc_auc_Edema, \"\"severe\"\"\",0.75",
                        "0,0.0,loss,0.25",
                        "0,0.0,\"eval_roc_auc_Edema, \"\"severe\"\"\",0.75"));
        assertThat(Files.readAllLines(json))
                .hasSize(2)
                .allSatisfy(
                        line -> assertThat(Json.parse(line, "line").path("loss").doubleValue())
                                .isEqualTo(0.25));
    }

    @Test
    void aFileThatCannotBeWrittenEndsNoRun() throws IOException {
        Path blocked = Files.writeString(folder.resolve("file"), "in the way");
        LogFiles.csv(blocked.resolve("log.csv")).onLog(new TrainerState(), entry());
        assertThat(blocked).hasContent("in the way");
    }
}
