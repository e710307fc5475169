package io.vit4j.model.timm;

import io.vit4j.hub.StoredTensor;
import io.vit4j.hub.StridedTensor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Tensors made of a stored one by moving its bytes, as they are read. */
final class TensorViews {
    private TensorViews() {}

    /** One of several equal parts of the first dimension, which it divides. */
    static StoredTensor part(StoredTensor tensor, int part, int parts, String name) {
        long[] shape = tensor.shape();
        shape[0] /= parts;
        long from = part * tensor.dtype().byteSize(shape);
        return tensor.view(name, shape, (offset, destination) -> tensor.read(from + offset, destination));
    }

    /** Several of the same type and size, one behind the other in the first dimension. */
    static StoredTensor stacked(List<StoredTensor> parts, String name) {
        StoredTensor first = parts.get(0);
        long each = first.byteSize();
        long[] shape = first.shape();
        shape[0] *= parts.size();
        return first.view(name, shape, (offset, destination) -> {
            int end = destination.limit();
            long at = offset;
            while (destination.position() < end) {
                long within = at % each;
                int length = (int) Math.min(each - within, end - destination.position());
                destination.limit(destination.position() + length);
                parts.get(Math.toIntExact(at / each)).read(within, destination);
                destination.limit(end);
                at += length;
            }
        });
    }

    /** The same numbers in another shape. */
    static StoredTensor shaped(StoredTensor tensor, String name, long... shape) {
        return tensor.view(name, shape, tensor::read);
    }

    /** Its dimensions in another order. */
    static StoredTensor permuted(StoredTensor tensor, String name, int... order) {
        long[] shape = tensor.shape();
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= shape[i];
        }
        return new StridedTensor(
                tensor,
                name,
                Arrays.stream(order).mapToLong(i -> shape[i]).toArray(),
                Arrays.stream(order).mapToLong(i -> strides[i]).toArray());
    }

    /** {@code [1, rows, n]} with so many rows of zeros in front. */
    static StoredTensor afterZeros(StoredTensor tensor, String name, long rows) {
        long[] shape = tensor.shape();
        long width = shape[shape.length - 1];
        shape[shape.length - 2] += rows;
        long zeros = tensor.dtype().byteSize(new long[] {rows, width});
        return tensor.view(name, shape, (offset, destination) -> {
            fillZeros(destination, Math.min(zeros - offset, destination.remaining()));
            if (destination.hasRemaining()) {
                tensor.read(Math.max(offset - zeros, 0), destination);
            }
        });
    }

    /** {@code [rows, n]} as one half of {@code [rows, 2 * n]}, the other of zeros: the first half, or else the second. */
    static StoredTensor half(StoredTensor tensor, String name, boolean first) {
        long[] shape = tensor.shape();
        long row = tensor.dtype().byteSize(new long[] {shape[1]});
        shape[1] *= 2;
        return tensor.view(name, shape, (offset, destination) -> {
            int end = destination.limit();
            long at = offset;
            while (destination.position() < end) { // halves of rows come in turn
                boolean stored = at / row % 2 == (first ? 0 : 1);
                int length = (int) Math.min(row - at % row, end - destination.position());
                if (stored) {
                    destination.limit(destination.position() + length);
                    tensor.read(at / row / 2 * row + at % row, destination);
                    destination.limit(end);
                } else {
                    fillZeros(destination, length);
                }
                at += length;
            }
        });
    }

    private static void fillZeros(ByteBuffer destination, long count) {
        for (long i = 0; i < count; i++) {
            destination.put((byte) 0);
        }
    }
}
