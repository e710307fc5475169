package io.vit4j.model.beit;

import io.vit4j.base.JsonObject;
import java.util.Map;

/**
 * BEiT with a classifier over the mean of its patches, or over its class token (Bao et al. 2022), as transformers'
 * {@code BeitForImageClassification}.
 */
public final class BeitArchitecture extends RelativePositionArchitecture {
    /** Made by {@link java.util.ServiceLoader}. */
    public BeitArchitecture() {
        super(BeitFamily.BEIT);
    }

    /** As microsoft/beit-base-patch16-224. */
    @Override
    public Map<String, JsonObject> presets() {
        return Map.of(
                "beit-base",
                JsonObject.empty().with("model_type", modelType()).with("use_relative_position_bias", true));
    }
}
