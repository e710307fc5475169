package io.vit4j.model.swin;

import io.vit4j.base.JsonObject;
import java.util.Map;

/** Swin Transformer V2 (Liu et al. 2022) with a classifier on the mean over all places, as transformers' {@code Swinv2ForImageClassification}. */
public final class SwinV2Architecture extends SwinFamily {
    /** Made by {@link java.util.ServiceLoader}. */
    public SwinV2Architecture() {
        super(Version.V2);
    }

    /** As microsoft/swinv2-tiny-patch4-window8-256. */
    @Override
    public Map<String, JsonObject> presets() {
        return Map.of(
                "swinv2-tiny",
                JsonObject.empty()
                        .with("model_type", modelType())
                        .with("image_size", 256)
                        .with("window_size", 8));
    }
}
