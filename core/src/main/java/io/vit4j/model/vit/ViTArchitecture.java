package io.vit4j.model.vit;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.RowsRead;
import io.vit4j.model.TokenGrid;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The Vision Transformer with a classifier on its class token (Dosovitskiy et al. 2021), as transformers'
 * {@code ViTForImageClassification}: the blocks {@code [embeddings, layer 0, ..., layer L-1, head]}.
 */
public final class ViTArchitecture implements Architecture {
    static final String MODEL_TYPE = "vit";
    private static final RowsRead CLASS_TOKEN = RowsRead.first(1);

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
        ViTConfig config = ViTConfig.of(json);
        ModelDefinition.Builder model = ModelDefinition.builder(this, config.writtenOver(json))
                .pictures(config.numChannels(), config.imageHeight(), config.imageWidth())
                .tokenGrid((height, width) ->
                        new TokenGrid(1, height / config.patchHeight(), width / config.patchWidth()));
        List<BlockDefinition> blocks = new ArrayList<>();
        blocks.add(new Embeddings.Definition(config));
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            boolean last = layer == config.numHiddenLayers() - 1;
            blocks.add(new EncoderLayer.Definition(config, layer, last ? CLASS_TOKEN : RowsRead.ALL));
        }
        HeadDefinition head = HeadDefinition.linear(
                new ClassToken.Definition(config),
                CLASS_TOKEN,
                "classifier",
                config.hiddenSize(),
                model.labelCount(),
                Initialization.normal(config.initializerRange()));
        return model.blocks(blocks).head(head).build();
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
        ViTConfig config = ViTConfig.of(json);
        return "Vision Transformer, " + config.numHiddenLayers() + " layers of " + config.hiddenSize() + " ("
                + config.numAttentionHeads() + " heads), patches of " + sides(config.patchHeight(), config.patchWidth())
                + ", pictures of " + sides(config.imageHeight(), config.imageWidth());
    }

    private static String sides(int height, int width) {
        return height == width ? Integer.toString(height) : height + "x" + width;
    }

    @Override
    public String canonicalName(String stored) {
        return ViTWeightNames.canonical(stored);
    }
}
