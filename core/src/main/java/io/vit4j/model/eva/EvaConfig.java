package io.vit4j.model.eva;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.TimmFolder;

/**
 * The shape of an EVA-02 model. transformers has no such family, so these are vit4j's own names, after transformers' of others;
 * what timm keeps in {@code config.json} is kept beside them.
 *
 * @param encoder its sizes
 * @param ropeTheta the base of the rotations' frequencies
 * @param ropeGrid rows and columns of patches at the resolution of pretraining, which rotations are counted in
 * @param mlpNorm whether the MLP normalises what its second map takes
 */
record EvaConfig(EncoderConfig encoder, boolean qkvBias, double ropeTheta, int ropeGrid, boolean mlpNorm) {
    private static final EncoderConfig USUAL =
            new EncoderConfig(768, 12, 12, 2048, HiddenAct.SILU, 0, 0, 0.02, 1e-6, 224, 224, 14, 14, 3);
    private static final int LARGEST_GRID = 1 << 12;

    EvaConfig {
        EncoderConfig.requireBetween("rope_grid", ropeGrid, 1, LARGEST_GRID);
        if (!(ropeTheta > 0)) {
            throw new InputException("rope_theta is " + ropeTheta + ", but must be positive; correct config.json");
        }
        if (encoder.headSize() % 4 != 0) {
            throw new InputException("a head has " + encoder.headSize()
                    + " numbers (hidden_size by num_attention_heads), not a multiple of 4, as rotations by rows and columns"
                    + " need; correct config.json");
        }
    }

    static EvaConfig of(JsonObject json) {
        return new EvaConfig(
                EncoderConfig.of(json, EncoderConfig.Keys.CLIP, USUAL),
                json.bool("qkv_bias", true),
                json.number("rope_theta", 10_000),
                json.integer("rope_grid", 16),
                json.bool("mlp_norm", false));
    }

    /**
     * {@code config.json}, which timm reads, too: it finds its architecture, its own arguments, and the labels where it looks for them.
     */
    JsonObject writtenOver(JsonObject base, int labels) {
        JsonObject sized = encoder.writtenOver(base, EncoderConfig.Keys.CLIP)
                .with("qkv_bias", qkvBias)
                .with("rope_theta", ropeTheta)
                .with("rope_grid", ropeGrid)
                .with("mlp_norm", mlpNorm)
                .with(TimmFolder.ARGUMENTS, base.object(TimmFolder.ARGUMENTS).with("qkv_fused", false));
        return TimmFolder.written(sized, base, encoder, labels);
    }
}
