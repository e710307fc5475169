package io.vit4j.onnx;

import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The part of {@link GraphWriter} that computes nothing: it moves numbers, cuts, joins and repeats them. */
abstract class ShapeWriter {
    final OnnxGraph graph = new OnnxGraph();

    OnnxGraph graph() {
        return graph;
    }

    /** A list of sizes or axes. */
    Value numbers(long... numbers) {
        String name = "numbers " + Arrays.toString(numbers);
        return graph.constant(name)
                .orElseGet(() -> graph.constant(name, ElementType.INT64, Tensors.of(numbers, numbers.length)));
    }

    /** Whole numbers as a constant, to be added to indices. */
    public Value indices(long... numbers) {
        return numbers(numbers);
    }

    /** Whole numbers as indices, for {@link #gather}. */
    public Value toIndices(Value x) {
        return cast(x, ElementType.INT64);
    }

    /**
     * Numbers of a list by their index.
     *
     * @param list {@code [count]}
     * @param indices of any shape
     * @return in the shape of the indices
     */
    public Value gather(Value list, Value indices) {
        return graph.add("Gather", list.type(), indices.sizes(), List.of(list, indices), Attribute.of("axis", 0L));
    }

    /** The same numbers in another type. */
    Value cast(Value x, ElementType type) {
        return x.type() == type
                ? x
                : graph.add("Cast", type, x.sizes(), List.of(x), Attribute.of("to", (long) type.code()));
    }

    /** The dimensions in another order. */
    public Value permute(Value x, int... order) {
        long[] permutation = Arrays.stream(order).asLongStream().toArray();
        List<Long> sizes = Arrays.stream(order).mapToObj(x::size).toList();
        return graph.add("Transpose", x.type(), sizes, List.of(x), Attribute.of("perm", permutation));
    }

    /** The same numbers in another shape; at most one size may be {@link Value#BATCH}. */
    public Value reshape(Value x, long... sizes) {
        return graph.add("Reshape", x.type(), Value.sizes(sizes), List.of(x, numbers(sizes)));
    }

    /** Part of a dimension. */
    public Value narrow(Value x, int dimension, long start, long length) {
        if (start == 0 && length == x.size(dimension)) {
            return x;
        }
        List<Long> sizes = new ArrayList<>(x.sizes());
        sizes.set(x.index(dimension), length);
        return graph.add(
                "Slice",
                x.type(),
                sizes,
                List.of(x, numbers(start), numbers(start + length), numbers(x.index(dimension))));
    }

    /** One index of a dimension, which goes. */
    public Value select(Value x, int dimension, long index) {
        List<Long> sizes = new ArrayList<>(x.sizes());
        sizes.remove(x.index(dimension));
        Value one = narrow(x, dimension, index, 1);
        return graph.add("Squeeze", x.type(), sizes, List.of(one, numbers(x.index(dimension))));
    }

    /** Values one after the other along a dimension. */
    public Value cat(int dimension, Value... values) {
        ElementType type =
                Arrays.stream(values).map(Value::type).distinct().count() == 1 ? values[0].type() : ElementType.FLOAT;
        List<Value> given =
                Arrays.stream(values).map(value -> cast(value, type)).toList();
        int axis = values[0].index(dimension);
        List<Long> sizes = new ArrayList<>(values[0].sizes());
        sizes.set(
                axis, Arrays.stream(values).mapToLong(value -> value.size(axis)).sum());
        return graph.add("Concat", type, sizes, given, Attribute.of("axis", (long) axis));
    }

    /** Moved along a dimension cyclically: what leaves at the end comes back at the start. */
    public Value roll(Value x, int dimension, long by) {
        long size = x.size(dimension);
        long first = Math.floorMod(-by, size);
        return first == 0
                ? x
                : cat(dimension, narrow(x, dimension, first, size - first), narrow(x, dimension, 0, first));
    }

    /** With zeros behind some dimension's end. */
    public Value padEnd(Value x, int dimension, long zeros) {
        if (zeros == 0) {
            return x;
        }
        long[] pads = new long[2 * x.dimensions()];
        pads[x.dimensions() + x.index(dimension)] = zeros;
        List<Long> sizes = new ArrayList<>(x.sizes());
        sizes.set(x.index(dimension), x.size(dimension) + zeros);
        return graph.add("Pad", x.type(), sizes, List.of(x, numbers(pads)));
    }

    /**
     * A constant once for each picture.
     *
     * @param constant {@code [1, ...]}
     * @param like a value {@code [batch, ...]}
     * @return {@code [batch, ...]}
     */
    public Value repeated(Value constant, Value like) {
        Value batch = graph.add(
                "Shape",
                ElementType.INT64,
                List.of(1L),
                List.of(like),
                Attribute.of("start", 0L),
                Attribute.of("end", 1L));
        long[] rest =
                constant.sizes().stream().skip(1).mapToLong(Long::longValue).toArray();
        Value shape = cat(0, batch, numbers(rest));
        List<Long> sizes = new ArrayList<>(constant.sizes());
        sizes.set(0, like.size(0));
        return graph.add("Expand", constant.type(), sizes, List.of(constant, shape));
    }
}
