package io.vit4j.hub;

import java.nio.ByteBuffer;

/**
 * A named tensor as stored in checkpoint files: plain little-endian bytes, row by row, read on demand in parts, so that it
 * may be larger than 2 GiB. Files return them, and everything to be saved is passed as such tensors.
 */
public interface StoredTensor {
    /** The most dimensions a tensor of a checkpoint may have, as in NumPy. */
    int MOST_DIMENSIONS = 64;

    /** {@return its name in the file} */
    String name();

    /** {@return the type of its elements} */
    StoredDtype dtype();

    /** The size of every dimension; empty for a single value. The caller's own copy. */
    long[] shape();

    /**
     * Fills the buffer with the bytes from {@code offset} on. Safe for many threads if the tensor comes from a file.
     *
     * @throws IndexOutOfBoundsException if the tensor ends before the buffer is full
     */
    void read(long offset, ByteBuffer destination);

    /** Bytes in all. */
    default long byteSize() {
        return dtype().byteSize(shape());
    }

    /** All bytes of a tensor below 2 GiB. */
    default byte[] bytes() {
        byte[] bytes = new byte[Math.toIntExact(byteSize())];
        read(0, ByteBuffer.wrap(bytes));
        return bytes;
    }

    /** How bytes from an offset on fill a buffer. */
    @FunctionalInterface
    interface Reading {
        /** As {@link StoredTensor#read}. */
        void read(long offset, ByteBuffer destination);
    }

    /** The same tensor under another name. */
    default StoredTensor named(String name) {
        return view(name, shape(), this::read);
    }

    /** A tensor of the same type whose bytes are read otherwise. */
    default StoredTensor view(String name, long[] shape, Reading reading) {
        StoredTensor tensor = this;
        return new StoredTensor() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public StoredDtype dtype() {
                return tensor.dtype();
            }

            @Override
            public long[] shape() {
                return shape.clone();
            }

            @Override
            public void read(long offset, ByteBuffer destination) {
                reading.read(offset, destination);
            }
        };
    }

    /** A tensor over bytes in memory, from the buffer's position to its limit; not copied. */
    static StoredTensor of(String name, StoredDtype dtype, long[] shape, ByteBuffer bytes) {
        if (bytes.remaining() != dtype.byteSize(shape)) {
            throw new IllegalArgumentException(
                    name + ": " + bytes.remaining() + " bytes, where its shape asks for " + dtype.byteSize(shape));
        }
        return new BufferTensor(name, dtype, shape.clone(), bytes.slice());
    }

    /** Over memory. */
    record BufferTensor(String name, StoredDtype dtype, long[] shape, ByteBuffer memory) implements StoredTensor {
        @Override
        public long[] shape() {
            return shape.clone();
        }

        @Override
        public void read(long offset, ByteBuffer destination) {
            int size = destination.remaining();
            if (offset < 0 || offset + size > memory.limit()) {
                throw new IndexOutOfBoundsException(name + ": " + size + " bytes from " + offset);
            }
            destination.put(memory.duplicate().position((int) offset).limit((int) offset + size));
        }
    }
}
