package io.vit4j.onnx;

import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes a model's mathematics as an ONNX graph, in the words of its forward. Every method adds nodes and gives the value that they
 * compute, with its shape. The first dimension is the batch, whose size stays open.
 *
 * <pre>{@code
 * Value normed = graph.layerNorm(hidden, weight, bias, 1e-6); // each a value
 * Value wide = graph.gelu(graph.linear("mlp.fc1", normed, matrix, Optional.of(shift)));
 * return graph.add(hidden, wide);
 * }</pre>
 */
public final class GraphWriter extends ShapeWriter implements AutoCloseable {
    private final Precision precision;

    /** @param precision of products */
    public GraphWriter(Precision precision) {
        this.precision = precision;
    }

    Precision precision() {
        return precision;
    }

    /** Says which block what follows belongs to; nodes are named after it. */
    public void enter(String block) {
        graph.enter(block);
    }

    /** An input of the graph; a size may be {@link Value#BATCH}. */
    public Value input(String name, ElementType type, long... sizes) {
        return graph.input(name, type, sizes);
    }

    /** Makes a value an output of the graph under that name. */
    public void output(String name, Value value) {
        graph.output(name, value);
    }

    /**
     * A weight, or what follows from weights and sizes alone, as a float32 constant; one of a name that the graph has already is not made
     * again.
     *
     * @param name within the graph
     * @param making of its numbers, in any float type
     */
    public Value constant(String name, Supplier<Tensor> making) {
        return constant(name, ElementType.FLOAT, making);
    }

    Value constant(String name, ElementType type, Supplier<Tensor> making) {
        String full = type == ElementType.FLOAT ? name : name + "." + type;
        return graph.constant(full)
                .orElseGet(
                        () -> graph.constant(full, type, making.get().detach().to(type.scalarType())));
    }

    private Value number(double number, ElementType type) {
        return constant("number " + (float) number, type, () -> Tensors.of(new float[] {(float) number}));
    }

    /** The same numbers in float32. */
    public Value toFloat(Value x) {
        return cast(x, ElementType.FLOAT);
    }

    /** The same numbers in the type that products are computed in. */
    public Value toProducts(Value x) {
        return cast(x, precision.products());
    }

    /**
     * A linear map {@code x W' + b} in the graph's precision.
     *
     * @param name of the map
     * @param x {@code [..., in]}
     * @param weight {@code [out, in]}
     * @param bias {@code [out]}
     * @return {@code [..., out]} in the products' type
     */
    public Value linear(String name, Value x, Tensor weight, Optional<Tensor> bias) {
        if (precision == Precision.INT8) {
            return new QuantizedLinear(this).write(name, x, weight, bias);
        }
        Value product = matmul(toProducts(x), constant(name + ".weight", precision.products(), weight::t));
        return biased(name, product, bias);
    }

    /** The same in float32, whatever the graph's precision is: a classifier. */
    public Value linearInFloat32(String name, Value x, Tensor weight, Optional<Tensor> bias) {
        return biased(name, matmul(toFloat(x), constant(name + ".weight", weight::t)), bias);
    }

    Value biased(String name, Value product, Optional<Tensor> bias) {
        return bias.map(shift -> add(product, constant(name + ".bias", product.type(), () -> shift)))
                .orElse(product);
    }

    /**
     * A convolution.
     *
     * @param name of the map
     * @param x {@code [batch, in, rows, columns]}
     * @param weight {@code [out, in / groups, height, width]}
     * @param bias {@code [out]}
     * @param stride of rows and columns
     * @param padding zeros on each side of rows and columns
     * @param groups of channels that are convolved apart
     * @return {@code [batch, out, rows, columns]} in the products' type
     */
    public Value convolution(
            String name, Value x, Tensor weight, Optional<Tensor> bias, long[] stride, long[] padding, long groups) {
        ElementType type = precision.products();
        List<Value> given = new ArrayList<>(List.of(cast(x, type), constant(name + ".weight", type, () -> weight)));
        bias.ifPresent(shift -> given.add(constant(name + ".bias", type, () -> shift)));
        List<Long> sizes = List.of(
                x.size(0),
                weight.size(0),
                (x.size(2) + 2 * padding[0] - weight.size(2)) / stride[0] + 1,
                (x.size(3) + 2 * padding[1] - weight.size(3)) / stride[1] + 1);
        return graph.add(
                "Conv",
                type,
                sizes,
                given,
                Attribute.of("strides", stride),
                Attribute.of("pads", padding[0], padding[1], padding[0], padding[1]),
                Attribute.of("group", groups));
    }

    /** Layer normalisation over the last dimension, in float32. */
    public Value layerNorm(Value x, Value weight, Value bias, double eps) {
        return graph.add(
                "LayerNormalization",
                ElementType.FLOAT,
                x.sizes(),
                List.of(toFloat(x), weight, bias),
                Attribute.of("axis", -1L),
                Attribute.of("epsilon", (float) eps));
    }

    /** The sum, of shapes that go together; float32 unless both are of a shorter type. */
    public Value add(Value a, Value b) {
        return binary("Add", a, b);
    }

    /** The difference, as {@link #add}. */
    public Value sub(Value a, Value b) {
        return binary("Sub", a, b);
    }

    /** The product number by number, as {@link #add}. */
    public Value mul(Value a, Value b) {
        return binary("Mul", a, b);
    }

    /** The quotient, as {@link #add}. */
    public Value div(Value a, Value b) {
        return binary("Div", a, b);
    }

    /** With a number added to each. */
    public Value add(Value x, double number) {
        return add(x, number(number, x.type()));
    }

    /** Each times a number. */
    public Value mul(Value x, double number) {
        return mul(x, number(number, x.type()));
    }

    /** Each over a number. */
    public Value div(Value x, double number) {
        return div(x, number(number, x.type()));
    }

    /** Each, or the number if that is larger. */
    public Value max(Value x, double number) {
        return binary("Max", x, number(number, x.type()));
    }

    /** Each, or the number if that is smaller. */
    public Value min(Value x, double number) {
        return binary("Min", x, number(number, x.type()));
    }

    private Value binary(String operator, Value a, Value b) {
        ElementType type = a.type() == b.type() ? a.type() : ElementType.FLOAT;
        return graph.add(operator, type, broadcast(a, b), List.of(cast(a, type), cast(b, type)));
    }

    private static List<Long> broadcast(Value a, Value b) {
        Value longer = a.dimensions() >= b.dimensions() ? a : b;
        Value shorter = longer == a ? b : a;
        List<Long> sizes = new ArrayList<>(longer.sizes());
        int offset = longer.dimensions() - shorter.dimensions();
        for (int i = 0; i < shorter.dimensions(); i++) {
            if (sizes.get(offset + i) == 1) {
                sizes.set(offset + i, shorter.size(i));
            }
        }
        return sizes;
    }

    /** Exact GELU. */
    public Value gelu(Value x) {
        return unary("Gelu", x);
    }

    /** GELU by its tanh approximation. */
    public Value geluByTanh(Value x) {
        return graph.add("Gelu", x.type(), x.sizes(), List.of(x), Attribute.of("approximate", "tanh"));
    }

    /** {@code x} above 0, {@code slope x} below. */
    public Value leakyRelu(Value x, double slope) {
        return graph.add("LeakyRelu", x.type(), x.sizes(), List.of(x), Attribute.of("alpha", (float) slope));
    }

    /**
     * An operator of ONNX that changes every number by itself and has no attributes.
     *
     * @param operator its name there: {@code Relu}, {@code Sigmoid}, {@code Tanh}, {@code Softplus}, {@code Neg}
     */
    public Value unary(String operator, Value x) {
        return graph.add(operator, x.type(), x.sizes(), List.of(x));
    }

    /** Softmax over the last dimension. */
    public Value softmax(Value x) {
        return graph.add("Softmax", x.type(), x.sizes(), List.of(x), Attribute.of("axis", -1L));
    }

    /** Products of matrices in the last two dimensions; those before must go together. */
    public Value matmul(Value a, Value b) {
        return graph.add("MatMul", a.type(), product(a, b), List.of(a, b));
    }

    static List<Long> product(Value a, Value b) {
        List<Long> sizes = new ArrayList<>(a.sizes());
        sizes.set(sizes.size() - 1, b.size(-1));
        return sizes;
    }

    /** The mean over some dimensions, which go. */
    public Value mean(Value x, int... dimensions) {
        List<Long> sizes = new ArrayList<>(x.sizes());
        Arrays.stream(dimensions)
                .map(x::index)
                .boxed()
                .sorted(Collections.reverseOrder())
                .forEach(axis -> sizes.remove((int) axis));
        return reduced("ReduceMean", x, sizes, 0, dimensions);
    }

    /** The mean over some dimensions, which stay with size 1. */
    public Value meanKept(Value x, int... dimensions) {
        return reduced("ReduceMean", x, kept(x, dimensions), 1, dimensions);
    }

    /** The Euclidean norm over some dimensions, which stay with size 1. */
    public Value norm(Value x, int... dimensions) {
        return reduced("ReduceL2", x, kept(x, dimensions), 1, dimensions);
    }

    private static List<Long> kept(Value x, int... dimensions) {
        List<Long> sizes = new ArrayList<>(x.sizes());
        Arrays.stream(dimensions).map(x::index).forEach(axis -> sizes.set(axis, 1L));
        return sizes;
    }

    private Value reduced(String operator, Value x, List<Long> sizes, long keeps, int... dimensions) {
        long[] axes = Arrays.stream(dimensions).map(x::index).asLongStream().toArray();
        return graph.add(operator, x.type(), sizes, List.of(x, numbers(axes)), Attribute.of("keepdims", keeps));
    }

    @Override
    public void close() {
        graph.close();
    }
}
