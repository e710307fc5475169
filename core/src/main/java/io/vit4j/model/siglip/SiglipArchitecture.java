package io.vit4j.model.siglip;

import io.vit4j.base.JsonObject;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.EncoderLayerDefinition;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.model.transformer.PatchMean;
import io.vit4j.model.transformer.VisionTower;
import io.vit4j.model.transformer.VisionTowerFamily;
import java.util.List;
import java.util.Optional;

/**
 * The picture side of SigLIP (Zhai et al. 2023) with a classifier on the mean of its normalised tokens, as transformers'
 * {@code SiglipForImageClassification}. Passed over are also the weights of the attention that pools a picture's tokens to compare them with
 * a text, which this classifier does not use.
 */
public final class SiglipArchitecture extends VisionTowerFamily {
    /** What transformers' {@code SiglipVisionConfig} has where a file says nothing. */
    private static final EncoderConfig USUAL =
            new EncoderConfig(768, 12, 12, 3072, HiddenAct.GELU_PYTORCH_TANH, 0, 0, 0.02, 1e-6, 224, 224, 16, 16, 3);

    private static final Initialization XAVIER = Initialization.xavierUniform();

    /** Made by {@link java.util.ServiceLoader}. */
    public SiglipArchitecture() {
        super("siglip", "SigLIP", "SiglipForImageClassification", USUAL);
    }

    /** So that transformers does not look for the pooling attention. */
    @Override
    protected JsonObject written(JsonObject side) {
        return side.with("vision_use_head", false);
    }

    @Override
    protected BlockDefinition features(VisionTower tower) {
        return new PatchMean(
                0, tower.config().hiddenSize(), Optional.of(tower.norm("post_layernorm")), Optional.empty());
    }

    @Override
    protected EncoderLayerDefinition layer(VisionTower tower, JsonObject side, int index) {
        return tower.layer(index, XAVIER, XAVIER, XAVIER, XAVIER);
    }

    @Override
    protected PatchEmbeddingsDefinition embeddings(VisionTower tower, JsonObject side) {
        Initialization places =
                Initialization.normal(1 / Math.sqrt(tower.config().hiddenSize()));
        return new PatchEmbeddingsDefinition(
                        tower.config(),
                        List.of(),
                        Optional.of(tower.positions(0, places)),
                        Linear.Named.biased(tower.embeddings("patch_embedding")))
                .withInit(Initialization.lecunNormal());
    }
}
