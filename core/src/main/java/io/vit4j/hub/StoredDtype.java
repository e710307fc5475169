package io.vit4j.hub;

import java.util.Optional;

/**
 * The element types of a checkpoint file, named and ordered as the safetensors library has them (its files are laid out
 * in descending order of this list). Elements are little-endian.
 */
public enum StoredDtype {
    /** One byte: 0 or 1. */
    BOOL(8),
    F4(4),
    F6_E2M3(6),
    F6_E3M2(6),
    U8(8),
    I8(8),
    F8_E5M2(8),
    F8_E4M3(8),
    F8_E8M0(8),
    F8_E4M3FNUZ(8),
    F8_E5M2FNUZ(8),
    I16(16),
    U16(16),
    F16(16),
    BF16(16),
    I32(32),
    U32(32),
    F32(32),
    /** Complex: two float32. */
    C64(64),
    F64(64),
    I64(64),
    U64(64);

    private final int bits;

    StoredDtype(int bits) {
        this.bits = bits;
    }

    /** Bits of one element. */
    public int bits() {
        return bits;
    }

    /** The type of that name in a file's header, if there is one. */
    public static Optional<StoredDtype> named(String name) {
        for (StoredDtype dtype : values()) {
            if (dtype.name().equals(name)) {
                return Optional.of(dtype);
            }
        }
        return Optional.empty();
    }

    /**
     * Bytes of a tensor of that shape, row by row without gaps.
     *
     * @throws ArithmeticException where that is over 2^63 bits, or no whole number of bytes
     */
    public long byteSize(long... shape) {
        long elements = 1;
        for (long size : shape) {
            if (size < 0) {
                throw new ArithmeticException("a size of " + size);
            }
            elements = Math.multiplyExact(elements, size);
        }
        long bitSize = Math.multiplyExact(elements, bits);
        if (bitSize % 8 != 0) {
            throw new ArithmeticException(bitSize + " bits are no whole number of bytes");
        }
        return bitSize / 8;
    }
}
