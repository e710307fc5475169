package io.vit4j.model;

import io.vit4j.torch.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** How a weight starts if no checkpoint gives it. */
@FunctionalInterface
public interface Initialization {
    /**
     * Fills a weight.
     *
     * @param weight float32, on the CPU, of the weight's shape
     * @param key of its random numbers, which depend on nothing else
     */
    void fill(Tensor weight, long key);

    /** {@return all 0} */
    static Initialization zeros() {
        return constant(0);
    }

    /** {@return all 1} */
    static Initialization ones() {
        return constant(1);
    }

    /** {@return all of one value} */
    static Initialization constant(double value) {
        return (weight, key) -> weight.fill_(new Scalar(value));
    }

    /** {@return normal, mean 0, with that standard deviation} */
    static Initialization normal(double deviation) {
        return (weight, key) -> Tensors.fillNormal(weight, 0, deviation, key);
    }

    /** {@return uniform between {@code -bound} and {@code bound}} */
    static Initialization uniform(double bound) {
        return (weight, key) -> Tensors.fillUniform(weight, -bound, bound, key);
    }

    /** {@return uniform between bounds that hold signals steady forward and backward (Glorot and Bengio 2010); of a matrix} */
    static Initialization xavierUniform() {
        return (weight, key) -> {
            double bound = Math.sqrt(6.0 / (weight.size(0) + weight.size(1)));
            Tensors.fillUniform(weight, -bound, bound, key);
        };
    }

    /**
     * {@return normal, cut off at two standard deviations, with a variance of one over the numbers that go into an output (LeCun et al.
     * 1998)}
     */
    static Initialization lecunNormal() {
        return (weight, key) -> {
            long inputs = weight.numel() / weight.size(0);
            double mass = 0.954499736103642; // of a normal distribution, within two standard deviations
            double deviation = 0.879625661034238; // what is left of 1 if the rest is cut off
            Tensors.fillUniform(weight, -mass, mass, key);
            weight.erfinv_().mul_(new Scalar(Math.sqrt(2.0 / inputs) / deviation));
        };
    }
}
