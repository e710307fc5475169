package io.vit4j.hub;

import java.nio.ByteBuffer;

/** A tensor whose bytes are contiguous in a file, starting at byte {@code position}. */
record RegionTensor(FileRegion file, String name, StoredDtype dtype, long[] shape, long position, long byteSize)
        implements StoredTensor {
    @Override
    public long[] shape() {
        return shape.clone();
    }

    @Override
    public void read(long offset, ByteBuffer destination) {
        if (offset < 0 || offset > byteSize - destination.remaining()) {
            throw new IndexOutOfBoundsException(
                    name + ": " + destination.remaining() + " bytes from " + offset + " of " + byteSize);
        }
        file.read(position + offset, destination);
    }
}
