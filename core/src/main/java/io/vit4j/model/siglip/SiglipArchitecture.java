package io.vit4j.model.siglip;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.RowsRead;
import io.vit4j.model.Sides;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.EncoderModel;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.model.transformer.PatchMean;
import io.vit4j.model.transformer.VisionTower;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The picture side of SigLIP (Zhai et al. 2023) with a classifier on the mean of its normalised tokens, as transformers'
 * {@code SiglipForImageClassification}. Checkpoints of both sides and of the picture side alone are read; weights of texts are passed
 * over, and so are those of the attention that pools a picture's tokens to compare them with a text, which this classifier does not use.
 */
public final class SiglipArchitecture implements Architecture {
    private static final String MODEL_TYPE = "siglip";
    private static final String PICTURES_ALONE = "siglip_vision_model";

    /** What transformers' {@code SiglipVisionConfig} has where a file says nothing. */
    private static final EncoderConfig USUAL =
            new EncoderConfig(768, 12, 12, 3072, HiddenAct.GELU_PYTORCH_TANH, 0, 0, 0.02, 1e-6, 224, 224, 16, 16, 3);

    /** Made by {@link java.util.ServiceLoader}. */
    public SiglipArchitecture() {}

    @Override
    public String modelType() {
        return MODEL_TYPE;
    }

    @Override
    public boolean reads(JsonObject config) {
        return List.of(MODEL_TYPE, PICTURES_ALONE).contains(config.text("model_type", ""));
    }

    @Override
    public ModelDefinition define(JsonObject given) {
        JsonObject json = ofBothSides(given);
        JsonObject side = json.object(VisionTower.KEY);
        EncoderConfig config = config(side);
        VisionTower tower = new VisionTower(config);
        JsonObject sizes = config.writtenOver(side.with("model_type", PICTURES_ALONE), EncoderConfig.Keys.CLIP)
                .with("vision_use_head", false); // so that transformers does not look for the pooling attention
        JsonObject whole = json.with("architectures", List.of("SiglipForImageClassification"))
                .with(VisionTower.KEY, sizes);
        ModelDefinition.Builder model = ModelDefinition.builder(this, whole);
        Initialization xavier = Initialization.xavierUniform();
        double factor = VisionTower.initializerFactor(json);
        HeadDefinition head = HeadDefinition.linear(
                new PatchMean(0, config.hiddenSize(), Optional.of(tower.norm("post_layernorm")), Optional.empty()),
                RowsRead.ALL,
                "classifier",
                config.hiddenSize(),
                model.labelCount(),
                Initialization.normal(factor / Math.sqrt(config.hiddenSize())));
        return EncoderModel.of(
                model, config, embeddings(tower), index -> tower.layer(index, xavier, xavier, xavier, xavier), head);
    }

    private static JsonObject ofBothSides(JsonObject given) {
        return VisionTower.ofBothSides(given, PICTURES_ALONE, MODEL_TYPE);
    }

    private static EncoderConfig config(JsonObject side) {
        return EncoderConfig.of(side, EncoderConfig.Keys.CLIP, USUAL);
    }

    private static PatchEmbeddingsDefinition embeddings(VisionTower tower) {
        Initialization places =
                Initialization.normal(1 / Math.sqrt(tower.config().hiddenSize()));
        return new PatchEmbeddingsDefinition(
                        tower.config(),
                        List.of(),
                        Optional.of(tower.positions(0, places)),
                        Linear.Named.biased(tower.embeddings("patch_embedding")))
                .withInit(Initialization.lecunNormal());
    }

    /** The paper's base model, patch 16 at 224x224. */
    @Override
    public Map<String, JsonObject> presets() {
        return Map.of(
                "siglip-base",
                JsonObject.empty().with("model_type", MODEL_TYPE).with(VisionTower.KEY, JsonObject.empty()));
    }

    @Override
    public String describe(JsonObject json) {
        return "SigLIP's picture side, "
                + config(ofBothSides(json).object(VisionTower.KEY)).describe();
    }

    @Override
    public String canonicalName(String stored) {
        return VisionTower.canonical(stored);
    }

    @Override
    public JsonObject withImageSize(JsonObject config, int height, int width) {
        JsonObject json = ofBothSides(config);
        return json.with(
                VisionTower.KEY, new Sides(height, width).squareOver(json.object(VisionTower.KEY), "image_size"));
    }
}
