package io.vit4j.model.pyramid;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.RowsRead;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A family that is no transformer, as a user would add it: every stage halves the picture and changes its channels, and the head
 * takes the mean over what is left. Found by {@code META-INF/services}; nothing outside this package knows it.
 */
public final class PyramidArchitecture implements Architecture {
    @Override
    public String modelType() {
        return "pyramid";
    }

    @Override
    public Map<String, JsonObject> presets() {
        return Map.of(
                "pyramid-pico",
                JsonObject.empty().with("model_type", modelType()).with("hidden_sizes", List.of(6, 8, 12, 16)));
    }

    @Override
    public ModelDefinition define(JsonObject given) {
        int side = given.integer("image_size", 16);
        int channels = given.integer("num_channels", 3);
        double dropout = given.number("dropout", 0);
        List<Integer> sizes = given.integers("hidden_sizes");
        if (sizes.isEmpty()) {
            throw new InputException("hidden_sizes is missing; give the channels of every stage");
        }
        JsonObject config = given.with("architectures", List.of("PyramidForImageClassification"))
                .with("model_type", modelType())
                .with("image_size", side)
                .with("num_channels", channels)
                .with("dropout", dropout);
        List<Stage> stages = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            stages.add(new Stage("stages." + i, i == 0 ? channels : sizes.get(i - 1), sizes.get(i), dropout, i == 0));
        }
        int features = sizes.get(sizes.size() - 1);
        ModelDefinition.Builder model = ModelDefinition.builder(this, config).pictures(channels, side, side);
        return model.blocks(stages)
                .head(HeadDefinition.linear(
                        new MeanPooling(features),
                        RowsRead.ALL,
                        "fc",
                        features,
                        model.labelCount(),
                        Initialization.uniform(0.3)))
                .build();
    }

    /** An earlier version of the family called its classifier otherwise. */
    @Override
    public String canonicalName(String stored) {
        return stored.startsWith("old_head.") ? "fc." + stored.substring("old_head.".length()) : stored;
    }
}
