package io.vit4j.model.clip;

import io.vit4j.base.JsonObject;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.EncoderLayerDefinition;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Token;
import io.vit4j.model.transformer.VisionTower;
import io.vit4j.model.transformer.VisionTowerFamily;
import java.util.List;
import java.util.Optional;

/**
 * The picture side of CLIP (Radford et al. 2021) with a classifier on the mean of its patches, as transformers'
 * {@code CLIPForImageClassification}.
 */
public final class ClipArchitecture extends VisionTowerFamily {
    /** What transformers' {@code CLIPVisionConfig} has where a file says nothing. */
    private static final EncoderConfig USUAL =
            new EncoderConfig(768, 12, 12, 3072, HiddenAct.QUICK_GELU, 0, 0, 0.02, 1e-5, 224, 224, 32, 32, 3);

    /** Made by {@link java.util.ServiceLoader}. */
    public ClipArchitecture() {
        super("clip", "CLIP", "CLIPForImageClassification", USUAL);
    }

    /** The sizes of a {@code vision_config_dict} hold over all others. */
    @Override
    protected JsonObject ofBothSides(JsonObject given) {
        JsonObject json = super.ofBothSides(given);
        String old = "vision_config_dict";
        return json.has(old) ? json.with(VisionTower.KEY, json.object(old)).without(old) : json;
    }

    @Override
    protected BlockDefinition features(VisionTower tower) {
        return new PatchFeatures(tower.config().hiddenSize(), tower.norm("post_layernorm"));
    }

    @Override
    protected EncoderLayerDefinition layer(VisionTower tower, JsonObject side, int index) {
        Starts starts = Starts.of(tower, side);
        return tower.layer(
                index, starts.byWidthAndDepth(), starts.byWidth(1), starts.byWidth(2), starts.byWidthAndDepth());
    }

    /** How weights start, by the width and depth of the model. */
    private record Starts(EncoderConfig config, double factor) {
        static Starts of(VisionTower tower, JsonObject side) {
            return new Starts(tower.config(), VisionTower.initializerFactor(side));
        }

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

    @Override
    protected PatchEmbeddingsDefinition embeddings(VisionTower tower, JsonObject side) {
        EncoderConfig config = tower.config();
        Starts starts = Starts.of(tower, side);
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
}
