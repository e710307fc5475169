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

/**
 * DINOv2 with registers (Darcet et al. 2024): tokens beside the class token, for what else a model would keep in patches without
 * content; as transformers' {@code Dinov2WithRegistersForImageClassification}.
 */
public final class Dinov2WithRegistersArchitecture implements Architecture {
    private static final String FAMILY = "dinov2_with_registers";
    private static final EncoderConfig USUAL =
            new EncoderConfig(768, 12, 12, 3072, HiddenAct.GELU, 0, 0, 0.02, 1e-6, 224, 224, 16, 16, 3);
    private static final int USUAL_REGISTERS = 4;

    /** Made by {@link java.util.ServiceLoader}. */
    public Dinov2WithRegistersArchitecture() {}

    @Override
    public String modelType() {
        return FAMILY;
    }

    private static Dinov2Config config(JsonObject json) {
        return Dinov2Config.of(json, USUAL, USUAL_REGISTERS);
    }

    @Override
    public ModelDefinition define(JsonObject json) {
        Dinov2Config config = config(json);
        JsonObject written = config.writtenOver(json)
                .with("architectures", List.of("Dinov2WithRegistersForImageClassification"))
                .with("model_type", FAMILY)
                .with("num_register_tokens", config.registers());
        return new Dinov2Blocks(FAMILY, config).define(this, written, true);
    }

    @Override
    public String describe(JsonObject json) {
        Dinov2Config config = config(json);
        return "DINOv2 with " + config.registers() + " registers, "
                + config.encoder().describe();
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
