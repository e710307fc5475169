package io.vit4j.parallel;

import io.vit4j.parallel.KeyValues.Condition;
import io.vit4j.parallel.KeyValues.RefusedException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a rank asks of the store on rank 0, and the answer, as bytes. */
final class StoreRequest {
    /** How long the store lets a rank wait before it answers that nothing has come. */
    static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    /** The room that a request takes beside a value: keys and lengths. */
    static final int ENVELOPE = 64 << 10;

    static final byte DONE = 0;
    static final byte REFUSED = 1;

    /** What can be asked for. */
    enum Kind {
        SET,
        GET,
        ADD,
        COMPARE_SET,
        HAS,
        AWAIT,
        DELETE,
        SIZE,
        APPEND
    }

    /** Writes the parts of a request or an answer. */
    interface Parts {
        void to(DataOutputStream out) throws IOException;
    }

    private StoreRequest() {}

    /** A request as bytes. */
    static byte[] of(Kind kind, Parts parts) {
        return bytes(kind.ordinal(), parts);
    }

    private static byte[] bytes(int first, Parts parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(first);
            parts.to(out);
        } catch (IOException e) {
            throw new IllegalArgumentException("not to be sent: " + e.getMessage(), e); // a key of over 64 KiB
        }
        return bytes.toByteArray();
    }

    static void writeKeys(DataOutputStream out, List<String> keys) throws IOException {
        out.writeInt(keys.size());
        for (String key : keys) {
            out.writeUTF(key);
        }
    }

    static void writeValue(DataOutputStream out, byte[] value) throws IOException {
        out.writeInt(value.length);
        out.write(value);
    }

    static byte[] readValue(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) { // of an array: what is left of it
            throw new IOException("a value of " + length + " bytes in a message that has " + in.available());
        }
        return in.readNBytes(length);
    }

    private static int readCount(DataInputStream in, int leastBytes) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > in.available() / leastBytes) {
            throw new IOException(count + " keys in a message that has " + in.available() + " bytes");
        }
        return count;
    }

    /**
     * Does what is asked for; blocks if that is to wait.
     *
     * @throws IOException if it is no request
     */
    static byte[] answer(KeyValues values, byte[] request) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(request));
        int kind = in.readUnsignedByte();
        if (kind >= Kind.values().length) {
            throw new IOException("no request: " + kind);
        }
        try {
            byte[] answer = answer(values, Kind.values()[kind], in);
            if (in.available() > 0) {
                throw new IOException(in.available() + " bytes behind a request");
            }
            return answer;
        } catch (RefusedException e) {
            return bytes(REFUSED, out -> out.writeUTF(e.getMessage()));
        }
    }

    private static byte[] answer(KeyValues values, Kind kind, DataInputStream in) throws IOException, RefusedException {
        switch (kind) {
            case SET -> {
                values.set(in.readUTF(), readValue(in));
                return bytes(DONE, out -> {});
            }
            case GET -> {
                byte[] value = values.get(in.readUTF());
                return bytes(DONE, out -> {
                    out.writeBoolean(value != null);
                    writeValue(out, value == null ? new byte[0] : value);
                });
            }
            case ADD -> {
                long sum = values.add(in.readUTF(), in.readLong());
                return bytes(DONE, out -> out.writeLong(sum));
            }
            case COMPARE_SET -> {
                byte[] value = values.compareSet(in.readUTF(), readValue(in), readValue(in));
                return bytes(DONE, out -> writeValue(out, value));
            }
            case HAS -> {
                int count = readCount(in, 2);
                List<String> keys = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    keys.add(in.readUTF());
                }
                boolean has = values.has(keys);
                return bytes(DONE, out -> out.writeBoolean(has));
            }
            case AWAIT -> {
                long millis = Math.max(0, Math.min(in.readLong(), LONGEST_WAIT.toMillis()));
                int count = readCount(in, 10);
                List<Condition> conditions = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    conditions.add(new Condition(in.readUTF(), in.readLong()));
                }
                int met = values.await(conditions, Duration.ofMillis(millis));
                return bytes(DONE, out -> out.writeInt(met));
            }
            case DELETE -> {
                boolean deleted = values.delete(in.readUTF());
                return bytes(DONE, out -> out.writeBoolean(deleted));
            }
            case SIZE -> {
                int size = values.size();
                return bytes(DONE, out -> out.writeInt(size));
            }
            case APPEND -> {
                values.append(in.readUTF(), readValue(in));
                return bytes(DONE, out -> {});
            }
            default -> throw new IllegalStateException(kind.toString());
        }
    }
}
