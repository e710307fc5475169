package io.vit4j.torch;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** A matrix in a form of its own that multiplies by it. */
public interface LinearMap extends AutoCloseable {
    /**
     * {@code x W' + b}.
     *
     * @param x {@code [..., in]} of any float type
     * @param bias {@code [out]} float32
     * @return {@code [..., out]} float32
     */
    Tensor forward(Tensor x, Optional<Tensor> bias);

    @Override
    void close();
}
