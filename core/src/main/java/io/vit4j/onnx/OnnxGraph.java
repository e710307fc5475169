package io.vit4j.onnx;

import io.vit4j.torch.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** A graph as it grows: its nodes in order, its constants by name, its inputs and outputs. */
final class OnnxGraph implements AutoCloseable {
    private static final int NODE_INPUT = 1;
    private static final int NODE_OUTPUT = 2;
    private static final int NODE_NAME = 3;
    private static final int NODE_OP_TYPE = 4;
    private static final int NODE_ATTRIBUTE = 5;

    private final List<Protobuf> nodes = new ArrayList<>();
    private final Map<String, Constant> constants = new LinkedHashMap<>();
    private final List<Value> inputs = new ArrayList<>();
    private final List<Value> outputs = new ArrayList<>();
    private String block = "";
    private int number;

    /**
     * A tensor that belongs to the graph.
     *
     * @param numbers in the value's shape and type, maybe a view
     */
    record Constant(Value value, Tensor numbers) {
        long bytes() {
            return numbers.numel() * value.type().bytes();
        }
    }

    /** Names what is added from now on after a block. */
    void enter(String name) {
        block = name;
        number = 0;
    }

    Value input(String name, ElementType type, long... sizes) {
        Value value = new Value(name, type, Value.sizes(sizes));
        inputs.add(value);
        return value;
    }

    void output(String name, Value value) {
        Value named = new Value(name, value.type(), value.sizes());
        add("Identity", List.of(value), List.of(named));
        outputs.add(named);
    }

    /** What was added under that name. */
    Optional<Value> constant(String name) {
        return Optional.ofNullable(constants.get(name)).map(Constant::value);
    }

    /** Adds a constant, in the tensor's shape; its memory is read when the graph is written, whatever scope is closed before. */
    Value constant(String name, ElementType type, Tensor numbers) {
        Value value = new Value(name, type, Value.sizes(numbers.shape()));
        try (Scope scope = new Scope()) {
            constants.put(name, new Constant(value, scope.own(new Tensor(numbers))));
        }
        return value;
    }

    /** A name for what a node gives. */
    Value fresh(String operator, ElementType type, List<Long> sizes) {
        return new Value(block + "/" + operator + "_" + number++, type, sizes);
    }

    /** Adds a node with one output. */
    Value add(String operator, ElementType type, List<Long> sizes, List<Value> given, Attribute... attributes) {
        Value value = fresh(operator, type, sizes);
        add(operator, given, List.of(value), attributes);
        return value;
    }

    void add(String operator, List<Value> given, List<Value> made, Attribute... attributes) {
        Protobuf node = new Protobuf();
        given.forEach(value -> node.text(NODE_INPUT, value.name()));
        made.forEach(value -> node.text(NODE_OUTPUT, value.name()));
        node.text(NODE_NAME, made.get(0).name()).text(NODE_OP_TYPE, operator);
        Arrays.stream(attributes).forEach(attribute -> node.message(NODE_ATTRIBUTE, attribute.message()));
        nodes.add(node);
    }

    List<Protobuf> nodes() {
        return nodes;
    }

    Collection<Constant> constants() {
        return constants.values();
    }

    List<Value> inputs() {
        return inputs;
    }

    List<Value> outputs() {
        return outputs;
    }

    @Override
    public void close() {
        constants.values().forEach(constant -> constant.numbers().close());
        constants.clear();
    }
}
