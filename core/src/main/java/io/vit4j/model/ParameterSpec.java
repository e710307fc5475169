package io.vit4j.model;

import java.util.List;
import java.util.stream.Stream;

/**
 * One weight of a model before it exists.
 *
 * @param name as in the hub's files, such as {@code classifier.weight}
 * @param init how it starts if no checkpoint gives it
 * @param decay where weight decay applies to it
 * @param role what it is to its block
 * @param shape its shape
 */
public record ParameterSpec(String name, Initialization init, Decay decay, Role role, long... shape) {
    /** By which rules a weight decays. */
    public enum Decay {
        /** By every rule. */
        ALWAYS,
        /** In transformers, not in timm. */
        IN_TRANSFORMERS,
        /** By none. */
        NEVER
    }

    /** What a weight is to its block, as far as others must know. */
    public sealed interface Role permits Plain, LinearMap, Constant, Following, LowRank.Settings {}

    /** A weight like most. */
    public record Plain() implements Role {
        static final Plain INSTANCE = new Plain();
    }

    /** The matrix {@code [out, in]} of a {@link Linear}, which can be adapted. */
    public record LinearMap() implements Role {
        static final LinearMap INSTANCE = new LinearMap();
    }

    /** Numbers that are kept with the weights and never trained, such as positions of sines and cosines. */
    public record Constant() implements Role {
        static final Constant INSTANCE = new Constant();
    }

    /** Numbers that are kept with the weights, and follow what training sees rather than a gradient. */
    public record Following() implements Role {
        static final Following INSTANCE = new Following();
    }

    /** A weight that decays. */
    public ParameterSpec(String name, Initialization init, long... shape) {
        this(name, init, Decay.ALWAYS, Plain.INSTANCE, shape);
    }

    /** The same weight, to which weight decay does not apply: a bias, or what scales and shifts a norm. */
    public ParameterSpec withoutDecay() {
        return new ParameterSpec(name, init, Decay.NEVER, role, shape);
    }

    /** The same weight, which timm never lets decay: a position embedding, or a token. */
    public ParameterSpec withoutDecayInTimm() {
        return new ParameterSpec(name, init, decay == Decay.NEVER ? decay : Decay.IN_TRANSFORMERS, role, shape);
    }

    /** The same weight, never trained. */
    public ParameterSpec constant() {
        return as(Constant.INSTANCE);
    }

    /** The same weight, never trained, which follows what training sees. */
    public ParameterSpec following() {
        return as(Following.INSTANCE);
    }

    /** {@return whether it is never trained} */
    public boolean isConstant() {
        return role instanceof Constant || follows();
    }

    /** {@return whether it changes in training without being trained} */
    public boolean follows() {
        return role instanceof Following;
    }

    /** The same weight in that role. */
    ParameterSpec as(Role other) {
        return new ParameterSpec(name, init, decay, other, shape);
    }

    /** Whether weight decay applies to it in transformers: to all but biases and norms. */
    public boolean decays() {
        return decay != Decay.NEVER;
    }

    /** Whether weight decay applies to it in timm: neither to vectors nor to what {@code no_weight_decay} names. */
    public boolean decaysInTimm() {
        return decay == Decay.ALWAYS && shape.length > 1;
    }

    /** The same weight, or a part of it, or what is kept for it, of another shape. */
    public ParameterSpec withShape(long... other) {
        return new ParameterSpec(name, init, decay, role, other);
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
