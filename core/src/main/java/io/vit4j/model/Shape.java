package io.vit4j.model;

import java.util.Arrays;
import java.util.List;

/**
 * The sizes of one sample's tensor, without the batch: {@code [channels, height, width]} of pixels, {@code [tokens, hidden]} of
 * a transformer's hidden states, {@code [labels]} of logits.
 *
 * @param sizes each at least 1
 */
public record Shape(List<Long> sizes) {
    /** Copies and checks the sizes. */
    public Shape {
        sizes = List.copyOf(sizes);
        if (sizes.stream().anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException(sizes + " is no shape");
        }
    }

    /** A shape of these sizes. */
    public static Shape of(long... sizes) {
        return new Shape(Arrays.stream(sizes).boxed().toList());
    }

    /** {@return size {@code dimension}, counted from 0} */
    public long size(int dimension) {
        return sizes.get(dimension);
    }

    /** {@return how many numbers a sample has} */
    public long numbers() {
        return sizes.stream().reduce(1L, Math::multiplyExact);
    }

    /** {@return how many numbers a sample has, also if a {@code long} cannot count them} */
    double product() {
        return sizes.stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b);
    }

    /** {@return the sizes of a batch of so many samples, {@code [samples, ...]}} */
    public long[] batch(long samples) {
        long[] batch = new long[sizes.size() + 1];
        batch[0] = samples;
        for (int i = 0; i < sizes.size(); i++) {
            batch[i + 1] = sizes.get(i);
        }
        return batch;
    }

    @Override
    public String toString() {
        return sizes.toString();
    }
}
