package io.vit4j.fuzz;

import java.util.List;
import java.util.Random;

/** Something that reads bytes from anywhere. */
public interface Target {
    /** As {@code --target} names it. */
    String name();

    /** Sound inputs to begin with. */
    List<byte[]> seeds();

    /** What is worth putting into an input: keywords, markers. */
    default List<byte[]> dictionary() {
        return List.of();
    }

    /** Bytes that reading one input may allocate. */
    default long mostAllocated() {
        return 64L << 20;
    }

    /** The longest input that is tried, in bytes. */
    default int longestInput() {
        return 1 << 14;
    }

    /** Makes sums and lengths right again, as an attacker would. */
    default byte[] repaired(byte[] input, Random random) {
        return input;
    }

    /** Reads the input; InputException where it is wrong. */
    void read(byte[] input) throws Exception;
}
