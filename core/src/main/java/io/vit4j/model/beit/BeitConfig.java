package io.vit4j.model.beit;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.Sides;
import io.vit4j.model.TokenGrid;
import io.vit4j.model.transformer.EncoderConfig;
import java.util.List;

/**
 * What {@code config.json} of a BEiT says, with transformers' names and defaults ({@code BeitConfig}, {@code Data2VecVisionConfig}).
 *
 * @param sizes of the transformer
 * @param usesMaskToken whether there is a token that stands for a masked patch in pretraining; it has no effect here
 * @param usesPositions whether positions are added to the patches, as in a ViT
 * @param biasesEachLayer whether every layer has a table of relative positions of its own
 * @param biasesAllLayers whether there is one that all layers share
 * @param layerScale what the scales of a layer's two contributions start at; 0 for none
 * @param dropPath how often the last layer's contributions are dropped in training; linearly less often before
 * @param meanPooling whether a picture's features are the mean of its patches, rather than its class token
 */
record BeitConfig(
        EncoderConfig sizes,
        boolean usesMaskToken,
        boolean usesPositions,
        boolean biasesEachLayer,
        boolean biasesAllLayers,
        double layerScale,
        double dropPath,
        boolean meanPooling) {

    /** Checks that the values are possible; InputException if they are not. */
    BeitConfig {
        if (!(layerScale >= 0)) {
            throw new InputException("layer_scale_init_value must not be negative; correct config.json");
        }
        if (!(dropPath >= 0 && dropPath < 1)) {
            throw new InputException(
                    "drop_path_rate is " + dropPath + ", not at least 0 and below 1; correct config.json");
        }
    }

    static BeitConfig of(JsonObject json) {
        return new BeitConfig(
                EncoderConfig.of(json, EncoderConfig.Keys.VIT, EncoderConfig.VIT),
                json.bool("use_mask_token", false),
                json.bool("use_absolute_position_embeddings", false),
                json.bool("use_relative_position_bias", false),
                json.bool("use_shared_relative_position_bias", false),
                json.number("layer_scale_init_value", 0.1),
                json.number("drop_path_rate", 0.1),
                json.bool("use_mean_pooling", true));
    }

    /** Where tokens lie: the class token, then the patches. */
    TokenGrid grid() {
        return sizes.grid(1);
    }

    /** The tables of relative positions. */
    RelativePositions positions() {
        return new RelativePositions(grid(), sizes.numAttentionHeads());
    }

    Sides patch() {
        return new Sides(sizes.patchHeight(), sizes.patchWidth());
    }

    boolean knowsPlaces() {
        return biasesEachLayer || biasesAllLayers;
    }

    /** How often a layer's contributions are dropped (Huang et al. 2016: less often in earlier layers). */
    double dropPath(int layer) {
        return dropPath * layer / Math.max(sizes.numHiddenLayers() - 1, 1);
    }

    /** {@code config.json} as transformers reads it back; what else is in {@code base} is kept. */
    JsonObject writtenOver(JsonObject base, BeitFamily family) {
        return sizes.writtenOver(base, EncoderConfig.Keys.VIT)
                .with("architectures", List.of(family.architecture()))
                .with("model_type", family.modelType())
                .with("use_mask_token", usesMaskToken)
                .with("use_absolute_position_embeddings", usesPositions)
                .with("use_relative_position_bias", biasesEachLayer)
                .with("use_shared_relative_position_bias", biasesAllLayers)
                .with("layer_scale_init_value", layerScale)
                .with("drop_path_rate", dropPath)
                .with("use_mean_pooling", meanPooling);
    }
}
