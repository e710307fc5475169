package io.vit4j.model.swin;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.ConfigBounds;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.Initialization;
import io.vit4j.model.Sides;
import io.vit4j.model.hierarchical.Stages;
import java.util.List;

/**
 * The shape of a Swin Transformer: what {@code config.json} says, with transformers' names and defaults ({@code SwinConfig},
 * {@code Swinv2Config}).
 *
 * @param embedDim channels of the first stage; each has twice those of the stage before
 * @param stages their layers
 * @param numHeads attention heads of each stage
 * @param windowSize places on a window's side
 * @param pretrainedWindowSizes of each stage, those that the weights were first trained with; 0 for this one (V2)
 * @param mlpRatio how many times a layer's channels its MLP has within
 * @param dropPathRate how often the last layer's contribution is dropped in training; linearly less often before
 * @param absolutePositions whether position embeddings are added to the patches
 */
record SwinConfig(
        Version version,
        Sides image,
        Sides patch,
        int numChannels,
        int embedDim,
        Stages stages,
        List<Integer> numHeads,
        int windowSize,
        List<Integer> pretrainedWindowSizes,
        double mlpRatio,
        boolean qkvBias,
        double hiddenDropoutProb,
        double attentionProbsDropoutProb,
        double dropPathRate,
        HiddenAct hiddenAct,
        boolean absolutePositions,
        double initializerRange,
        double layerNormEps) {
    private static final int MOST_CHANNELS = 4096;
    private static final int LARGEST_WINDOW = 1024;
    private static final double LARGEST_RATIO = 1024;

    /** Of the norms over patches and over merged places, whatever the configuration says. */
    static final double EPS = 1e-5;

    /** Checks that the sizes fit together; InputException if they do not. */
    SwinConfig {
        ConfigBounds.requireBetween("num_channels", numChannels, 1, MOST_CHANNELS);
        ConfigBounds.requirePatches(image, patch);
        numHeads = stages.requireEach("num_heads", numHeads);
        ConfigBounds.requireBetween("embed_dim", embedDim, 1, ConfigBounds.LARGEST >> stages.count());
        for (int stage = 0; stage < stages.count(); stage++) {
            ConfigBounds.requireBetween("num_heads", numHeads.get(stage), 1, ConfigBounds.LARGEST);
            if ((embedDim << stage) % numHeads.get(stage) != 0) {
                throw new InputException("the " + (embedDim << stage) + " channels of stage " + (stage + 1)
                        + " (embed_dim) are not a multiple of its " + numHeads.get(stage)
                        + " num_heads; correct config.json");
            }
        }
        ConfigBounds.requireBetween("window_size", windowSize, 1, LARGEST_WINDOW);
        if (version == Version.V2) {
            requirePretrained(stages, pretrainedWindowSizes);
            int smallest = (image.height() / patch.height()) >> (stages.count() - 1);
            ConfigBounds.requireBetween("the rows of the last stage (image_size)", smallest, 1, ConfigBounds.LARGEST);
        }
        if (!(mlpRatio > 0 && mlpRatio <= LARGEST_RATIO) || (int) (mlpRatio * embedDim) < 1) {
            throw new InputException("mlp_ratio is " + mlpRatio + ", not above 0 and at most " + LARGEST_RATIO
                    + "; correct config.json");
        }
        ConfigBounds.requireProbability("hidden_dropout_prob", hiddenDropoutProb);
        ConfigBounds.requireProbability("attention_probs_dropout_prob", attentionProbsDropoutProb);
        ConfigBounds.requireProbability("drop_path_rate", dropPathRate);
        ConfigBounds.requireNotNegative("initializer_range", initializerRange);
        ConfigBounds.requireNotNegative("layer_norm_eps", layerNormEps);
        if (version == Version.V2 && absolutePositions) {
            throw new InputException(
                    "use_absolute_embeddings is true, which transformers cannot run for swinv2 (it has one"
                            + " position more than patches); set it to false");
        }
        if (absolutePositions && (image.height() % patch.height() != 0 || image.width() % patch.width() != 0)) {
            throw new InputException("use_absolute_embeddings is true, but pictures of " + image
                    + " (image_size) are not whole patches of " + patch + "; correct config.json");
        }
        pretrainedWindowSizes = List.copyOf(pretrainedWindowSizes);
    }

    private static void requirePretrained(Stages stages, List<Integer> sizes) {
        if (sizes.size() < stages.count()) {
            throw new InputException("pretrained_window_sizes " + sizes + " has fewer numbers than depths "
                    + stages.depths() + " has stages; correct config.json");
        }
        for (int size : sizes) {
            ConfigBounds.requireBetween("pretrained_window_sizes", size, 0, LARGEST_WINDOW);
            if (size == 1) {
                throw new InputException("pretrained_window_sizes has a window of 1, in which no place is beside"
                        + " another; correct config.json");
            }
        }
    }

    static SwinConfig of(Version version, JsonObject json) {
        return new SwinConfig(
                version,
                Sides.read(json, "image_size", 224),
                Sides.read(json, "patch_size", 4),
                json.integer("num_channels", 3),
                json.integer("embed_dim", 96),
                new Stages(Stages.read(json, "depths", List.of(2, 2, 6, 2))),
                Stages.read(json, "num_heads", List.of(3, 6, 12, 24)),
                json.integer("window_size", 7),
                version == Version.V2 ? Stages.read(json, "pretrained_window_sizes", List.of(0, 0, 0, 0)) : List.of(),
                json.number("mlp_ratio", 4),
                json.bool("qkv_bias", true),
                json.number("hidden_dropout_prob", 0),
                json.number("attention_probs_dropout_prob", 0),
                json.number("drop_path_rate", 0.1),
                HiddenAct.parse(json.text("hidden_act", "gelu")),
                json.bool("use_absolute_embeddings", false),
                json.number("initializer_range", 0.02),
                json.number("layer_norm_eps", 1e-5));
    }

    /** Channels of a stage, counted from 0. */
    int channels(int stage) {
        return embedDim << stage;
    }

    /** Channels within the MLP of a stage's layers. */
    int inner(int stage) {
        return (int) (mlpRatio * channels(stage));
    }

    /** How products start; transformers takes a range of 0 for one that is not given, in V1. */
    Initialization init() {
        boolean unset = version == Version.V1 && initializerRange == 0;
        return Initialization.normal(unset ? 0.02 : initializerRange);
    }

    /** How often the contribution of a layer is dropped. */
    double dropPath(Stages.Layer layer) {
        return stages.dropPath(dropPathRate, layer);
    }

    /** {@return what is in front of the names of all weights but the classifier's} */
    String prefix() {
        return version.modelType() + ".";
    }

    /**
     * The window of a stage of V2, whose weights are made for it: that of the configuration, or all rows of the pictures that the
     * model is made for if they are fewer.
     */
    int madeForWindow(int stage) {
        return Math.min(windowSize, rowsMadeFor(stage));
    }

    /** Rows of a stage, of the pictures that the model is made for, as transformers counts them: halves are dropped. */
    int rowsMadeFor(int stage) {
        return (image.height() / patch.height()) >> stage;
    }

    /** {@code config.json} as transformers reads it back; what else is in {@code base} is kept. */
    JsonObject writtenOver(JsonObject base) {
        JsonObject json = base.with("architectures", List.of(version.architecture()))
                .with("model_type", version.modelType())
                .with("num_channels", numChannels)
                .with("embed_dim", embedDim)
                .with("depths", stages.depths())
                .with("num_heads", numHeads)
                .with("window_size", windowSize)
                .with("mlp_ratio", mlpRatio)
                .with("qkv_bias", qkvBias)
                .with("hidden_dropout_prob", hiddenDropoutProb)
                .with("attention_probs_dropout_prob", attentionProbsDropoutProb)
                .with("drop_path_rate", dropPathRate)
                .with("hidden_act", hiddenAct.toString())
                .with("use_absolute_embeddings", absolutePositions)
                .with("initializer_range", initializerRange)
                .with("layer_norm_eps", layerNormEps);
        json = image.writtenOver(patch.writtenOver(json, "patch_size"), "image_size");
        return version == Version.V2 ? json.with("pretrained_window_sizes", pretrainedWindowSizes) : json;
    }
}
