package io.vit4j.model.vit;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.Initialization;
import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pooling;
import io.vit4j.model.transformer.EncoderConfig;

/**
 * A ViT that was pretrained without labels as a masked siamese network (Assran et al. 2022), as transformers'
 * {@code ViTMSNForImageClassification}.
 */
public final class ViTMsnArchitecture implements Architecture {
    private static final String MODEL_TYPE = "vit_msn";
    private static final ViTModel MODEL =
            new ViTModel(MODEL_TYPE, "ViTMSNForImageClassification", EncoderConfig.VIT.withLayerNormEps(1e-6));

    /** Made by {@link java.util.ServiceLoader}. */
    public ViTMsnArchitecture() {}

    @Override
    public String modelType() {
        return MODEL_TYPE;
    }

    @Override
    public ModelDefinition define(JsonObject json) {
        return MODEL.define(json, this, Initialization.zeros());
    }

    @Override
    public String describe(JsonObject json) {
        return "Vision Transformer pretrained as a masked siamese network, "
                + MODEL.config(json).describe();
    }

    /** transformers 5 writes the layers of this class without the prefix that its other weights have. */
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
