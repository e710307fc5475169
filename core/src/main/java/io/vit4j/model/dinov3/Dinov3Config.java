package io.vit4j.model.dinov3;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.transformer.EncoderConfig;

/**
 * The shape of a DINOv3 vision transformer: what {@code config.json} says, with the names and defaults of transformers'
 * {@code DINOv3ViTConfig}.
 *
 * @param encoder its sizes
 * @param ropeTheta the base of the rotations' periods
 * @param projBias whether the map after attention has a bias
 * @param layerScale what each number that a layer adds is multiplied by at first
 * @param dropPathRate probability of dropping what a part of a layer adds to a picture
 * @param gated whether the MLP is gated
 * @param registers tokens that belong to no patch
 * @param moves of patches in training
 */
record Dinov3Config(
        EncoderConfig encoder,
        double ropeTheta,
        boolean queryBias,
        boolean keyBias,
        boolean valueBias,
        boolean projBias,
        boolean mlpBias,
        double layerScale,
        double dropPathRate,
        boolean gated,
        int registers,
        Moves moves) {
    private static final EncoderConfig USUAL =
            new EncoderConfig(384, 12, 6, 1536, HiddenAct.GELU, 0, 0, 0.02, 1e-5, 224, 224, 16, 16, 3);
    private static final int MOST_REGISTERS = 1 << 16;
    private static final String RESCALE = "pos_embed_rescale";
    private static final double USUAL_RESCALE = 2;

    /** Checks what the encoder's sizes do not; InputException if something is out of bounds. */
    Dinov3Config {
        EncoderConfig.requireBetween("num_register_tokens", registers, 0, MOST_REGISTERS);
        EncoderConfig.requireProbability("drop_path_rate", dropPathRate);
        if (!(ropeTheta > 0)) {
            throw new InputException("rope_theta is " + ropeTheta + ", but must be positive; correct config.json");
        }
        if (encoder.headSize() % 4 != 0) {
            throw new InputException("a head has " + encoder.headSize()
                    + " numbers (hidden_size by num_attention_heads), not a multiple of 4, as rotations by rows and columns"
                    + " need; correct config.json");
        }
    }

    /**
     * How far the coordinates of patches are moved at random in training, all alike. A shift of 0 and factors of 1 leave them.
     *
     * @param shift the most that is added to a coordinate, or taken from it
     * @param jitter the largest factor of one axis; the smallest is its inverse
     * @param rescale the largest factor of both axes; the smallest is its inverse
     */
    record Moves(double shift, double jitter, double rescale) {
        Moves {
            if (!(shift >= 0)) {
                throw new InputException(
                        "pos_embed_shift is " + shift + ", but must not be negative; correct config.json");
            }
            requireFactor("pos_embed_jitter", jitter);
            requireFactor(RESCALE, rescale);
        }

        private static void requireFactor(String key, double factor) {
            if (!(factor >= 1)) {
                throw new InputException(key + " is " + factor + ", but must be at least 1; correct config.json");
            }
        }

        boolean any() {
            return shift != 0 || jitter != 1 || rescale != 1;
        }
    }

    static Dinov3Config of(JsonObject json) {
        return new Dinov3Config(
                EncoderConfig.of(json, EncoderConfig.Keys.CLIP, USUAL),
                json.number("rope_theta", 100),
                json.bool("query_bias", true),
                json.bool("key_bias", false),
                json.bool("value_bias", true),
                json.bool("proj_bias", true),
                json.bool("mlp_bias", true),
                json.number("layerscale_value", 1),
                json.number("drop_path_rate", 0),
                json.bool("use_gated_mlp", false),
                json.integer("num_register_tokens", 0),
                new Moves(
                        json.number("pos_embed_shift", 0),
                        json.number("pos_embed_jitter", 1),
                        // null says that nothing is rescaled; where nothing is said, something is
                        json.number(RESCALE, json.keys().contains(RESCALE) ? 1 : USUAL_RESCALE)));
    }

    /** Tokens before those of the patches. */
    int before() {
        return 1 + registers;
    }

    /** {@code config.json} as transformers reads it back; what else is in {@code base} is kept. */
    JsonObject writtenOver(JsonObject base) {
        JsonObject json = encoder.writtenOver(base, EncoderConfig.Keys.CLIP)
                .with("rope_theta", ropeTheta)
                .with("query_bias", queryBias)
                .with("key_bias", keyBias)
                .with("value_bias", valueBias)
                .with("proj_bias", projBias)
                .with("mlp_bias", mlpBias)
                .with("layerscale_value", layerScale)
                .with("drop_path_rate", dropPathRate)
                .with("use_gated_mlp", gated)
                .with("num_register_tokens", registers);
        return json.keys().contains(RESCALE) ? json : json.with(RESCALE, USUAL_RESCALE);
    }
}
