package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.hub.StoredTensor;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A family of models: what a {@code config.json} of its {@code model_type} means, and how its weights are called. Found by
 * {@link java.util.ServiceLoader}, so that a family of one's own is a jar on the class path that names its class in
 * {@code META-INF/services/io.vit4j.model.Architecture}.
 */
public interface Architecture {
    /** {@return the {@code model_type} of its configurations, such as {@code vit}} */
    String modelType();

    /** Whether it is the family that a configuration belongs to. */
    default boolean reads(JsonObject config) {
        return config.text("model_type", "").equals(modelType());
    }

    /**
     * The model that a configuration describes, made by {@link ModelDefinition#builder}; InputException if no such model can be.
     *
     * @param config with labels as transformers writes them; {@link ModelDefinition.Builder} reads these
     */
    ModelDefinition define(JsonObject config);

    /** {@return configurations of well-known models by the names that people call them, such as {@code vit-tiny}} */
    default Map<String, JsonObject> presets() {
        return Map.of();
    }

    /** {@return a model in a few words, for reports: {@code Vision Transformer, 12 layers of 768, patches of 16}} */
    default String describe(JsonObject config) {
        return "Model of type " + modelType();
    }

    /**
     * One name for every weight: that of the definition's {@link ParameterSpec}, whatever other names files have for it; a
     * name that belongs to no weight is returned unchanged.
     */
    default String canonicalName(String stored) {
        return stored;
    }

    /**
     * The same of a file that has all of these names, for a family whose files can only be told apart by what else they hold.
     *
     * @param all names in the file, without what wrappers for training put in front
     */
    default String canonicalName(String stored, Set<String> all) {
        return canonicalName(stored);
    }

    /**
     * The weights of files, some of which may be several of the model's in one.
     *
     * @param stored under the names of {@link #canonicalName}; read when the results are
     */
    default List<StoredTensor> fromFile(Collection<StoredTensor> stored) {
        return List.copyOf(stored);
    }

    /**
     * The opposite: what a file has of these weights, which are all of the model's.
     *
     * @param weights read when the results are
     */
    default List<StoredTensor> forFile(List<StoredTensor> weights) {
        return weights;
    }

    /** Whether nobody misses a tensor of the files: it can be computed from the configuration, or serves pretraining alone. */
    default boolean passesOver(String stored) {
        return false;
    }

    /**
     * A configuration of the same model whose head pools otherwise, kept where {@link #define} reads it again; InputException if the
     * family, or that model, leaves no such choice.
     */
    default JsonObject withPooling(JsonObject config, Pooling pooling) {
        throw new InputException("models of type '" + modelType() + "' leave no choice of pooling; leave pooling out");
    }

    /**
     * A masked autoencoder whose encoder is the model that a configuration describes; InputException if the family's models cannot be
     * pretrained so.
     */
    default ModelDefinition maskedAutoencoder(JsonObject config, MaskedAutoencoding settings) {
        throw new InputException("models of type '" + modelType()
                + "' cannot be pretrained as masked autoencoders; use a ViT (vit, vit_mae or vit_msn)");
    }

    /**
     * A configuration of the same model for pictures of another size; most families call it {@code image_size}. One that cannot say it
     * stays as it is, if the family's models see pictures of any size.
     */
    default JsonObject withImageSize(JsonObject config, int height, int width) {
        return height == width ? config.with("image_size", height) : config.with("image_size", List.of(height, width));
    }
}
