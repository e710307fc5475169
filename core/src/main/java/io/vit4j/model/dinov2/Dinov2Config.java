package io.vit4j.model.dinov2;

import io.vit4j.base.JsonObject;
import io.vit4j.model.transformer.EncoderConfig;

/**
 * The shape of a DINOv2 model: what {@code config.json} says, with the names and defaults of transformers' {@code Dinov2Config} and
 * {@code Dinov2WithRegistersConfig}.
 *
 * @param encoder its sizes
 * @param mlpRatio width of an MLP that is not gated, in widths of a token
 * @param layerScale what each number that a layer adds is multiplied by at first
 * @param dropPathRate probability of dropping what a part of a layer adds to a picture
 * @param swiglu whether the MLP is gated
 * @param registers tokens that belong to no patch and have no position
 */
record Dinov2Config(
        EncoderConfig encoder,
        int mlpRatio,
        boolean qkvBias,
        double layerScale,
        double dropPathRate,
        boolean swiglu,
        int registers) {
    private static final int MOST_REGISTERS = 1 << 16;
    private static final int WIDEST_RATIO = 1024;

    /** Checks what the encoder's sizes do not; InputException if something is out of bounds. */
    Dinov2Config {
        EncoderConfig.requireBetween("mlp_ratio", mlpRatio, 1, WIDEST_RATIO);
        EncoderConfig.requireBetween("num_register_tokens", registers, 0, MOST_REGISTERS);
        EncoderConfig.requireProbability("drop_path_rate", dropPathRate);
    }

    /**
     * @param otherwise the encoder's sizes where nothing is said
     * @param registers how many there are where nothing is said; 0 for a family without
     */
    static Dinov2Config of(JsonObject json, EncoderConfig otherwise, int registers) {
        EncoderConfig encoder = EncoderConfig.of(json.without("intermediate_size"), EncoderConfig.Keys.VIT, otherwise);
        int ratio = json.integer("mlp_ratio", 4);
        boolean swiglu = json.bool("use_swiglu_ffn", false);
        return new Dinov2Config(
                encoder.withIntermediateSize(inner(encoder.hiddenSize(), ratio, swiglu)),
                ratio,
                json.bool("qkv_bias", true),
                json.number("layerscale_value", 1),
                json.number("drop_path_rate", 0),
                swiglu,
                registers == 0 ? 0 : json.integer("num_register_tokens", registers));
    }

    /** Numbers between an MLP's maps; a gated one has three maps, so two thirds as many, in steps of 8. */
    private static int inner(int hidden, int ratio, boolean swiglu) {
        long wide = (long) hidden * ratio;
        EncoderConfig.requireBetween("the MLP's width (hidden_size by mlp_ratio)", wide, 1, 1 << 20);
        return (int) (swiglu ? (wide * 2 / 3 + 7) / 8 * 8 : wide);
    }

    /** Tokens before those of the patches. */
    int before() {
        return 1 + registers;
    }

    /** {@code config.json} as transformers reads it back; what else is in {@code base} is kept. */
    JsonObject writtenOver(JsonObject base) {
        return encoder.writtenOver(base, EncoderConfig.Keys.VIT)
                .without("intermediate_size")
                .with("mlp_ratio", mlpRatio)
                .with("qkv_bias", qkvBias)
                .with("layerscale_value", layerScale)
                .with("drop_path_rate", dropPathRate)
                .with("use_swiglu_ffn", swiglu);
    }
}
