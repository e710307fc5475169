package io.vit4j.data;

import io.vit4j.base.RandomKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;

/** The order in which an epoch goes through a data set. */
@FunctionalInterface
public interface Sampler {
    /** Shards whose samples are mixed with each other. */
    int SHARDS_MIXED = 4;

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

    /**
     * Another order each epoch, a function of seed and epoch, that reads few files at a time: the shards are shuffled, and then the samples
     * of each {@value #SHARDS_MIXED} shards that follow each other.
     *
     * @param shardOf the number of the shard that holds a sample
     */
    static Sampler sharded(long seed, IntUnaryOperator shardOf) {
        return (size, epoch) -> {
            Map<Integer, List<Integer>> samples = new TreeMap<>();
            for (int i = 0; i < size; i++) {
                samples.computeIfAbsent(shardOf.applyAsInt(i), any -> new ArrayList<>())
                        .add(i);
            }
            RandomKey key = RandomKey.of(seed).with("shards").with(epoch);
            int[] shards = samples.keySet().stream().mapToInt(shard -> shard).toArray();
            key.stream().shuffle(shards);
            int[] order = new int[size];
            int done = 0;
            for (int first = 0; first < shards.length; first += SHARDS_MIXED) {
                int[] mixed = Arrays.stream(shards, first, Math.min(first + SHARDS_MIXED, shards.length))
                        .mapToObj(samples::get)
                        .flatMapToInt(some -> some.stream().mapToInt(sample -> sample))
                        .toArray();
                key.with(first).stream().shuffle(mixed);
                System.arraycopy(mixed, 0, order, done, mixed.length);
                done += mixed.length;
            }
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
