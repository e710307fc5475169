package io.vit4j.model.beit;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Pooling;
import io.vit4j.model.RowsRead;
import io.vit4j.model.Sides;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.EncoderLayerDefinition;
import io.vit4j.model.transformer.FirstTokens;
import io.vit4j.model.transformer.LayerScale;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.model.transformer.PatchMean;
import io.vit4j.model.transformer.ViTNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A Vision Transformer whose attention knows how patches lie to each other, and whose layers' contributions are scaled (Bao et al. 2022):
 * the blocks {@code [embeddings, layer 0, ..., layer L-1, head]}.
 */
abstract class RelativePositionArchitecture implements Architecture {
    private static final RowsRead CLASS_TOKEN = RowsRead.first(1);

    private final BeitFamily family;
    private final ViTNames names;
    private final BeitWeightNames weightNames;

    RelativePositionArchitecture(BeitFamily family) {
        this.family = family;
        names = new ViTNames(family.prefix());
        weightNames = new BeitWeightNames(family);
    }

    @Override
    public final String modelType() {
        return family.modelType();
    }

    @Override
    public final ModelDefinition define(JsonObject json) {
        BeitConfig config = BeitConfig.of(json);
        EncoderConfig sizes = config.sizes();
        PatchEmbeddingsDefinition patches = patches(config);
        ModelDefinition.Builder model = ModelDefinition.builder(this, config.writtenOver(json, family))
                .pictures(sizes.numChannels(), sizes.imageHeight(), sizes.imageWidth())
                .tokenGrid(patches::grid);
        Optional<SharedTable> shared = config.biasesAllLayers()
                ? Optional.of(new SharedTable(weightNames.sharedTable(), config.positions(), sizes.hiddenSize()))
                : Optional.empty();
        List<BlockDefinition> blocks = new ArrayList<>();
        blocks.add(new BeitEmbeddings(patches, maskToken(config), shared));
        for (int index = 0; index < sizes.numHiddenLayers(); index++) {
            EncoderLayerDefinition layer = layer(config, index);
            blocks.add(shared.<BlockDefinition>map(table -> new SharedTable.Layer(layer, table, config.patch()))
                    .orElse(layer));
        }
        HeadDefinition head = HeadDefinition.linear(
                features(config, shared),
                config.meanPooling() ? RowsRead.ALL : CLASS_TOKEN,
                "classifier",
                sizes.hiddenSize(),
                model.labelCount(),
                Initialization.normal(sizes.initializerRange()));
        return model.blocks(blocks).head(head).build();
    }

    private PatchEmbeddingsDefinition patches(BeitConfig config) {
        EncoderConfig sizes = config.sizes();
        String prefix = names.embeddings();
        PatchEmbeddingsDefinition patches = new PatchEmbeddingsDefinition(
                        sizes,
                        List.of(new PatchEmbeddingsDefinition.Token(
                                new ParameterSpec(
                                        prefix + "cls_token", Initialization.zeros(), 1, 1, sizes.hiddenSize()),
                                1)),
                        config.usesPositions()
                                ? Optional.of(new PatchEmbeddingsDefinition.Positions(new ParameterSpec(
                                        prefix + "position_embeddings",
                                        Initialization.zeros(),
                                        1,
                                        config.grid().tokens(),
                                        sizes.hiddenSize())))
                                : Optional.empty(),
                        Linear.Named.biased(prefix + "patch_embeddings.projection"))
                .withDropout(sizes.hiddenDropoutProb());
        return config.knowsPlaces() ? patches.forLayersThatKnowPlaces() : patches;
    }

    private Optional<ParameterSpec> maskToken(BeitConfig config) {
        return config.usesMaskToken()
                ? Optional.of(new ParameterSpec(
                                names.embeddings() + "mask_token",
                                Initialization.zeros(),
                                1,
                                1,
                                config.sizes().hiddenSize())
                        .withoutDecay()) // what has no gradient does not move
                : Optional.empty();
    }

    private EncoderLayerDefinition layer(BeitConfig config, int index) {
        EncoderConfig sizes = config.sizes();
        String prefix = names.layer(index);
        boolean last = index == sizes.numHiddenLayers() - 1;
        EncoderLayerDefinition layer = names.layer(sizes, index, true, false)
                .withDropPath(config.dropPath(index))
                .reading(last && !config.meanPooling() ? CLASS_TOKEN : RowsRead.ALL);
        if (config.layerScale() > 0) {
            layer = layer.withScales(
                    new LayerScale(prefix + "lambda_1", config.layerScale()),
                    new LayerScale(prefix + "lambda_2", config.layerScale()));
        }
        return config.biasesEachLayer()
                ? layer.with(new OwnTable(weightNames.ownTable(index), config.positions(), config.patch()))
                : layer;
    }

    private BeitFeatures features(BeitConfig config, Optional<SharedTable> shared) {
        EncoderConfig sizes = config.sizes();
        if (!config.meanPooling()) {
            return new BeitFeatures(new FirstTokens(names.norm(sizes), 1, sizes.hiddenSize()), Optional.empty());
        }
        LayerNorm.Named norm = new LayerNorm.Named(family.prefix() + ".pooler.layernorm", sizes.layerNormEps());
        return new BeitFeatures(new PatchMean(1, sizes.hiddenSize(), Optional.empty(), Optional.of(norm)), shared);
    }

    @Override
    public final String describe(JsonObject json) {
        BeitConfig config = BeitConfig.of(json);
        return family.title() + ", " + config.sizes().describe();
    }

    @Override
    public final String canonicalName(String stored) {
        return canonicalName(stored, Set.of(stored));
    }

    @Override
    public final String canonicalName(String stored, Set<String> all) {
        return weightNames.canonical(stored, all);
    }

    @Override
    public final boolean passesOver(String name) {
        return BeitWeightNames.isBuffer(name);
    }

    @Override
    public final JsonObject withPooling(JsonObject config, Pooling pooling) {
        return switch (pooling) {
            case CLS -> config.with("use_mean_pooling", false);
            case MEAN -> config.with("use_mean_pooling", true);
            case CLS_MEAN ->
                throw new InputException("models of type '" + modelType() + "' pool the class token or the mean of the"
                        + " patches, not both; use pooling cls or mean");
        };
    }

    @Override
    public final JsonObject withImageSize(JsonObject config, int height, int width) {
        BeitConfig now = BeitConfig.of(config);
        return now.knowsPlaces() || now.usesPositions()
                ? new Sides(height, width).squareOver(config, "image_size")
                : Architecture.super.withImageSize(config, height, width);
    }
}
