package io.vit4j.model.timm;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.TimmFolder;
import java.util.Optional;

/**
 * The shape of a Vision Transformer of timm's. Sizes have the names that transformers has for others, what is timm's alone has timm's; what
 * timm keeps in {@code config.json} is kept beside them.
 *
 * @param encoder its sizes
 * @param layerScale what each number that a layer adds is multiplied by at first; empty if it is added as it is
 * @param classToken whether there is one
 * @param registers tokens that belong to no patch, after the class token
 * @param placesPrefix whether these tokens have position embeddings, too
 * @param preNorm whether tokens are normalised before the first layer, and patches are projected without a bias
 * @param averages whether features are the mean of the patches, and not the class token
 * @param fcNorm whether they are normalised once they are pooled, and not the tokens before
 */
record TimmViTConfig(
        EncoderConfig encoder,
        boolean qkvBias,
        Optional<Double> layerScale,
        boolean classToken,
        int registers,
        boolean placesPrefix,
        boolean preNorm,
        boolean averages,
        boolean fcNorm) {
    static final String MODEL_TYPE = "timm_vit";
    static final String POOLING = "global_pool";
    static final String AVERAGE = "avg";
    private static final String TOKEN = "token";
    private static final int MOST_REGISTERS = 1 << 16;
    private static final EncoderConfig USUAL =
            new EncoderConfig(768, 12, 12, 3072, HiddenAct.GELU, 0, 0, 0.02, 1e-6, 224, 224, 16, 16, 3);

    TimmViTConfig {
        EncoderConfig.requireBetween("num_register_tokens", registers, 0, MOST_REGISTERS);
        if (!classToken && !averages) {
            throw new InputException(POOLING + " is '" + TOKEN + "', but class_token is false; correct config.json");
        }
    }

    static TimmViTConfig of(JsonObject json) {
        String pooling = json.text(POOLING, TOKEN);
        if (!pooling.equals(TOKEN) && !pooling.equals(AVERAGE)) {
            throw json.wrong(POOLING, "\"" + TOKEN + "\" or \"" + AVERAGE + "\"");
        }
        return new TimmViTConfig(
                EncoderConfig.of(json, EncoderConfig.Keys.CLIP, USUAL),
                json.bool("qkv_bias", true),
                json.has("layerscale_value") ? Optional.of(json.number("layerscale_value")) : Optional.empty(),
                json.bool("class_token", true),
                json.integer("num_register_tokens", 0),
                !json.bool("no_embed_class", false),
                json.bool("pre_norm", false),
                pooling.equals(AVERAGE),
                json.bool("fc_norm", pooling.equals(AVERAGE)));
    }

    /** Tokens before those of the patches. */
    int before() {
        return (classToken ? 1 : 0) + registers;
    }

    /** Tokens with position embeddings. */
    int places() {
        return encoder.grid(placesPrefix ? before() : 0).tokens();
    }

    /** The same with features pooled otherwise, from tokens that are normalised where they were. */
    static JsonObject withPooling(JsonObject json, boolean average) {
        String pooling = average ? AVERAGE : TOKEN;
        TimmViTConfig before = of(json);
        return json.with(POOLING, pooling)
                .with("fc_norm", before.fcNorm)
                .with(
                        TimmFolder.ARGUMENTS,
                        json.object(TimmFolder.ARGUMENTS).with(POOLING, pooling).with("fc_norm", before.fcNorm));
    }

    /** {@code config.json}, which timm reads, too. */
    JsonObject writtenOver(JsonObject base, int labels) {
        JsonObject sized = encoder.writtenOver(base, EncoderConfig.Keys.CLIP)
                .with("model_type", MODEL_TYPE)
                .with("qkv_bias", qkvBias)
                .with("class_token", classToken)
                .with("num_register_tokens", registers)
                .with("no_embed_class", !placesPrefix)
                .with("pre_norm", preNorm)
                .with("fc_norm", fcNorm)
                .with(POOLING, averages ? AVERAGE : TOKEN);
        return TimmFolder.written(sized, base, encoder, labels);
    }
}
