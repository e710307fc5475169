package io.vit4j.model.vit;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.HiddenAct;
import java.util.List;

/**
 * The shape of a Vision Transformer: what {@code config.json} of a Hugging Face ViT checkpoint says, with transformers'
 * names and defaults ({@code ViTConfig}).
 *
 * @param imageHeight rows of a picture
 * @param imageWidth columns of a picture
 */
record ViTConfig(
        int hiddenSize,
        int numHiddenLayers,
        int numAttentionHeads,
        int intermediateSize,
        HiddenAct hiddenAct,
        double hiddenDropoutProb,
        double attentionProbsDropoutProb,
        double initializerRange,
        double layerNormEps,
        int imageHeight,
        int imageWidth,
        int patchHeight,
        int patchWidth,
        int numChannels,
        boolean qkvBias) {

    private static final int LARGEST = 1 << 20;

    /** Of a picture with as many patches as there may be, with 64 heads. */
    private static final long MOST_SCORES = 1L << 46;

    /** Checks that the sizes fit together; InputException if they do not. */
    ViTConfig {
        requireBetween("hidden_size", hiddenSize, 1, LARGEST);
        requireBetween("num_hidden_layers", numHiddenLayers, 1, 10_000);
        requireBetween("num_attention_heads", numAttentionHeads, 1, LARGEST);
        requireBetween("intermediate_size", intermediateSize, 1, LARGEST);
        requireBetween("image_size", imageHeight, 1, LARGEST);
        requireBetween("image_size", imageWidth, 1, LARGEST);
        requireBetween("patch_size", patchHeight, 1, imageHeight);
        requireBetween("patch_size", patchWidth, 1, imageWidth);
        requireBetween(
                "the number of patches (image_size by patch_size)",
                (long) (imageHeight / patchHeight) * (imageWidth / patchWidth),
                1,
                LARGEST);
        long tokens = (long) (imageHeight / patchHeight) * (imageWidth / patchWidth) + 1;
        requireBetween(
                "the number of attention scores (num_attention_heads for each pair of tokens)",
                numAttentionHeads * tokens * tokens, // at most 2^60
                1,
                MOST_SCORES);
        requireBetween("num_channels", numChannels, 1, 4096);
        if (hiddenSize % numAttentionHeads != 0) {
            throw new InputException("hidden_size " + hiddenSize + " is not a multiple of num_attention_heads "
                    + numAttentionHeads + "; correct config.json");
        }
        requireProbability("hidden_dropout_prob", hiddenDropoutProb);
        requireProbability("attention_probs_dropout_prob", attentionProbsDropoutProb);
        if (!(initializerRange >= 0) || !(layerNormEps >= 0)) {
            throw new InputException("initializer_range and layer_norm_eps must not be negative; correct config.json");
        }
    }

    static ViTConfig of(JsonObject json) {
        int[] image = pair(json, "image_size", 224);
        int[] patch = pair(json, "patch_size", 16);
        return new ViTConfig(
                json.integer("hidden_size", 768),
                json.integer("num_hidden_layers", 12),
                json.integer("num_attention_heads", 12),
                json.integer("intermediate_size", 3072),
                HiddenAct.parse(json.text("hidden_act", "gelu")),
                json.number("hidden_dropout_prob", 0),
                json.number("attention_probs_dropout_prob", 0),
                json.number("initializer_range", 0.02),
                json.number("layer_norm_eps", 1e-12),
                image[0],
                image[1],
                patch[0],
                patch[1],
                json.integer("num_channels", 3),
                json.bool("qkv_bias", true));
    }

    /** A whole number for both sides, or {@code [height, width]}. */
    private static int[] pair(JsonObject json, String key, int otherwise) {
        List<Integer> given = json.integers(key);
        return switch (given.size()) {
            case 0 -> new int[] {otherwise, otherwise};
            case 1 -> new int[] {given.get(0), given.get(0)};
            case 2 -> new int[] {given.get(0), given.get(1)};
            default -> throw json.wrong(key, "a whole number or [height, width]");
        };
    }

    /** Width of one attention head. */
    int headSize() {
        return hiddenSize / numAttentionHeads;
    }

    /** Rows of the grid of patches. */
    int gridHeight() {
        return imageHeight / patchHeight;
    }

    /** Columns of the grid of patches. */
    int gridWidth() {
        return imageWidth / patchWidth;
    }

    /** Tokens of a picture: its patches and the class token. */
    int tokens() {
        return gridHeight() * gridWidth() + 1;
    }

    /** {@code config.json} as transformers reads it back; what else is in {@code base} is kept. */
    JsonObject writtenOver(JsonObject base) {
        JsonObject json = base.with("architectures", List.of("ViTForImageClassification"))
                .with("model_type", ViTArchitecture.MODEL_TYPE)
                .with("hidden_size", hiddenSize)
                .with("num_hidden_layers", numHiddenLayers)
                .with("num_attention_heads", numAttentionHeads)
                .with("intermediate_size", intermediateSize)
                .with("hidden_act", hiddenAct.toString())
                .with("hidden_dropout_prob", hiddenDropoutProb)
                .with("attention_probs_dropout_prob", attentionProbsDropoutProb)
                .with("initializer_range", initializerRange)
                .with("layer_norm_eps", layerNormEps);
        json = withPair(json, "image_size", imageHeight, imageWidth);
        return withPair(json, "patch_size", patchHeight, patchWidth)
                .with("num_channels", numChannels)
                .with("qkv_bias", qkvBias);
    }

    private static JsonObject withPair(JsonObject json, String key, int height, int width) {
        return height == width ? json.with(key, height) : json.with(key, List.of(height, width));
    }

    private static void requireBetween(String what, long value, long least, long most) {
        if (value < least || value > most) {
            throw new InputException(
                    what + " is " + value + ", not between " + least + " and " + most + "; correct config.json");
        }
    }

    private static void requireProbability(String what, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new InputException(what + " is " + value + ", not at least 0 and below 1; correct config.json");
        }
    }
}
