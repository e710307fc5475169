package io.vit4j.model.transformer;

import io.vit4j.model.Context;
import io.vit4j.model.Shape;
import org.bytedeco.pytorch.Tensor;

/**
 * Positions as rotations (Su et al. 2021): of each query and key of a patch, pairs of numbers are turned by angles that depend on the
 * patch's place.
 */
public interface RotaryPositions {
    /** {@return tokens before those of the patches, which are not turned} */
    int before();

    /**
     * Whether a pair is two numbers side by side, {@code 2 * i} and {@code 2 * i + 1}; otherwise it is {@code i} and
     * {@code i + headSize / 2}.
     */
    default boolean sideBySide() {
        return false;
    }

    /** Whether training draws them. */
    default boolean draws() {
        return false;
    }

    /** The same for a model that is walked with pictures {@code [channels, height, width]}. */
    default RotaryPositions forPictures(Shape picture) {
        return this;
    }

    /**
     * The angles of a picture's patches, the same for all layers of a walk and all pictures of a step.
     *
     * @param patches of a picture
     * @param context of the walk, so that training may draw them: with its step's key alone
     * @return {@code [patches, headSize / 2]} float32, on any device
     */
    Tensor angles(long patches, Context context);
}
