package io.vit4j.model.dinov2;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.Pooling;
import io.vit4j.model.Sides;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.PooledTokens;

/** What DINOv2 is with registers and without. */
abstract class Dinov2Family implements Architecture {
    private final String family;
    private final EncoderConfig usual;
    private final int usualRegisters;

    /**
     * @param family the {@code model_type}, with which the names of weights begin
     * @param patch side of a patch where a configuration says nothing, as registers are {@code usualRegisters} there
     */
    Dinov2Family(String family, int patch, int usualRegisters) {
        this.family = family;
        this.usualRegisters = usualRegisters;
        usual = new EncoderConfig(768, 12, 12, 3072, HiddenAct.GELU, 0, 0, 0.02, 1e-6, 224, 224, patch, patch, 3);
    }

    @Override
    public String modelType() {
        return family;
    }

    final Dinov2Config config(JsonObject json) {
        return Dinov2Config.of(json, usual, usualRegisters);
    }

    @Override
    public JsonObject withImageSize(JsonObject config, int height, int width) {
        return new Sides(height, width).squareOver(config, "image_size");
    }

    @Override
    public JsonObject withPooling(JsonObject config, Pooling pooling) {
        return new PooledTokens(pooling, Pooling.CLS_MEAN).writtenOver(config);
    }

    @Override
    public String canonicalName(String stored) {
        return Dinov2Blocks.canonicalName(family, stored);
    }

    /** Of the token for patches that pretraining hides. */
    @Override
    public boolean passesOver(String stored) {
        return stored.equals(family + ".embeddings.mask_token");
    }
}
