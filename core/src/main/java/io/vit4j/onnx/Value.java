package io.vit4j.onnx;

import java.util.Arrays;
import java.util.List;

/**
 * A tensor of a graph: an input, a weight, or what a node gives.
 *
 * @param name within the graph
 * @param type of its numbers
 * @param sizes of its dimensions; those that nobody knows before the graph runs are {@link #BATCH}, {@link #HEIGHT} or {@link #WIDTH}
 */
public record Value(String name, ElementType type, List<Long> sizes) {
    /** The size of a dimension that depends on the number of pictures. */
    public static final long BATCH = -1;

    /** The number of rows of pictures of any size. */
    public static final long HEIGHT = -2;

    /** The number of columns of pictures of any size. */
    public static final long WIDTH = -3;

    /** Copies the sizes. */
    public Value {
        sizes = List.copyOf(sizes);
    }

    static List<Long> sizes(long... sizes) {
        return Arrays.stream(sizes).boxed().toList();
    }

    /** {@return how many dimensions it has} */
    public int dimensions() {
        return sizes.size();
    }

    /** The size of a dimension; negative ones count from the last, which is -1. */
    public long size(int dimension) {
        return sizes.get(index(dimension));
    }

    int index(int dimension) {
        return dimension < 0 ? dimension + sizes.size() : dimension;
    }
}
