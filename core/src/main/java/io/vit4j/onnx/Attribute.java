package io.vit4j.onnx;

/** A node's attribute, as an {@code AttributeProto}. */
record Attribute(Protobuf message) {
    private static final int NAME = 1;
    private static final int FLOAT_VALUE = 2;
    private static final int INT_VALUE = 3;
    private static final int STRING_VALUE = 4;
    private static final int INT_VALUES = 8;
    private static final int TYPE = 20;
    private static final int FLOAT = 1;
    private static final int INT = 2;
    private static final int STRING = 3;
    private static final int INTS = 7;

    private static Protobuf named(String name, int type) {
        return new Protobuf().text(NAME, name).number(TYPE, type);
    }

    static Attribute of(String name, float value) {
        return new Attribute(named(name, FLOAT).number(FLOAT_VALUE, value));
    }

    static Attribute of(String name, long value) {
        return new Attribute(named(name, INT).number(INT_VALUE, value));
    }

    static Attribute of(String name, String value) {
        return new Attribute(named(name, STRING).text(STRING_VALUE, value));
    }

    static Attribute of(String name, long... values) {
        Protobuf message = named(name, INTS);
        for (long value : values) {
            message.number(INT_VALUES, value);
        }
        return new Attribute(message);
    }
}
