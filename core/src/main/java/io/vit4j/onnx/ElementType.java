package io.vit4j.onnx;

import org.bytedeco.pytorch.global.torch.ScalarType;

/** The number types of a graph's tensors, with their codes in ONNX's {@code TensorProto.DataType}. */
public enum ElementType {
    /** IEEE single precision. */
    FLOAT(1, ScalarType.Float, 4),
    /** Whole numbers from 0 to 255. */
    UINT8(2, ScalarType.Byte, 1),
    /** Whole numbers from -128 to 127. */
    INT8(3, ScalarType.Char, 1),
    /** Whole numbers of 32 bits. */
    INT32(6, ScalarType.Int, 4),
    /** Whole numbers of 64 bits: sizes and axes. */
    INT64(7, ScalarType.Long, 8),
    /** IEEE half precision. */
    FLOAT16(10, ScalarType.Half, 2);

    private final int code;
    private final ScalarType scalarType;
    private final int bytes;

    ElementType(int code, ScalarType scalarType, int bytes) {
        this.code = code;
        this.scalarType = scalarType;
        this.bytes = bytes;
    }

    int code() {
        return code;
    }

    ScalarType scalarType() {
        return scalarType;
    }

    int bytes() {
        return bytes;
    }
}
