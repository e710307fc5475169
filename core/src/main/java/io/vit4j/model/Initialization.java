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
}
