package io.vit4j.onnx;

import io.vit4j.base.InputException;
import java.util.Locale;

/** The numbers that an exported model's products are computed in. Its inputs and outputs are the same for all. */
public enum Precision {
    /** Single precision throughout. */
    FLOAT32,
    /** Half precision in weights and products; residual sums and norms are in single precision, as in training. */
    FLOAT16,
    /**
     * Linear maps multiply whole numbers of 8 bits: weights are scaled for each output when they are written, activations for each
     * tensor when the graph runs. All else is in single precision.
     */
    INT8;

    /** The precision of that name; InputException if it is unknown. */
    public static Precision parse(String name) {
        return switch (name.strip().toLowerCase(Locale.ROOT)) {
            case "float32", "fp32" -> FLOAT32;
            case "float16", "fp16" -> FLOAT16;
            case "int8" -> INT8;
            default -> throw new InputException("--dtype '" + name + "' is unknown; use float32, float16 or int8");
        };
    }

    /** {@return the type of what products take and give} */
    ElementType products() {
        return this == FLOAT16 ? ElementType.FLOAT16 : ElementType.FLOAT;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
