package io.vit4j.model.dinov2;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pooling;
import io.vit4j.model.Sides;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.PooledTokens;
import java.util.List;
import java.util.Map;

/**
 * DINOv2 (Oquab et al. 2024), a Vision Transformer pretrained without labels, as transformers'
 * {@code Dinov2ForImageClassification}. RAD-DINO, which was trained on chest X-rays, is one, too.
 */
public final class Dinov2Architecture implements Architecture {
    private static final String FAMILY = "dinov2";
    private static final EncoderConfig USUAL =
            new EncoderConfig(768, 12, 12, 3072, HiddenAct.GELU, 0, 0, 0.02, 1e-6, 224, 224, 14, 14, 3);

    /** Made by {@link java.util.ServiceLoader}. */
    public Dinov2Architecture() {}

    @Override
    public String modelType() {
        return FAMILY;
    }

    private static Dinov2Config config(JsonObject json) {
        return Dinov2Config.of(json, USUAL, 0);
    }

    /** Without a token for patches that pretraining hides: what is written says so, and transformers does not miss it. */
    @Override
    public ModelDefinition define(JsonObject json) {
        Dinov2Config config = config(json);
        JsonObject written = config.writtenOver(json)
                .with("architectures", List.of("Dinov2ForImageClassification"))
                .with("model_type", FAMILY)
                .with("use_mask_token", false);
        return new Dinov2Blocks(FAMILY, config).define(this, written, false);
    }

    /** The smallest that is published, for pictures of 224x224. */
    @Override
    public Map<String, JsonObject> presets() {
        return Map.of(
                "dinov2-small",
                JsonObject.empty()
                        .with("model_type", FAMILY)
                        .with("hidden_size", 384)
                        .with("num_attention_heads", 6));
    }

    @Override
    public String describe(JsonObject json) {
        return "DINOv2, " + config(json).encoder().describe();
    }

    @Override
    public JsonObject withImageSize(JsonObject config, int height, int width) {
        new Sides(height, width).requireSquare(FAMILY);
        return Architecture.super.withImageSize(config, height, width);
    }

    @Override
    public JsonObject withPooling(JsonObject config, Pooling pooling) {
        return new PooledTokens(pooling, Pooling.CLS_MEAN).writtenOver(config);
    }

    @Override
    public String canonicalName(String stored) {
        return Dinov2Blocks.canonicalName(FAMILY, stored);
    }

    /** Of the token for patches that pretraining hides. */
    @Override
    public boolean passesOver(String stored) {
        return stored.equals(FAMILY + ".embeddings.mask_token");
    }
}
