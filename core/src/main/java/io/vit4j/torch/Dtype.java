package io.vit4j.torch;

import io.vit4j.base.InputException;
import java.util.Locale;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The number formats a walk computes in. */
public enum Dtype {
    /** IEEE single precision. */
    FLOAT32("float32", ScalarType.Float, 4),
    /** bfloat16: float32's range, 8 bits of mantissa. */
    BFLOAT16("bfloat16", ScalarType.BFloat16, 2),
    /** IEEE half precision. */
    FLOAT16("float16", ScalarType.Half, 2),
    /**
     * Linear maps multiply 8-bit integers: weights are scaled for each output, activations for each row as they come ({@link Int8Linear}). For
     * models at work on a CPU. All else is float32, but attention's own products, which are bfloat16 if the processor multiplies in it.
     */
    INT8("int8", ScalarType.Char, 1);

    private final String label;
    private final ScalarType scalarType;
    private final int bytes;

    Dtype(String label, ScalarType scalarType, int bytes) {
        this.label = label;
        this.scalarType = scalarType;
        this.bytes = bytes;
    }

    /** libtorch's name of it. */
    public ScalarType scalarType() {
        return scalarType;
    }

    /** Bytes of one number. */
    public int bytes() {
        return bytes;
    }

    /** {@return the type of what goes into products and comes out of them} */
    public Dtype activations() {
        return this == INT8 ? FLOAT32 : this;
    }

    /** {@code float32}, {@code bfloat16}, {@code float16} or {@code int8}, also in their short forms. */
    public static Dtype parse(String name) {
        return switch (name.strip().toLowerCase(Locale.ROOT)) {
            case "float32", "fp32", "float", "f32" -> FLOAT32;
            case "bfloat16", "bf16" -> BFLOAT16;
            case "float16", "fp16", "half", "f16" -> FLOAT16;
            case "int8" -> INT8;
            default ->
                throw new InputException(
                        "dtype '" + name + "' is unknown; use auto, float32, bfloat16, float16 or int8");
        };
    }

    @Override
    public String toString() {
        return label;
    }
}
