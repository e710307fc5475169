package io.vit4j.model.vit;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pooling;
import io.vit4j.model.transformer.EncoderConfig;
import java.util.Map;

/**
 * The Vision Transformer with a classifier on its class token, or otherwise pooled (Dosovitskiy et al. 2021), as transformers'
 * {@code ViTForImageClassification}: the blocks {@code [embeddings, layer 0, ..., layer L-1, head]}.
 */
public final class ViTArchitecture implements Architecture {
    private static final String MODEL_TYPE = "vit";
    static final ViTModel MODEL = new ViTModel(MODEL_TYPE, "ViTForImageClassification", EncoderConfig.VIT);

    /** Made by {@link java.util.ServiceLoader}. */
    public ViTArchitecture() {}

    @Override
    public String modelType() {
        return MODEL_TYPE;
    }

    /** Also where a configuration does not say of what type it is, as in files written by hand. */
    @Override
    public boolean reads(JsonObject config) {
        return config.text("model_type", MODEL_TYPE).equals(MODEL_TYPE);
    }

    @Override
    public ModelDefinition define(JsonObject json) {
        return MODEL.define(json, this);
    }

    /** Patch 16 at 224x224; sizes of Touvron et al. 2021 (DeiT). */
    @Override
    public Map<String, JsonObject> presets() {
        return EncoderConfig.presets(MODEL_TYPE);
    }

    @Override
    public String describe(JsonObject json) {
        return "Vision Transformer, " + MODEL.config(json).describe();
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
