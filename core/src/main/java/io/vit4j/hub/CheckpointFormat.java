package io.vit4j.hub;

import io.vit4j.base.JsonObject;
import io.vit4j.image.ImageProcessor;
import java.util.Collection;
import java.util.List;

/**
 * Checkpoints that another library than transformers writes, read as if transformers had written them: {@code config.json} holds
 * what that library keeps there, and the weights have its names and shapes. Of a file of weights alone the names and shapes of its tensors
 * stand for {@code config.json}, under {@link #TENSORS}. Found by {@link java.util.ServiceLoader}, by the name of
 * its class in {@code META-INF/services/io.vit4j.hub.CheckpointFormat}.
 */
public interface CheckpointFormat {
    /** The key under which a file of weights alone has each tensor's shape by its name. */
    String TENSORS = "tensors";

    /** Whether a checkpoint with that {@code config.json} is one of these. */
    boolean reads(JsonObject config);

    /**
     * What transformers would have written of the same model.
     *
     * @param config one that {@link #reads}; InputException that says what is not known of it
     */
    JsonObject config(JsonObject config);

    /** How pictures become pixels, which these checkpoints say in {@code config.json}. */
    ImageProcessor imageProcessor(JsonObject config);

    /**
     * The weights under transformers' names and in its shapes; what belongs to no weight is returned as it is, and what can be
     * computed from the configuration is left out.
     *
     * @param stored read when the results are
     */
    List<StoredTensor> weights(JsonObject config, Collection<StoredTensor> stored);
}
