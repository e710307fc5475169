package io.vit4j.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.data.LabelNames;
import io.vit4j.data.ProblemType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The shape of a Vision Transformer: what {@code config.json} of a Hugging Face ViT checkpoint says, with transformers'
 * names and defaults ({@code ViTConfig}).
 *
 * @param imageHeight rows of a picture
 * @param imageWidth columns of a picture
 * @param labels the label of each logit, in order; one that repeats in the file gets the number of its logit, see
 *     {@link LabelNames}
 * @param problemType which loss fits; empty where the checkpoint leaves it to the data
 */
public record ViTConfig(
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
        boolean qkvBias,
        List<String> labels,
        Optional<ProblemType> problemType) {

    private static final int LARGEST = 1 << 20;

    /** Checks that the sizes fit together; InputException where they do not. */
    public ViTConfig {
        labels = LabelNames.distinct(labels);
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
        requireBetween("num_channels", numChannels, 1, 4096);
        requireBetween("number of labels", labels.size(), 1, LARGEST);
        if (hiddenSize % numAttentionHeads != 0) {
            throw new InputException("hidden_size " + hiddenSize + " is not a multiple of num_attention_heads "
                    + numAttentionHeads + "; correct config.json");
        }
        requireProbability("hidden_dropout_prob", hiddenDropoutProb);
        requireProbability("attention_probs_dropout_prob", attentionProbsDropoutProb);
        if (!(initializerRange >= 0) || !(layerNormEps >= 0)) {
            throw new InputException("initializer_range and layer_norm_eps may not be negative; correct config.json");
        }
    }

    /** {@code vit-tiny}, {@code vit-small} or {@code vit-base}: patch 16, 224x224, sizes of Touvron et al. 2021 (DeiT). */
    public static ViTConfig preset(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "vit-tiny" -> preset(192, 3, 768);
            case "vit-small" -> preset(384, 6, 1536);
            case "vit-base" -> preset(768, 12, 3072);
            default ->
                throw new InputException(
                        "'" + name + "' is no known model; give vit-tiny, vit-small, vit-base or a config.json");
        };
    }

    private static ViTConfig preset(int hidden, int heads, int mlp) {
        return new ViTConfig(
                hidden,
                12,
                heads,
                mlp,
                HiddenAct.GELU,
                0,
                0,
                0.02,
                1e-12,
                224,
                224,
                16,
                16,
                3,
                true,
                defaultLabels(2),
                Optional.empty());
    }

    /** Reads a {@code config.json}. */
    public static ViTConfig read(Path file) {
        return of(Json.readObject(file), file);
    }

    /** @param file where the JSON came from, for messages */
    public static ViTConfig of(ObjectNode json, Path file) {
        Fields fields = new Fields(json, file);
        String type = fields.string("model_type", "vit");
        if (!type.equals("vit")) {
            throw InputException.in(
                    file, "model_type is '" + type + "'; vit4j trains ViT checkpoints (model_type 'vit')");
        }
        int[] image = fields.pair("image_size", 224);
        int[] patch = fields.pair("patch_size", 16);
        try {
            return new ViTConfig(
                    fields.integer("hidden_size", 768),
                    fields.integer("num_hidden_layers", 12),
                    fields.integer("num_attention_heads", 12),
                    fields.integer("intermediate_size", 3072),
                    HiddenAct.parse(fields.string("hidden_act", "gelu")),
                    fields.number("hidden_dropout_prob", 0),
                    fields.number("attention_probs_dropout_prob", 0),
                    fields.number("initializer_range", 0.02),
                    fields.number("layer_norm_eps", 1e-12),
                    image[0],
                    image[1],
                    patch[0],
                    patch[1],
                    fields.integer("num_channels", 3),
                    fields.bool("qkv_bias", true),
                    fields.labels(),
                    fields.optionalString("problem_type").map(ProblemType::parse));
        } catch (InputException e) {
            throw e.getMessage().startsWith(file.toString()) ? e : InputException.in(file, e.getMessage(), e);
        }
    }

    /** The same model for other labels. */
    public ViTConfig withLabels(List<String> labels, ProblemType problemType) {
        return new ViTConfig(
                hiddenSize,
                numHiddenLayers,
                numAttentionHeads,
                intermediateSize,
                hiddenAct,
                hiddenDropoutProb,
                attentionProbsDropoutProb,
                initializerRange,
                layerNormEps,
                imageHeight,
                imageWidth,
                patchHeight,
                patchWidth,
                numChannels,
                qkvBias,
                labels,
                Optional.of(problemType));
    }

    /** The same model, its position embeddings made for pictures of that size. */
    public ViTConfig withImageSize(int height, int width) {
        return new ViTConfig(
                hiddenSize,
                numHiddenLayers,
                numAttentionHeads,
                intermediateSize,
                hiddenAct,
                hiddenDropoutProb,
                attentionProbsDropoutProb,
                initializerRange,
                layerNormEps,
                height,
                width,
                patchHeight,
                patchWidth,
                numChannels,
                qkvBias,
                labels,
                problemType);
    }

    /** Width of one attention head. */
    public int headSize() {
        return hiddenSize / numAttentionHeads;
    }

    /** Rows of the grid of patches. */
    public int gridHeight() {
        return imageHeight / patchHeight;
    }

    /** Columns of the grid of patches. */
    public int gridWidth() {
        return imageWidth / patchWidth;
    }

    /** Tokens of a picture: its patches and the class token. */
    public int tokens() {
        return gridHeight() * gridWidth() + 1;
    }

    /** {@code config.json} as transformers reads it back; unknown keys of {@code base} are kept. */
    public ObjectNode toJson(ObjectNode base) {
        ObjectNode json = base.deepCopy();
        json.putArray("architectures").add("ViTForImageClassification");
        json.put("model_type", "vit");
        json.put("hidden_size", hiddenSize);
        json.put("num_hidden_layers", numHiddenLayers);
        json.put("num_attention_heads", numAttentionHeads);
        json.put("intermediate_size", intermediateSize);
        json.put("hidden_act", hiddenAct.toString());
        json.put("hidden_dropout_prob", hiddenDropoutProb);
        json.put("attention_probs_dropout_prob", attentionProbsDropoutProb);
        json.put("initializer_range", initializerRange);
        json.put("layer_norm_eps", layerNormEps);
        putPair(json, "image_size", imageHeight, imageWidth);
        putPair(json, "patch_size", patchHeight, patchWidth);
        json.put("num_channels", numChannels);
        json.put("qkv_bias", qkvBias);
        ObjectNode id2label = json.putObject("id2label");
        ObjectNode label2id = json.putObject("label2id");
        for (int i = 0; i < labels.size(); i++) {
            id2label.put(Integer.toString(i), labels.get(i));
            label2id.put(labels.get(i), i);
        }
        json.remove("num_labels");
        problemType.ifPresent(type -> json.put("problem_type", type.configName()));
        json.remove("torch_dtype");
        json.put("dtype", "float32");
        return json;
    }

    private static void putPair(ObjectNode json, String key, int height, int width) {
        if (height == width) {
            json.put(key, height);
        } else {
            ArrayNode pair = json.putArray(key);
            pair.add(height).add(width);
        }
    }

    private static List<String> defaultLabels(int count) {
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            labels.add("LABEL_" + i);
        }
        return labels;
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

    /** Typed reading of the file's fields, each error naming file and key. */
    private record Fields(ObjectNode json, Path file) {
        private InputException wrong(String key, String expected) {
            return InputException.in(
                    file, "\"" + key + "\" is " + Json.describe(json.get(key)) + ", not " + expected + "; correct it");
        }

        private boolean absent(String key) {
            return !json.hasNonNull(key);
        }

        int integer(String key, int otherwise) {
            if (absent(key)) {
                return otherwise;
            }
            if (!json.get(key).canConvertToInt() || !json.get(key).isIntegralNumber()) {
                throw wrong(key, "a whole number");
            }
            return json.get(key).intValue();
        }

        double number(String key, double otherwise) {
            if (absent(key)) {
                return otherwise;
            }
            if (!json.get(key).isNumber()) {
                throw wrong(key, "a number");
            }
            return json.get(key).doubleValue();
        }

        boolean bool(String key, boolean otherwise) {
            if (absent(key)) {
                return otherwise;
            }
            if (!json.get(key).isBoolean()) {
                throw wrong(key, "true or false");
            }
            return json.get(key).booleanValue();
        }

        Optional<String> optionalString(String key) {
            if (absent(key)) {
                return Optional.empty();
            }
            if (!json.get(key).isTextual()) {
                throw wrong(key, "a string");
            }
            return Optional.of(json.get(key).textValue());
        }

        String string(String key, String otherwise) {
            return optionalString(key).orElse(otherwise);
        }

        int[] pair(String key, int otherwise) {
            JsonNode node = json.get(key);
            if (node instanceof ArrayNode list) {
                if (list.size() != 2 || !list.get(0).isInt() || !list.get(1).isInt()) {
                    throw wrong(key, "a whole number or [height, width]");
                }
                return new int[] {list.get(0).intValue(), list.get(1).intValue()};
            }
            int both = integer(key, otherwise);
            return new int[] {both, both};
        }

        List<String> labels() {
            if (absent("id2label")) {
                int count = integer("num_labels", 2);
                requireBetween("num_labels", count, 1, LARGEST);
                return defaultLabels(count);
            }
            if (!(json.get("id2label") instanceof ObjectNode byNumber)) {
                throw wrong("id2label", "an object of number to label");
            }
            List<String> labels = new ArrayList<>();
            for (int i = 0; i < byNumber.size(); i++) {
                JsonNode label = byNumber.get(Integer.toString(i));
                if (label == null || !label.isTextual()) {
                    throw InputException.in(
                            file,
                            "\"id2label\" has " + byNumber.size() + " entries but no label for " + i
                                    + "; it needs one for each number from 0");
                }
                labels.add(label.textValue());
            }
            return labels;
        }
    }
}
