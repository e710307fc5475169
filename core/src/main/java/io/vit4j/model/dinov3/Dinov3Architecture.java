package io.vit4j.model.dinov3;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Pooling;
import io.vit4j.model.RowsRead;
import io.vit4j.model.Sides;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.EncoderLayerDefinition;
import io.vit4j.model.transformer.LayerScale;
import io.vit4j.model.transformer.Mlp;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Token;
import io.vit4j.model.transformer.PooledTokens;
import io.vit4j.model.transformer.RotaryPositions;
import io.vit4j.model.transformer.SelfAttention;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * DINOv3's vision transformers (Siméoni et al. 2025), pretrained without labels: positions are rotations of queries and keys. Their
 * classifier is that of DINOv2, over the class token and the mean of the patches' tokens. transformers 5.12 has none; a saved model has its
 * {@code DINOv3ViTModel} under that class's names, and {@code classifier.weight} and {@code classifier.bias} beside it.
 */
public final class Dinov3Architecture implements Architecture {
    private static final String MODEL_TYPE = "dinov3_vit";

    /** What classes with a head put before the names of the model that they hold. */
    private static final Pattern WRAPPED =
            Pattern.compile("(?:dinov3_vit|dinov3|model)\\.((?:embeddings|model|layer|norm)\\..*)");

    /** Names in the memory of transformers 5, where layers belong to an encoder. */
    private static final Pattern OF_ENCODER = Pattern.compile("model\\.(layer\\..*)");

    /** Made by {@link java.util.ServiceLoader}. */
    public Dinov3Architecture() {}

    @Override
    public String modelType() {
        return MODEL_TYPE;
    }

    @Override
    public ModelDefinition define(JsonObject json) {
        Dinov3Config config = Dinov3Config.of(json);
        EncoderConfig encoder = config.encoder();
        PatchEmbeddingsDefinition embeddings = embeddings(config);
        PooledTokens pooled = PooledTokens.of(json, Pooling.CLS_MEAN);
        ModelDefinition.Builder model = ModelDefinition.builder(
                        this,
                        pooled.writtenOver(config.writtenOver(json)
                                .with("architectures", List.of("DINOv3ViTForImageClassification"))
                                .with("model_type", MODEL_TYPE)))
                .pictures(encoder.numChannels(), encoder.imageHeight(), encoder.imageWidth())
                .tokenGrid(embeddings::grid);
        List<BlockDefinition> blocks = new ArrayList<>();
        blocks.add(embeddings);
        RotaryPositions coordinates = new PatchCoordinates(
                encoder.grid(config.before()),
                encoder.patchHeight(),
                encoder.patchWidth(),
                encoder.headSize(),
                config.ropeTheta(),
                config.moves());
        for (int layer = 0; layer < encoder.numHiddenLayers(); layer++) {
            boolean last = layer == encoder.numHiddenLayers() - 1;
            blocks.add(layer(config, coordinates, layer).reading(last ? pooled.reads() : RowsRead.ALL));
        }
        HeadDefinition head = HeadDefinition.linear(
                pooled.features(norm(config, "norm"), config.before(), encoder.hiddenSize()),
                pooled.reads(),
                "classifier",
                pooled.pooling().features(encoder.hiddenSize()),
                model.labelCount(),
                normal(config));
        return model.blocks(blocks).head(head).build();
    }

    private static Initialization normal(Dinov3Config config) {
        return Initialization.normal(config.encoder().initializerRange());
    }

    private static LayerNorm.Named norm(Dinov3Config config, String name) {
        return new LayerNorm.Named(name, config.encoder().layerNormEps());
    }

    private static PatchEmbeddingsDefinition embeddings(Dinov3Config config) {
        int hidden = config.encoder().hiddenSize();
        Initialization normal = normal(config);
        List<Token> tokens = new ArrayList<>();
        tokens.add(new Token(new ParameterSpec("embeddings.cls_token", normal, 1, 1, hidden), 1));
        if (config.registers() > 0) {
            tokens.add(new Token(
                    new ParameterSpec("embeddings.register_tokens", normal, 1, config.registers(), hidden),
                    config.registers()));
        }
        return new PatchEmbeddingsDefinition(
                        config.encoder(), tokens, Optional.empty(), Linear.Named.biased("embeddings.patch_embeddings"))
                .forLayersThatKnowPlaces();
    }

    private static EncoderLayerDefinition layer(Dinov3Config config, RotaryPositions coordinates, int index) {
        EncoderConfig encoder = config.encoder();
        String prefix = "layer." + index + ".";
        SelfAttention attention = new SelfAttention(
                        encoder.hiddenSize(),
                        encoder.numAttentionHeads(),
                        new Linear.Named(prefix + "attention.q_proj", config.queryBias()),
                        new Linear.Named(prefix + "attention.k_proj", config.keyBias()),
                        new Linear.Named(prefix + "attention.v_proj", config.valueBias()),
                        new Linear.Named(prefix + "attention.o_proj", config.projBias()),
                        normal(config),
                        encoder.attentionProbsDropoutProb())
                .with(coordinates);
        return new EncoderLayerDefinition(
                        "layer." + index,
                        norm(config, prefix + "norm1"),
                        attention,
                        norm(config, prefix + "norm2"),
                        mlp(config, prefix + "mlp."))
                .withScales(
                        new LayerScale(prefix + "layer_scale1.lambda1", config.layerScale()),
                        new LayerScale(prefix + "layer_scale2.lambda1", config.layerScale()))
                .withDropPath(config.dropPathRate());
    }

    private static Mlp mlp(Dinov3Config config, String prefix) {
        EncoderConfig encoder = config.encoder();
        Linear.Named up = new Linear.Named(prefix + "up_proj", config.mlpBias());
        Linear.Named down = new Linear.Named(prefix + "down_proj", config.mlpBias());
        return config.gated()
                ? Mlp.gated(
                        encoder.hiddenSize(),
                        encoder.intermediateSize(),
                        List.of(new Linear.Named(prefix + "gate_proj", config.mlpBias()), up),
                        down,
                        encoder.hiddenAct(),
                        normal(config))
                : Mlp.plain(
                        encoder.hiddenSize(),
                        encoder.intermediateSize(),
                        up,
                        down,
                        encoder.hiddenAct(),
                        normal(config));
    }

    /** The smallest that is published, for pictures of 224x224. */
    @Override
    public Map<String, JsonObject> presets() {
        return Map.of(
                "dinov3-small",
                JsonObject.empty()
                        .with("model_type", MODEL_TYPE)
                        .with("hidden_size", 384)
                        .with("num_attention_heads", 6)
                        .with("intermediate_size", 1536)
                        .with("num_register_tokens", 4));
    }

    @Override
    public String describe(JsonObject json) {
        return "DINOv3, " + Dinov3Config.of(json).encoder().describe();
    }

    @Override
    public JsonObject withPooling(JsonObject config, Pooling pooling) {
        return new PooledTokens(pooling, Pooling.CLS_MEAN).writtenOver(config);
    }

    @Override
    public JsonObject withImageSize(JsonObject config, int height, int width) {
        return new Sides(height, width).squareOver(config, "image_size");
    }

    @Override
    public String canonicalName(String stored) {
        String bare = WRAPPED.matcher(stored).replaceFirst("$1");
        return OF_ENCODER.matcher(bare).replaceFirst("$1");
    }

    /** Of the token for patches that pretraining hides, and of frequencies, which the configuration gives. */
    @Override
    public boolean passesOver(String stored) {
        return stored.equals("embeddings.mask_token") || stored.endsWith("rope_embeddings.inv_freq");
    }
}
