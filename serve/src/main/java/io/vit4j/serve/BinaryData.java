package io.vit4j.serve;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** The data of tensors behind a request's JSON, in their order: little-endian, of BYTES each element after its length. */
final class BinaryData {
    private final ByteBuffer rest;

    /** @param from where it begins in the body */
    BinaryData(byte[] body, int from) {
        rest = ByteBuffer.wrap(body, from, body.length - from).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer next(long bytes) {
        if (bytes < 0 || bytes > rest.remaining()) {
            throw HttpFault.badRequest("\"binary_data_size\" is " + bytes + ", but " + rest.remaining()
                    + " bytes are left after the JSON");
        }
        ByteBuffer tensor = rest.slice().order(ByteOrder.LITTLE_ENDIAN).limit((int) bytes);
        rest.position(rest.position() + (int) bytes);
        return tensor;
    }

    float[] numbers(long bytes) {
        if (bytes % Float.BYTES != 0) {
            throw HttpFault.badRequest("\"binary_data_size\" is " + bytes + ", not a multiple of " + Float.BYTES);
        }
        ByteBuffer tensor = next(bytes);
        float[] numbers = new float[tensor.remaining() / Float.BYTES];
        tensor.asFloatBuffer().get(numbers);
        return numbers;
    }

    /** @param most elements that are read; more are left out */
    List<byte[]> elements(long bytes, int most) {
        ByteBuffer tensor = next(bytes);
        List<byte[]> elements = new ArrayList<>();
        try {
            while (tensor.hasRemaining() && elements.size() < most) {
                long length = Integer.toUnsignedLong(tensor.getInt());
                if (length > tensor.remaining()) {
                    throw new BufferUnderflowException();
                }
                byte[] element = new byte[(int) length];
                tensor.get(element);
                elements.add(element);
            }
        } catch (BufferUnderflowException e) {
            throw HttpFault.badRequest("the binary data of a BYTES tensor ends within an element");
        }
        return elements;
    }

    void requireEnd() {
        if (rest.hasRemaining()) {
            throw HttpFault.badRequest(
                    rest.remaining() + " bytes after the JSON belong to no tensor; give each its \"binary_data_size\"");
        }
    }
}
