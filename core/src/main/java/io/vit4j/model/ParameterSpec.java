package io.vit4j.model;

import java.util.List;
import java.util.stream.Stream;

/**
 * One weight of a model before it exists.
 *
 * @param name as in the hub's files, such as {@code classifier.weight}
 * @param init how it starts if no checkpoint gives it
 * @param decay where weight decay applies to it
 * @param shape its shape
 */
public record ParameterSpec(String name, Initialization init, Decay decay, long... shape) {
    /** By which rules a weight decays. */
    public enum Decay {
        /** By every rule. */
        ALWAYS,
        /** In transformers, not in timm. */
        IN_TRANSFORMERS,
        /** By none. */
        NEVER
    }

    /** A weight that decays. */
    public ParameterSpec(String name, Initialization init, long... shape) {
        this(name, init, Decay.ALWAYS, shape);
    }

    /** The same weight, to which weight decay does not apply: a bias, or what scales and shifts a norm. */
    public ParameterSpec withoutDecay() {
        return new ParameterSpec(name, init, Decay.NEVER, shape);
    }

    /** The same weight, which timm never lets decay: a position embedding, or a token. */
    public ParameterSpec withoutDecayInTimm() {
        return new ParameterSpec(name, init, decay == Decay.NEVER ? decay : Decay.IN_TRANSFORMERS, shape);
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
        return new ParameterSpec(name, init, decay, other);
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
