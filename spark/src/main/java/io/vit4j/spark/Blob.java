package io.vit4j.spark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.Serializable;
import java.io.UncheckedIOException;

/**
 * A value as bytes of Java's serialization. Tasks exchange these, so that it does not matter which serializer a cluster is set to: Kryo
 * cannot read records.
 */
final class Blob {
    private Blob() {}

    static byte[] of(Serializable value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static <T> T read(byte[] blob, Class<T> type) {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(blob)) {
            /** Of jars that were sent to an executor, which only the thread of a task sees. */
            @Override
            protected Class<?> resolveClass(ObjectStreamClass named) throws IOException, ClassNotFoundException {
                try {
                    return Class.forName(named.getName(), false, Blob.class.getClassLoader());
                } catch (ClassNotFoundException e) {
                    return super.resolveClass(named);
                }
            }
        }) {
            return type.cast(in.readObject());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("the executors have another version of vit4j than the driver", e);
        }
    }
}
