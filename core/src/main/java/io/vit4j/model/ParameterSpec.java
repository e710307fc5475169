package io.vit4j.model;

import java.util.List;
import java.util.stream.Stream;

/**
 * One weight of a model before it exists.
 *
 * @param name as in the hub's files, such as {@code classifier.weight}
 * @param init how it starts if no checkpoint gives it
 * @param decays whether weight decay applies to it
 * @param role what it is to its block
 * @param shape its shape
 */
public record ParameterSpec(String name, Initialization init, boolean decays, Role role, long... shape) {
    /** What a weight is to its block, as far as others must know. */
    public sealed interface Role permits Plain, LinearMap, LowRank.Settings {}

    /** A weight like most. */
    public record Plain() implements Role {
        static final Plain INSTANCE = new Plain();
    }

    /** The matrix {@code [out, in]} of a {@link Linear}, which can be adapted. */
    public record LinearMap() implements Role {
        static final LinearMap INSTANCE = new LinearMap();
    }

    /** A weight that decays. */
    public ParameterSpec(String name, Initialization init, long... shape) {
        this(name, init, true, Plain.INSTANCE, shape);
    }

    /** The same weight, to which weight decay does not apply: a bias, or what scales and shifts a norm. */
    public ParameterSpec withoutDecay() {
        return new ParameterSpec(name, init, false, role, shape);
    }

    /** The same weight in that role. */
    ParameterSpec as(Role other) {
        return new ParameterSpec(name, init, decays, other, shape);
    }

    /** The same weight, or a part of it, of another shape. */
    ParameterSpec reshaped(long... other) {
        return new ParameterSpec(name, init, decays, role, other);
    }

    /** {@return whether it is a bias, or what a norm is shifted by} */
    public boolean isBias() {
        return isBias(name);
    }

    /** Whether a weight of that name is a bias, or what a norm is shifted by. */
    public static boolean isBias(String name) {
        return name.endsWith(".bias");
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
