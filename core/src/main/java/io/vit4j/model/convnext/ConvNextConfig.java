package io.vit4j.model.convnext;

import io.vit4j.base.JsonObject;
import io.vit4j.model.ConfigBounds;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.Initialization;
import io.vit4j.model.Sides;
import io.vit4j.model.hierarchical.Stages;
import java.util.List;

/**
 * The shape of a ConvNeXt: what {@code config.json} says, with transformers' names and defaults ({@code ConvNextConfig},
 * {@code ConvNextV2Config}).
 *
 * @param hiddenSizes channels of each stage
 * @param stages their layers
 * @param layerScale what the scale of a layer's contribution starts at; 0 for none
 * @param dropPathRate how often the last layer's contribution is dropped in training; linearly less often before
 */
record ConvNextConfig(
        Version version,
        int numChannels,
        Sides patch,
        Sides image,
        List<Integer> hiddenSizes,
        Stages stages,
        HiddenAct hiddenAct,
        double initializerRange,
        double layerNormEps,
        double layerScale,
        double dropPathRate) {
    private static final int MOST_CHANNELS = 4096;

    /** Of every norm but the last, whatever the configuration says. */
    static final double EPS = 1e-6;

    /** Checks that the sizes fit together; InputException if they do not. */
    ConvNextConfig {
        ConfigBounds.requireBetween("num_channels", numChannels, 1, MOST_CHANNELS);
        ConfigBounds.requirePatches(image, patch);
        hiddenSizes = stages.requireEach("hidden_sizes", hiddenSizes);
        hiddenSizes.forEach(size -> ConfigBounds.requireBetween("hidden_sizes", size, 1, ConfigBounds.LARGEST / 4));
        ConfigBounds.requireProbability("drop_path_rate", dropPathRate);
        ConfigBounds.requireNotNegative("initializer_range", initializerRange);
        ConfigBounds.requireNotNegative("layer_norm_eps", layerNormEps);
    }

    static ConvNextConfig of(Version version, JsonObject json) {
        List<Integer> sizes = Stages.read(json, "hidden_sizes", List.of(96, 192, 384, 768));
        int stages = json.integer("num_stages", sizes.size());
        if (stages != sizes.size()) {
            throw json.wrong("num_stages", "the length of hidden_sizes");
        }
        return new ConvNextConfig(
                version,
                json.integer("num_channels", 3),
                Sides.read(json, "patch_size", 4),
                Sides.read(json, "image_size", 224),
                sizes,
                new Stages(Stages.read(json, "depths", List.of(3, 3, 9, 3))),
                HiddenAct.parse(json.text("hidden_act", "gelu")),
                json.number("initializer_range", 0.02),
                json.number("layer_norm_eps", 1e-12),
                version == Version.V1 ? Math.max(json.number("layer_scale_init_value", 1e-6), 0) : 0,
                json.number("drop_path_rate", 0));
    }

    /** How products and convolutions start; transformers takes a range of 0 for one that is not given. */
    Initialization init() {
        return Initialization.normal(initializerRange == 0 ? 0.02 : initializerRange);
    }

    /** How often the contribution of a layer is dropped. */
    double dropPath(Stages.Layer layer) {
        return stages.dropPath(dropPathRate, layer);
    }

    /** {@return what is in front of the names of all weights but the classifier's} */
    String prefix() {
        return version.modelType() + ".";
    }

    /** {@code config.json} as transformers reads it back; what else is in {@code base} is kept. */
    JsonObject writtenOver(JsonObject base) {
        JsonObject json = base.with("architectures", List.of(version.architecture()))
                .with("model_type", version.modelType())
                .with("num_channels", numChannels)
                .with("num_stages", hiddenSizes.size())
                .with("hidden_sizes", hiddenSizes)
                .with("depths", stages.depths())
                .with("hidden_act", hiddenAct.toString())
                .with("initializer_range", initializerRange)
                .with("layer_norm_eps", layerNormEps)
                .with("drop_path_rate", dropPathRate);
        json = image.writtenOver(patch.writtenOver(json, "patch_size"), "image_size");
        return version == Version.V1 ? json.with("layer_scale_init_value", layerScale) : json;
    }
}
