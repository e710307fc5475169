package io.vit4j.model.swin;

import io.vit4j.base.JsonObject;
import java.util.Map;

/** The Swin Transformer (Liu et al. 2021) with a classifier on the mean over all places, as transformers' {@code SwinForImageClassification}. */
public final class SwinArchitecture extends SwinFamily {
    /** Made by {@link java.util.ServiceLoader}. */
    public SwinArchitecture() {
        super(Version.V1);
    }

    /** As microsoft/swin-tiny-patch4-window7-224; transformers' defaults are its sizes. */
    @Override
    public Map<String, JsonObject> presets() {
        return Map.of("swin-tiny", JsonObject.empty().with("model_type", modelType()));
    }
}
