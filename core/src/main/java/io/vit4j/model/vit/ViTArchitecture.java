package io.vit4j.model.vit;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Pooling;
import io.vit4j.model.RowsRead;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Positions;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Token;
import io.vit4j.model.transformer.PooledTokens;
import io.vit4j.model.transformer.ViTNames;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The Vision Transformer with a classifier on its class token, or otherwise pooled (Dosovitskiy et al. 2021), as transformers'
 * {@code ViTForImageClassification}: the blocks {@code [embeddings, layer 0, ..., layer L-1, head]}.
 */
public final class ViTArchitecture implements Architecture {
    private static final String MODEL_TYPE = "vit";
    private static final ViTNames NAMES = new ViTNames("vit");

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
        EncoderConfig config = config(json);
        boolean qkvBias = json.bool("qkv_bias", true);
        JsonObject typed =
                json.with("architectures", List.of("ViTForImageClassification")).with("model_type", MODEL_TYPE);
        PooledTokens pooled = PooledTokens.of(json, Pooling.CLS);
        JsonObject whole = pooled.writtenOver(
                config.writtenOver(typed, EncoderConfig.Keys.VIT).with("qkv_bias", qkvBias));
        PatchEmbeddingsDefinition embeddings = embeddings(config);
        ModelDefinition.Builder model = ModelDefinition.builder(this, whole)
                .pictures(config.numChannels(), config.imageHeight(), config.imageWidth())
                .tokenGrid(embeddings::grid);
        List<BlockDefinition> blocks = new ArrayList<>();
        blocks.add(embeddings);
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            boolean last = layer == config.numHiddenLayers() - 1;
            blocks.add(NAMES.layer(config, layer, qkvBias).reading(last ? pooled.reads() : RowsRead.ALL));
        }
        HeadDefinition head = HeadDefinition.linear(
                pooled.features(NAMES.norm(config), 1, config.hiddenSize()),
                pooled.reads(),
                "classifier",
                pooled.pooling().features(config.hiddenSize()),
                model.labelCount(),
                Initialization.normal(config.initializerRange()));
        return model.blocks(blocks).head(head).build();
    }

    private static EncoderConfig config(JsonObject json) {
        return EncoderConfig.of(json, EncoderConfig.Keys.VIT, EncoderConfig.VIT);
    }

    private static PatchEmbeddingsDefinition embeddings(EncoderConfig config) {
        String prefix = NAMES.embeddings();
        int hidden = config.hiddenSize();
        Initialization normal = Initialization.normal(config.initializerRange());
        return new PatchEmbeddingsDefinition(
                        config,
                        List.of(new Token(new ParameterSpec(prefix + "cls_token", normal, 1, 1, hidden), 1)),
                        Optional.of(new Positions(new ParameterSpec(
                                prefix + "position_embeddings",
                                normal,
                                1,
                                config.grid(1).tokens(),
                                hidden))),
                        Linear.Named.biased(prefix + "patch_embeddings.projection"))
                .withDropout(config.hiddenDropoutProb());
    }

    /** Patch 16 at 224x224; sizes of Touvron et al. 2021 (DeiT). */
    @Override
    public Map<String, JsonObject> presets() {
        Map<String, JsonObject> presets = new LinkedHashMap<>();
        presets.put("vit-tiny", preset(192, 3));
        presets.put("vit-small", preset(384, 6));
        presets.put("vit-base", preset(768, 12));
        return presets;
    }

    private static JsonObject preset(int hidden, int heads) {
        return JsonObject.empty()
                .with("model_type", MODEL_TYPE)
                .with("hidden_size", hidden)
                .with("num_attention_heads", heads)
                .with("intermediate_size", 4 * hidden);
    }

    @Override
    public String describe(JsonObject json) {
        return "Vision Transformer, " + config(json).describe();
    }

    @Override
    public JsonObject withPooling(JsonObject config, Pooling pooling) {
        return new PooledTokens(pooling, Pooling.CLS).writtenOver(config);
    }

    @Override
    public String canonicalName(String stored) {
        return NAMES.canonical(stored);
    }
}
