package io.vit4j.report;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * TensorBoard's event files: records of TensorFlow's TFRecord format, each an {@code Event} of {@code event.proto} in
 * protocol-buffer encoding.
 */
final class TensorBoardEvents {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;

    private TensorBoardEvents() {}

    /** The first event of a file. */
    static byte[] version(double wallTime) {
        Message event = new Message();
        event.number(1, wallTime);
        event.bytes(3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
        return record(event.toBytes());
    }

    /** One number of each tag at a step. */
    static byte[] scalars(double wallTime, long step, Map<String, Double> values) {
        Message summary = new Message();
        values.forEach((tag, value) -> {
            Message entry = new Message();
            entry.bytes(1, tag.getBytes(StandardCharsets.UTF_8));
            entry.number(2, value.floatValue());
            summary.bytes(1, entry.toBytes());
        });
        Message event = new Message();
        event.number(1, wallTime);
        event.number(2, step);
        event.bytes(5, summary.toBytes());
        return record(event.toBytes());
    }

    /** Length, its checksum, the data, its checksum. */
    static byte[] record(byte[] data) {
        ByteBuffer record = ByteBuffer.allocate(16 + data.length).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(data.length);
        record.putInt(maskedCrc(record.array(), 0, 8));
        record.put(data);
        record.putInt(maskedCrc(data, 0, data.length));
        return record.array();
    }

    /** TensorFlow turns the checksum, so that one of data that holds checksums is not itself special (crc32c.h). */
    private static int maskedCrc(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
    }

    /** Fields of a protocol-buffer message, in the order they are added. */
    private static final class Message {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        void number(int field, double value) {
            varint(field << 3 | FIXED64);
            little(Double.doubleToLongBits(value), 8);
        }

        void number(int field, float value) {
            varint(field << 3 | FIXED32);
            little(Float.floatToIntBits(value), 4);
        }

        void number(int field, long value) {
            varint(field << 3 | VARINT);
            varint(value);
        }

        void bytes(int field, byte[] value) {
            varint(field << 3 | LENGTH_DELIMITED);
            varint(value.length);
            bytes.writeBytes(value);
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                bytes.write((int) (rest & 0x7F | 0x80));
                rest >>>= 7;
            }
            bytes.write((int) rest);
        }

        private void little(long value, int count) {
            for (int i = 0; i < count; i++) {
                bytes.write((int) (value >>> (8 * i)));
            }
        }

        byte[] toBytes() {
            return bytes.toByteArray();
        }
    }
}
