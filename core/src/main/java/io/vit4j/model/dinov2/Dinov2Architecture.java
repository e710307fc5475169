package io.vit4j.model.dinov2;

import io.vit4j.base.JsonObject;
import io.vit4j.model.ModelDefinition;
import java.util.List;
import java.util.Map;

/**
 * DINOv2 (Oquab et al. 2024), a Vision Transformer pretrained without labels, as transformers'
 * {@code Dinov2ForImageClassification}. RAD-DINO, which was trained on chest X-rays, is one, too.
 */
public final class Dinov2Architecture extends Dinov2Family {
    private static final String FAMILY = "dinov2";
    private static final int USUAL_PATCH = 14;

    /** Made by {@link java.util.ServiceLoader}. */
    public Dinov2Architecture() {
        super(FAMILY, USUAL_PATCH, 0);
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
}
