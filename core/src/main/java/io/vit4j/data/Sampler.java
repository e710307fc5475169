package io.vit4j.data;

import io.vit4j.base.RandomKey;
import java.util.Arrays;

/** The order in which an epoch goes through a data set. */
@FunctionalInterface
public interface Sampler {
    /** Every number from 0 to {@code size - 1} once; the same for the same arguments. */
    int[] order(int size, int epoch);

    /** Another order each epoch, a function of seed and epoch. */
    static Sampler random(long seed) {
        return (size, epoch) -> {
            int[] order = sequential().order(size, epoch);
            RandomKey.of(seed).with("shuffle").with(epoch).stream().shuffle(order);
            return order;
        };
    }

    /** The data set's own order, each epoch. */
    static Sampler sequential() {
        return (size, epoch) -> {
            int[] order = new int[size];
            Arrays.setAll(order, i -> i);
            return order;
        };
    }
}
