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
     * Equal for data sets of equal pictures, for who wants to keep what was made of them; empty, as by default, where only
     * looking at all of them would tell.
     */
    default Optional<String> digest() {
        return Optional.empty();
    }

    /** Its labels alone, for whoever counts them; worth overriding where reading the picture takes long. */
    default float[] labels(int index) {
        return get(index).labels();
    }
}
