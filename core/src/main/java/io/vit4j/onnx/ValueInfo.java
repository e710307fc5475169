package io.vit4j.onnx;

/** A value's name, type and shape, as a {@code ValueInfoProto}. Open sizes have names. */
final class ValueInfo {
    private static final int NAME = 1;
    private static final int TYPE = 2;
    private static final int TENSOR = 1;
    private static final int ELEMENT_TYPE = 1;
    private static final int SHAPE = 2;
    private static final int DIMENSION = 1;
    private static final int SIZE = 1;
    private static final int OPEN = 2;

    private ValueInfo() {}

    static Protobuf of(Value value) {
        Protobuf shape = new Protobuf();
        for (long size : value.sizes()) {
            shape.message(DIMENSION, dimension(size));
        }
        Protobuf tensor =
                new Protobuf().number(ELEMENT_TYPE, value.type().code()).message(SHAPE, shape);
        return new Protobuf().text(NAME, value.name()).message(TYPE, new Protobuf().message(TENSOR, tensor));
    }

    private static Protobuf dimension(long size) {
        if (size == Value.BATCH) {
            return new Protobuf().text(OPEN, "batch");
        }
        if (size == Value.HEIGHT) {
            return new Protobuf().text(OPEN, "height");
        }
        return size == Value.WIDTH ? new Protobuf().text(OPEN, "width") : new Protobuf().number(SIZE, size);
    }
}
