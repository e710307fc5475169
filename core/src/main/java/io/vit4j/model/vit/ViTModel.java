package io.vit4j.model.vit;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Pooling;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.EncoderModel;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Positions;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Token;
import io.vit4j.model.transformer.PooledTokens;
import io.vit4j.model.transformer.ViTNames;
import java.util.List;
import java.util.Optional;

/**
 * A ViT, however it was pretrained.
 *
 * @param modelType as it is written
 * @param transformersClass that loads what is written
 * @param usual sizes where a configuration says nothing
 */
record ViTModel(String modelType, String transformersClass, EncoderConfig usual) {
    private static final Pooling USUAL = Pooling.CLS;
    private static final ViTNames NAMES = new ViTNames("vit");

    EncoderConfig config(JsonObject json) {
        return EncoderConfig.of(json, EncoderConfig.Keys.VIT, usual);
    }

    /** The blocks {@code [embeddings, layer 0, ..., layer L-1, head]}. */
    ModelDefinition define(JsonObject json, Architecture family) {
        EncoderConfig config = config(json);
        return define(json, family, Initialization.normal(config.initializerRange()));
    }

    /** @param places how the class token and the position embeddings start */
    ModelDefinition define(JsonObject json, Architecture family, Initialization places) {
        EncoderConfig config = config(json);
        boolean qkvBias = json.bool("qkv_bias", true);
        JsonObject typed =
                json.with("architectures", List.of(transformersClass)).with("model_type", modelType);
        PooledTokens pooled = PooledTokens.of(json, USUAL);
        JsonObject whole = pooled.writtenOver(
                config.writtenOver(typed, EncoderConfig.Keys.VIT).with("qkv_bias", qkvBias));
        ModelDefinition.Builder model = ModelDefinition.builder(family, whole);
        HeadDefinition head = HeadDefinition.linear(
                pooled.features(NAMES.norm(config), 1, config.hiddenSize()),
                pooled.reads(),
                "classifier",
                pooled.pooling().features(config.hiddenSize()),
                model.labelCount(),
                Initialization.normal(config.initializerRange()));
        return EncoderModel.of(
                model, config, embeddings(config, places), index -> NAMES.layer(config, index, qkvBias), head);
    }

    private static PatchEmbeddingsDefinition embeddings(EncoderConfig config, Initialization places) {
        String prefix = NAMES.embeddings();
        int hidden = config.hiddenSize();
        int tokens = config.grid(1).tokens();
        return new PatchEmbeddingsDefinition(
                        config,
                        List.of(new Token(new ParameterSpec(prefix + "cls_token", places, 1, 1, hidden), 1)),
                        Optional.of(new Positions(
                                new ParameterSpec(prefix + "position_embeddings", places, 1, tokens, hidden))),
                        Linear.Named.biased(prefix + "patch_embeddings.projection"))
                .withDropout(config.hiddenDropoutProb());
    }

    static JsonObject withPooling(JsonObject config, Pooling pooling) {
        return new PooledTokens(pooling, USUAL).writtenOver(config);
    }

    static String canonicalName(String stored) {
        return NAMES.canonical(stored);
    }
}
