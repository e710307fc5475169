package io.vit4j.model;

import java.util.List;
import java.util.stream.Stream;

/**
 * One weight of a model before it exists.
 *
 * @param name as in the hub's files: {@code vit.encoder.layer.0.attention.attention.query.weight}
 * @param shape its shape
 * @param init how transformers initialises it
 */
public record ParameterSpec(String name, Init init, long... shape) {
    /** How a weight starts where no checkpoint gives it. */
    public enum Init {
        /** Normal, mean 0, deviation {@code initializer_range}. */
        NORMAL,
        /** All 0. */
        ZEROS,
        /** All 1. */
        ONES
    }

    static List<String> names(Stream<ParameterSpec> specs) {
        return specs.map(ParameterSpec::name).toList();
    }

    /** Whether weight decay applies: to all but biases and the weights of layer norms, as transformers' Trainer does. */
    public boolean decays() {
        return !name.endsWith(".bias") && !name.contains("layernorm");
    }

    /** Numbers in it. */
    public long count() {
        long count = 1;
        for (long size : shape) {
            count = Math.multiplyExact(count, size);
        }
        return count;
    }
}
