package io.vit4j.model.transformer;

import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Shape;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** What a layer adds to the scores of its attention, made of weights of its own: relative positions, say. */
public interface AttentionBias {
    /** {@return its weights} */
    List<ParameterSpec> weights();

    /**
     * What is added, by operations that autograd takes back.
     *
     * @param weights by name, float32
     * @param tokens of a picture
     * @return {@code [heads, tokens, tokens]} float32: by queries, then keys
     */
    Tensor of(Function<String, Tensor> weights, long tokens);

    /**
     * A name for what is added in a layer, by which it is known to be another layer's, too.
     *
     * @param layer its name
     */
    default String key(String layer) {
        return layer + ".attention_bias";
    }

    /** The same for a model that is walked with pictures {@code [channels, height, width]}. */
    default AttentionBias forPictures(Shape picture) {
        return this;
    }

    /**
     * How one of its weights is made out of that of the same layer of a model for pictures of another size, as
     * {@link io.vit4j.model.BlockDefinition#resizing}; empty if it stays as it is.
     */
    default Optional<UnaryOperator<Tensor>> resizing(String weight, AttentionBias before) {
        return Optional.empty();
    }
}
