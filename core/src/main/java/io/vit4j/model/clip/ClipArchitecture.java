package io.vit4j.model.clip;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.RowsRead;
import io.vit4j.model.Sides;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.EncoderModel;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Token;
import io.vit4j.model.transformer.VisionTower;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The picture side of CLIP (Radford et al. 2021) with a classifier on the mean of its patches, as transformers'
 * {@code CLIPForImageClassification}. Checkpoints of both sides and of the picture side alone are read; weights of texts are passed over.
 */
public final class ClipArchitecture implements Architecture {
    private static final String MODEL_TYPE = "clip";
    private static final String PICTURES_ALONE = "clip_vision_model";

    /** What transformers' {@code CLIPVisionConfig} has where a file says nothing. */
    private static final EncoderConfig USUAL =
            new EncoderConfig(768, 12, 12, 3072, HiddenAct.QUICK_GELU, 0, 0, 0.02, 1e-5, 224, 224, 32, 32, 3);

    /** Made by {@link java.util.ServiceLoader}. */
    public ClipArchitecture() {}

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
        Starts starts = new Starts(config, VisionTower.initializerFactor(side));
        JsonObject whole = json.with("architectures", List.of("CLIPForImageClassification"))
                .with(
                        VisionTower.KEY,
                        config.writtenOver(side.with("model_type", PICTURES_ALONE), EncoderConfig.Keys.CLIP));
        ModelDefinition.Builder model = ModelDefinition.builder(this, whole);
        double factor = VisionTower.initializerFactor(json);
        HeadDefinition head = HeadDefinition.linear(
                new PatchFeatures(config.hiddenSize(), tower.norm("post_layernorm")),
                RowsRead.ALL,
                "classifier",
                config.hiddenSize(),
                model.labelCount(),
                Initialization.normal(factor / Math.sqrt(config.hiddenSize())));
        return EncoderModel.of(
                model,
                config,
                embeddings(tower, starts),
                index -> tower.layer(
                        index,
                        starts.byWidthAndDepth(),
                        starts.byWidth(1),
                        starts.byWidth(2),
                        starts.byWidthAndDepth()),
                head);
    }

    /** With the picture side's sizes where they are looked for; those of a {@code vision_config_dict} hold over all others. */
    private static JsonObject ofBothSides(JsonObject given) {
        JsonObject json = VisionTower.ofBothSides(given, PICTURES_ALONE, MODEL_TYPE);
        String old = "vision_config_dict";
        return json.has(old) ? json.with(VisionTower.KEY, json.object(old)).without(old) : json;
    }

    private static EncoderConfig config(JsonObject side) {
        return EncoderConfig.of(side, EncoderConfig.Keys.CLIP, USUAL);
    }

    /** How weights start, by the width and depth of the model. */
    private record Starts(EncoderConfig config, double factor) {
        Initialization byWidth(int widths) {
            return Initialization.normal(factor / Math.sqrt((double) widths * config.hiddenSize()));
        }

        /** Smaller the more layers add to the residual stream. */
        Initialization byWidthAndDepth() {
            return Initialization.normal(factor / Math.sqrt(2.0 * config.numHiddenLayers() * config.hiddenSize()));
        }

        Initialization usual() {
            return Initialization.normal(factor * config.initializerRange());
        }
    }

    private static PatchEmbeddingsDefinition embeddings(VisionTower tower, Starts starts) {
        EncoderConfig config = tower.config();
        return new PatchEmbeddingsDefinition(
                        config,
                        List.of(new Token(
                                new ParameterSpec(
                                        tower.embeddings("class_embedding"), starts.byWidth(1), config.hiddenSize()),
                                1)),
                        Optional.of(tower.positions(1, starts.usual())),
                        new Linear.Named(tower.embeddings("patch_embedding"), false))
                .withInit(starts.usual())
                .withNorm(tower.norm("pre_layrnorm")); // the hub's spelling
    }

    /** OpenAI's smallest, patch 32 at 224x224. */
    @Override
    public Map<String, JsonObject> presets() {
        return Map.of(
                "clip-base",
                JsonObject.empty().with("model_type", MODEL_TYPE).with(VisionTower.KEY, JsonObject.empty()));
    }

    @Override
    public String describe(JsonObject json) {
        return "CLIP's picture side, "
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
