package io.vit4j.model.transformer;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.TokenGrid;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The sizes of a transformer over patches, as a {@code config.json} of transformers gives them. What a family keeps beside them it reads
 * by itself.
 *
 * @param imageHeight rows of a picture
 * @param imageWidth columns of a picture
 */
public record EncoderConfig(
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
        int numChannels) {

    /** What transformers' {@code ViTConfig} has where a file says nothing. */
    public static final EncoderConfig VIT =
            new EncoderConfig(768, 12, 12, 3072, HiddenAct.GELU, 0, 0, 0.02, 1e-12, 224, 224, 16, 16, 3);

    private static final int LARGEST = 1 << 20;

    /** Of a picture with as many patches as there may be, with 64 heads. */
    private static final long MOST_SCORES = 1L << 46;

    /** How a family's {@code config.json} calls the probabilities of dropout. */
    public enum Keys {
        /** {@code hidden_dropout_prob} and {@code attention_probs_dropout_prob}. */
        VIT,
        /** {@code attention_dropout}; nothing else is dropped. */
        CLIP
    }

    /** Checks that the sizes fit together; InputException if they do not. */
    public EncoderConfig {
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

    /**
     * What a configuration says; InputException if the sizes do not fit together.
     *
     * @param otherwise what holds where it says nothing
     */
    public static EncoderConfig of(JsonObject json, Keys keys, EncoderConfig otherwise) {
        int[] image = pair(json, "image_size", otherwise.imageHeight, otherwise.imageWidth);
        int[] patch = pair(json, "patch_size", otherwise.patchHeight, otherwise.patchWidth);
        return new EncoderConfig(
                json.integer("hidden_size", otherwise.hiddenSize),
                json.integer("num_hidden_layers", otherwise.numHiddenLayers),
                json.integer("num_attention_heads", otherwise.numAttentionHeads),
                json.integer("intermediate_size", otherwise.intermediateSize),
                json.has("hidden_act") ? HiddenAct.parse(json.text("hidden_act")) : otherwise.hiddenAct,
                keys == Keys.VIT ? json.number("hidden_dropout_prob", otherwise.hiddenDropoutProb) : 0,
                json.number(
                        keys == Keys.VIT ? "attention_probs_dropout_prob" : "attention_dropout",
                        otherwise.attentionProbsDropoutProb),
                json.number("initializer_range", otherwise.initializerRange),
                json.number("layer_norm_eps", otherwise.layerNormEps),
                image[0],
                image[1],
                patch[0],
                patch[1],
                json.integer("num_channels", otherwise.numChannels));
    }

    /** A whole number for both sides, or {@code [height, width]}. */
    private static int[] pair(JsonObject json, String key, int height, int width) {
        List<Integer> given = json.integers(key);
        return switch (given.size()) {
            case 0 -> new int[] {height, width};
            case 1 -> new int[] {given.get(0), given.get(0)};
            case 2 -> new int[] {given.get(0), given.get(1)};
            default -> throw json.wrong(key, "a whole number or [height, width]");
        };
    }

    /** The same with another norm, for a family that defaults to it. */
    public EncoderConfig withLayerNormEps(double eps) {
        return new EncoderConfig(
                hiddenSize,
                numHiddenLayers,
                numAttentionHeads,
                intermediateSize,
                hiddenAct,
                hiddenDropoutProb,
                attentionProbsDropoutProb,
                initializerRange,
                eps,
                imageHeight,
                imageWidth,
                patchHeight,
                patchWidth,
                numChannels);
    }

    /** The same with so many numbers between an MLP's two maps, for a family that says it in its own way. */
    public EncoderConfig withIntermediateSize(int size) {
        return resized(hiddenSize, numHiddenLayers, numAttentionHeads, size);
    }

    /** The same for another transformer over the same patches, such as a decoder. */
    public EncoderConfig resized(int hidden, int layers, int heads, int intermediate) {
        return new EncoderConfig(
                hidden,
                layers,
                heads,
                intermediate,
                hiddenAct,
                hiddenDropoutProb,
                attentionProbsDropoutProb,
                initializerRange,
                layerNormEps,
                imageHeight,
                imageWidth,
                patchHeight,
                patchWidth,
                numChannels);
    }

    /**
     * Configurations of DeiT's three sizes (Touvron et al. 2021): tiny, small and base, patch 16 at 224x224.
     *
     * @param modelType which they are named after, too: {@code deit-tiny}
     */
    public static Map<String, JsonObject> presets(String modelType) {
        Map<String, JsonObject> presets = new LinkedHashMap<>();
        presets.put(modelType + "-tiny", preset(modelType, 192, 3));
        presets.put(modelType + "-small", preset(modelType, 384, 6));
        presets.put(modelType + "-base", preset(modelType, 768, 12));
        return presets;
    }

    private static JsonObject preset(String modelType, int hidden, int heads) {
        return JsonObject.empty()
                .with("model_type", modelType)
                .with("hidden_size", hidden)
                .with("num_attention_heads", heads)
                .with("intermediate_size", 4 * hidden);
    }

    /** {@return numbers of one attention head} */
    public int headSize() {
        return hiddenSize / numAttentionHeads;
    }

    /** Where tokens lie in the pictures it is for, after so many tokens without a place among the patches. */
    public TokenGrid grid(int before) {
        return new TokenGrid(before, imageHeight / patchHeight, imageWidth / patchWidth);
    }

    /** A configuration as transformers reads it back; what else is in {@code base} is kept. */
    public JsonObject writtenOver(JsonObject base, Keys keys) {
        JsonObject json = base.with("hidden_size", hiddenSize)
                .with("num_hidden_layers", numHiddenLayers)
                .with("num_attention_heads", numAttentionHeads)
                .with("intermediate_size", intermediateSize)
                .with("hidden_act", hiddenAct.toString());
        json = keys == Keys.VIT
                ? json.with("hidden_dropout_prob", hiddenDropoutProb)
                        .with("attention_probs_dropout_prob", attentionProbsDropoutProb)
                : json.with("attention_dropout", attentionProbsDropoutProb);
        json = json.with("initializer_range", initializerRange).with("layer_norm_eps", layerNormEps);
        json = withPair(json, "image_size", imageHeight, imageWidth);
        return withPair(json, "patch_size", patchHeight, patchWidth).with("num_channels", numChannels);
    }

    private static JsonObject withPair(JsonObject json, String key, int height, int width) {
        return height == width ? json.with(key, height) : json.with(key, List.of(height, width));
    }

    /** In a few words, for reports: {@code 12 layers of 768 (12 heads), patches of 16, pictures of 224}. */
    public String describe() {
        return numHiddenLayers + " layers of " + hiddenSize + " (" + numAttentionHeads + " heads), patches of "
                + sides(patchHeight, patchWidth) + ", pictures of " + sides(imageHeight, imageWidth);
    }

    private static String sides(int height, int width) {
        return height == width ? Integer.toString(height) : height + "x" + width;
    }

    /** InputException that names what is not between two numbers, these included. */
    public static void requireBetween(String what, long value, long least, long most) {
        if (value < least || value > most) {
            throw new InputException(
                    what + " is " + value + ", not between " + least + " and " + most + "; correct config.json");
        }
    }

    /** InputException that names what is no probability of dropping something. */
    public static void requireProbability(String what, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new InputException(what + " is " + value + ", not at least 0 and below 1; correct config.json");
        }
    }
}
