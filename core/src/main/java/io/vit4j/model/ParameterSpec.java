package io.vit4j.model;

import java.util.List;
import java.util.stream.Stream;

/**
 * One weight of a model before it exists.
 *
 * @param name as in the hub's files, such as {@code classifier.weight}
 * @param init how it starts if no checkpoint gives it
 * @param decays whether weight decay applies to it
 * @param shape its shape
 */
public record ParameterSpec(String name, Initialization init, boolean decays, long... shape) {
    /** A weight that decays. */
    public ParameterSpec(String name, Initialization init, long... shape) {
        this(name, init, true, shape);
    }

    /** The same weight, to which weight decay does not apply: a bias, or what scales and shifts a norm. */
    public ParameterSpec withoutDecay() {
        return new ParameterSpec(name, init, false, shape);
    }

    /** The same weight, or a part of it, of another shape. */
    ParameterSpec reshaped(long... other) {
        return new ParameterSpec(name, init, decays, other);
    }

    static List<String> names(Stream<ParameterSpec> specs) {
        return specs.map(ParameterSpec::name).toList();
    }

    /** {@return how many numbers it has} */
    public long count() {
        long count = 1;
        for (long size : shape) {
            count = Math.multiplyExact(count, size);
        }
        return count;
    }
}
