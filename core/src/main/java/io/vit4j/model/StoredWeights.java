package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.hub.StoredDtype;
import io.vit4j.hub.StoredTensor;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.nio.ByteBuffer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Between files' bytes and libtorch's memory, in pieces, so that a weight may be of any size. */
public final class StoredWeights {
    private static final int PIECE = 64 << 20;

    private StoredWeights() {}

    /** Fills a tensor from a file's, converting its type; InputException if the shapes differ. */
    public static void read(StoredTensor stored, Tensor destination, String source) {
        ScalarType type = scalarType(stored, source);
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            boolean direct = destination.is_cpu() && destination.is_contiguous() && Tensors.type(destination) == type;
            Tensor memory = direct ? destination.detach() : Tensors.empty(type, Device.CPU, stored.shape());
            for (long offset = 0; offset < stored.byteSize(); offset += PIECE) {
                int length = (int) Math.min(PIECE, stored.byteSize() - offset);
                stored.read(offset, Tensors.bytes(memory, offset, length));
            }
            if (!direct) {
                destination.detach().copy_(memory);
            }
        }
    }

    /** A float32 tensor as something to be written; read when it is written, so it must not change until then. */
    public static StoredTensor stored(String name, Tensor tensor) {
        return stored(name, tensor, 0, tensor.shape());
    }

    /**
     * A stretch of a contiguous float32 tensor as something to be written, under the same condition; from any thread.
     *
     * @param from its first number
     * @param shape how its numbers are arranged
     */
    public static StoredTensor stored(String name, Tensor flat, long from, long[] shape) {
        if (Tensors.type(flat) != ScalarType.Float) {
            throw new IllegalArgumentException(name + " is not float32");
        }
        return new StoredTensor() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public StoredDtype dtype() {
                return StoredDtype.F32;
            }

            @Override
            public long[] shape() {
                return shape.clone();
            }

            @Override
            public void read(long offset, ByteBuffer destination) {
                long first = from * Float.BYTES + offset;
                int length = destination.remaining();
                if (flat.is_cpu()) {
                    destination.put(Tensors.bytes(flat, first, length));
                    return;
                }
                try (Scope scope = new Scope()) {
                    long start = first / Float.BYTES;
                    long end = (first + length + Float.BYTES - 1) / Float.BYTES;
                    Tensor here = flat.detach()
                            .flatten()
                            .narrow(0, start, end - start)
                            .cpu();
                    destination.put(Tensors.bytes(here, first - start * Float.BYTES, length));
                }
            }
        };
    }

    private static ScalarType scalarType(StoredTensor stored, String source) {
        return switch (stored.dtype()) {
            case F32 -> ScalarType.Float;
            case F16 -> ScalarType.Half;
            case BF16 -> ScalarType.BFloat16;
            case F64 -> ScalarType.Double;
            default ->
                throw new InputException(source + ": " + stored.name() + " is of type " + stored.dtype()
                        + "; weights must be F32, F16, BF16 or F64");
        };
    }
}
