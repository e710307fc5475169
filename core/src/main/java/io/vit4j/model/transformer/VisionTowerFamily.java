package io.vit4j.model.transformer;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.RowsRead;
import io.vit4j.model.Sides;
import java.util.List;
import java.util.Map;

/**
 * A family of models of pictures and texts, whose picture side gets a classifier on the mean of its patches. Checkpoints of both sides and
 * of the picture side alone are read; weights of texts are passed over.
 */
public abstract class VisionTowerFamily implements Architecture {
    private final String modelType;
    private final String picturesAlone;
    private final String title;
    private final String transformersClass;
    private final EncoderConfig usual;

    /**
     * @param modelType of both sides; of the picture side alone it is followed by {@code _vision_model}
     * @param title of the family, for reports
     * @param transformersClass that loads what is written
     * @param usual sizes where a configuration says nothing
     */
    protected VisionTowerFamily(String modelType, String title, String transformersClass, EncoderConfig usual) {
        this.modelType = modelType;
        picturesAlone = modelType + "_vision_model";
        this.title = title;
        this.transformersClass = transformersClass;
        this.usual = usual;
    }

    /** {@return what makes features of the last layer's tokens} */
    protected abstract BlockDefinition features(VisionTower tower);

    /**
     * Pixels to tokens.
     *
     * @param side the picture side's configuration
     */
    protected abstract PatchEmbeddingsDefinition embeddings(VisionTower tower, JsonObject side);

    /**
     * A layer.
     *
     * @param side the picture side's configuration
     */
    protected abstract EncoderLayerDefinition layer(VisionTower tower, JsonObject side, int index);

    /** The picture side's configuration as it is written. */
    protected JsonObject written(JsonObject side) {
        return side;
    }

    /** A configuration of both sides, with the picture side's where it is looked for. */
    protected JsonObject ofBothSides(JsonObject given) {
        return VisionTower.ofBothSides(given, picturesAlone, modelType);
    }

    @Override
    public final String modelType() {
        return modelType;
    }

    @Override
    public final boolean reads(JsonObject config) {
        return List.of(modelType, picturesAlone).contains(config.text("model_type", ""));
    }

    @Override
    public final ModelDefinition define(JsonObject given) {
        JsonObject json = ofBothSides(given);
        JsonObject side = json.object(VisionTower.KEY);
        EncoderConfig config = config(side);
        VisionTower tower = new VisionTower(config);
        JsonObject sizes = config.writtenOver(side.with("model_type", picturesAlone), EncoderConfig.Keys.CLIP);
        ModelDefinition.Builder model = ModelDefinition.builder(
                this, json.with("architectures", List.of(transformersClass)).with(VisionTower.KEY, written(sizes)));
        double factor = VisionTower.initializerFactor(json);
        HeadDefinition head = HeadDefinition.linear(
                features(tower),
                RowsRead.ALL,
                "classifier",
                config.hiddenSize(),
                model.labelCount(),
                Initialization.normal(factor / Math.sqrt(config.hiddenSize())));
        return EncoderModel.of(model, config, embeddings(tower, side), index -> layer(tower, side, index), head);
    }

    private EncoderConfig config(JsonObject side) {
        return EncoderConfig.of(side, EncoderConfig.Keys.CLIP, usual);
    }

    /** The base model for pictures of 224x224. */
    @Override
    public final Map<String, JsonObject> presets() {
        return Map.of(
                modelType + "-base",
                JsonObject.empty().with("model_type", modelType).with(VisionTower.KEY, JsonObject.empty()));
    }

    @Override
    public final String describe(JsonObject json) {
        return title + "'s picture side, "
                + config(ofBothSides(json).object(VisionTower.KEY)).describe();
    }

    @Override
    public final String canonicalName(String stored) {
        return VisionTower.canonical(stored);
    }

    @Override
    public final JsonObject withImageSize(JsonObject config, int height, int width) {
        JsonObject json = ofBothSides(config);
        return json.with(
                VisionTower.KEY, new Sides(height, width).squareOver(json.object(VisionTower.KEY), "image_size"));
    }
}
