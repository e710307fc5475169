package io.vit4j.model.vit;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pooling;

/**
 * The encoder of a masked autoencoder (He et al. 2022), with a classifier. It sees the whole picture, and it is a ViT: transformers has no
 * class of this type with a classifier, and people load such a checkpoint as {@code ViTForImageClassification}. So what is
 * written is of type {@code vit}, which transformers and vit4j load from then on. The decoder's weights are passed over.
 */
public final class ViTMaeArchitecture implements Architecture {
    /** Made by {@link java.util.ServiceLoader}. */
    public ViTMaeArchitecture() {}

    @Override
    public String modelType() {
        return "vit_mae";
    }

    @Override
    public ModelDefinition define(JsonObject json) {
        return ViTArchitecture.MODEL.define(json, this);
    }

    @Override
    public String describe(JsonObject json) {
        return "Vision Transformer pretrained as a masked autoencoder, "
                + ViTArchitecture.MODEL.config(json).describe();
    }

    @Override
    public JsonObject withPooling(JsonObject config, Pooling pooling) {
        return ViTModel.withPooling(config, pooling);
    }

    @Override
    public ModelDefinition maskedAutoencoder(JsonObject config, MaskedAutoencoding settings) {
        return MaskedAutoencoder.of(config, settings);
    }

    @Override
    public String canonicalName(String stored) {
        return ViTModel.canonicalName(stored);
    }
}
