package io.vit4j.model.swin;

import io.vit4j.base.JsonObject;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.hierarchical.AveragePooling;
import io.vit4j.model.hierarchical.HierarchicalArchitecture;
import io.vit4j.model.hierarchical.PatchEmbedding;
import io.vit4j.model.hierarchical.Stages;
import java.util.List;
import java.util.Optional;

/** What both versions share. */
abstract class SwinFamily extends HierarchicalArchitecture {
    private final Version version;

    SwinFamily(Version version) {
        super(version.modelType());
        this.version = version;
    }

    @Override
    public ModelDefinition define(JsonObject json) {
        SwinConfig config = SwinConfig.of(version, json);
        List<SwinLayer.Definition> layers = config.stages().layers().stream()
                .map(place -> new SwinLayer.Definition(config, place))
                .toList();
        int features = config.channels(config.stages().count() - 1);
        return define(
                config.writtenOver(json),
                config.image(),
                embedding(config),
                layers,
                new AveragePooling(config.prefix() + "layernorm", features, config.layerNormEps(), true),
                config.init());
    }

    private static PatchEmbedding embedding(SwinConfig config) {
        PatchEmbedding.Positions positions = new PatchEmbedding.Positions(
                config.prefix() + "embeddings.position_embeddings",
                config.image().height() / config.patch().height(),
                config.image().width() / config.patch().width());
        return new PatchEmbedding(
                config.numChannels(),
                config.patch(),
                true,
                config.embedDim(),
                config.prefix() + "embeddings.patch_embeddings.projection",
                config.init(),
                config.prefix() + "embeddings.norm",
                SwinConfig.EPS,
                config.absolutePositions() ? Optional.of(positions) : Optional.empty(),
                config.hiddenDropoutProb());
    }

    @Override
    public String describe(JsonObject json) {
        SwinConfig config = SwinConfig.of(version, json);
        return version.title() + ", " + Stages.joined(config.stages().depths()) + " layers of " + config.embedDim()
                + " channels and more, windows of " + config.windowSize() + ", patches of " + config.patch()
                + ", pictures of " + config.image();
    }

    @Override
    public String canonicalName(String stored) {
        return SwinWeightNames.withinLayer(super.canonicalName(stored));
    }

    /** Indices and coordinates of relative positions, which older files have. */
    @Override
    public boolean passesOver(String stored) {
        return SwinWeightNames.isBuffer(stored);
    }
}
