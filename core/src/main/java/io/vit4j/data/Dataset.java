package io.vit4j.data;

import java.util.Optional;

/**
 * Pictures with labels, by number. Implement it to train on pictures from anywhere (a database, an archive); {@link #get}
 * is called from several threads at once, in any order, and must always return the same for the same number.
 */
public interface Dataset {
    /** {@return how many samples there are} */
    int size();

    /** The sample of that number, from 0 to {@code size() - 1}. */
    Sample get(int index);

    /**
     * Content digest, usable as a cache key; empty (the default) if unknown.
     */
    default Optional<String> digest() {
        return Optional.empty();
    }

    /**
     * The number of the file (shard) that holds the sample, for an order of training that reads few files at a time; 0, the default, if all
     * are in one.
     */
    default int shardOf(int index) {
        return 0;
    }

    /** Only the labels, for example to count them; worth overriding if reading the picture takes long. */
    default float[] labels(int index) {
        return get(index).labels();
    }
}
