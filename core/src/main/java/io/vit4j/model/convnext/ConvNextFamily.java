package io.vit4j.model.convnext;

import io.vit4j.base.JsonObject;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.hierarchical.AveragePooling;
import io.vit4j.model.hierarchical.HierarchicalArchitecture;
import io.vit4j.model.hierarchical.PatchEmbedding;
import io.vit4j.model.hierarchical.Stages;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What both versions share. */
abstract class ConvNextFamily extends HierarchicalArchitecture {
    private final Version version;

    ConvNextFamily(Version version) {
        super(version.modelType());
        this.version = version;
    }

    @Override
    public ModelDefinition define(JsonObject json) {
        ConvNextConfig config = ConvNextConfig.of(version, json);
        List<ConvNextLayer.Definition> layers = config.stages().layers().stream()
                .map(place -> new ConvNextLayer.Definition(config, place))
                .toList();
        int features = config.hiddenSizes().get(config.stages().count() - 1);
        return define(
                config.writtenOver(json),
                config.image(),
                embedding(config),
                layers,
                new AveragePooling(config.prefix() + "layernorm", features, config.layerNormEps(), false),
                config.init());
    }

    private static PatchEmbedding embedding(ConvNextConfig config) {
        return new PatchEmbedding(
                config.numChannels(),
                config.patch(),
                false,
                config.hiddenSizes().get(0),
                config.prefix() + "embeddings.patch_embeddings",
                config.init(),
                config.prefix() + "embeddings.layernorm",
                ConvNextConfig.EPS,
                Optional.empty(),
                0);
    }

    /** The smallest that was published; transformers' defaults are its sizes. */
    @Override
    public Map<String, JsonObject> presets() {
        return Map.of(modelType() + "-tiny", JsonObject.empty().with("model_type", modelType()));
    }

    @Override
    public String describe(JsonObject json) {
        ConvNextConfig config = ConvNextConfig.of(version, json);
        return version.title() + ", " + Stages.joined(config.stages().depths()) + " layers of "
                + Stages.joined(config.hiddenSizes()) + " channels, patches of " + config.patch() + ", pictures of "
                + config.image();
    }
}
