package io.vit4j.hub;

import java.util.Optional;

/**
 * The element types of a checkpoint file, named and ordered as the safetensors library has them (its files are laid out
 * in descending order of this list). Elements are little-endian.
 */
public enum StoredDtype {
    /** One byte: 0 or 1. */
    BOOL(8),
    /** 4-bit float: 2 bits of exponent, 1 of mantissa. */
    F4(4),
    /** 6-bit float: 2 bits of exponent, 3 of mantissa. */
    F6_E2M3(6),
    /** 6-bit float: 3 bits of exponent, 2 of mantissa. */
    F6_E3M2(6),
    /** Unsigned byte. */
    U8(8),
    /** Signed byte. */
    I8(8),
    /** 8-bit float: 5 bits of exponent, 2 of mantissa. */
    F8_E5M2(8),
    /** 8-bit float: 4 bits of exponent, 3 of mantissa. */
    F8_E4M3(8),
    /** 8-bit power of two: exponent alone. */
    F8_E8M0(8),
    /** As {@link #F8_E4M3}, without infinities or a negative zero. */
    F8_E4M3FNUZ(8),
    /** As {@link #F8_E5M2}, without infinities or a negative zero. */
    F8_E5M2FNUZ(8),
    /** Signed 16-bit integer. */
    I16(16),
    /** Unsigned 16-bit integer. */
    U16(16),
    /** IEEE half precision. */
    F16(16),
    /** bfloat16: the upper half of a float32. */
    BF16(16),
    /** Signed 32-bit integer. */
    I32(32),
    /** Unsigned 32-bit integer. */
    U32(32),
    /** IEEE single precision. */
    F32(32),
    /** Complex: two float32. */
    C64(64),
    /** IEEE double precision. */
    F64(64),
    /** Signed 64-bit integer. */
    I64(64),
    /** Unsigned 64-bit integer. */
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
     * @throws ArithmeticException if that is over 2^63 bits, or not a whole number of bytes
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
