package io.vit4j.hub;

import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;

/**
 * A tensor whose elements lie scattered in another, such as a transposed one: gathered row by row when first read, and kept
 * as long as memory allows.
 */
public final class StridedTensor implements StoredTensor {
    private final StoredTensor span; // from the first to the last element that the tensor touches
    private final String name;
    private final long[] shape;
    private final long[] strides;
    private SoftReference<byte[]> gathered = new SoftReference<>(null);

    /**
     * @param span from the tensor's first element to its last, below 2 GiB
     * @param strides in elements; with {@code shape} they stay within the span
     */
    public StridedTensor(StoredTensor span, String name, long[] shape, long[] strides) {
        this.span = span;
        this.name = name;
        this.shape = shape.clone();
        this.strides = strides.clone();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public StoredDtype dtype() {
        return span.dtype();
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    @Override
    public void read(long offset, ByteBuffer destination) {
        byte[] bytes = gather();
        if (offset < 0 || offset > bytes.length - destination.remaining()) {
            throw new IndexOutOfBoundsException(
                    name + ": " + destination.remaining() + " bytes from " + offset + " of " + bytes.length);
        }
        destination.put(bytes, (int) offset, destination.remaining());
    }

    private synchronized byte[] gather() {
        byte[] bytes = gathered.get();
        if (bytes == null) {
            bytes = copyInRowOrder(span.bytes());
            gathered = new SoftReference<>(bytes);
        }
        return bytes;
    }

    private byte[] copyInRowOrder(byte[] source) {
        int width = span.dtype().bits() / 8;
        byte[] rows = new byte[Math.toIntExact(byteSize())];
        long[] index = new long[shape.length];
        int element = 0; // position in the span, in elements
        for (int to = 0; to < rows.length; to += width) {
            System.arraycopy(source, element * width, rows, to, width);
            for (int dimension = shape.length - 1; dimension >= 0; dimension--) {
                element += (int) strides[dimension];
                if (++index[dimension] < shape[dimension]) {
                    break;
                }
                element -= (int) (strides[dimension] * shape[dimension]);
                index[dimension] = 0;
            }
        }
        return rows;
    }
}
