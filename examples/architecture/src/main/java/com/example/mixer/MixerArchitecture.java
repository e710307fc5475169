package com.example.mixer;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.RowsRead;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * MLP-Mixer (Tolstikhin et al. 2021): patches, then layers that mix the patches of a channel and the channels of a patch by
 * turns, then the mean over patches and a linear classifier.
 */
public final class MixerArchitecture implements Architecture {
    private static final double DEVIATION = 0.02;

    @Override
    public String modelType() {
        return "mlp_mixer";
    }

    @Override
    public Map<String, JsonObject> presets() {
        return Map.of("mixer-tiny", JsonObject.empty().with("model_type", modelType()));
    }

    @Override
    public ModelDefinition define(JsonObject given) {
        // What a configuration leaves out is filled in, so that the one that is saved is complete.
        JsonObject config = given.with("model_type", modelType())
                .with("image_size", given.integer("image_size", 224))
                .with("patch_size", given.integer("patch_size", 16))
                .with("hidden_size", given.integer("hidden_size", 128))
                .with("num_hidden_layers", given.integer("num_hidden_layers", 8))
                .with("tokens_mlp_dim", given.integer("tokens_mlp_dim", 64))
                .with("channels_mlp_dim", given.integer("channels_mlp_dim", 512));
        int side = config.integer("image_size", 0);
        int patch = config.integer("patch_size", 0);
        int hidden = config.integer("hidden_size", 0);
        if (patch < 1 || side < patch || side % patch != 0) {
            throw new InputException("pictures of " + side + " are no whole patches of " + patch + "; correct config.json");
        }
        int patches = (side / patch) * (side / patch);

        List<BlockDefinition> blocks = new ArrayList<>();
        blocks.add(new Patches("stem", patch, hidden));
        for (int i = 0; i < config.integer("num_hidden_layers", 0); i++) {
            blocks.add(new MixerLayer(
                    "layer." + i,
                    patches,
                    hidden,
                    config.integer("tokens_mlp_dim", 0),
                    config.integer("channels_mlp_dim", 0)));
        }
        ModelDefinition.Builder model = ModelDefinition.builder(this, config).pictures(3, side, side);
        return model.blocks(blocks)
                .head(HeadDefinition.linear(
                        new MeanOfPatches("norm", hidden),
                        RowsRead.ALL,
                        "head",
                        hidden,
                        model.labelCount(),
                        Initialization.normal(DEVIATION)))
                .build();
    }

    @Override
    public String describe(JsonObject config) {
        return "MLP-Mixer, " + config.integer("num_hidden_layers", 0) + " layers of " + config.integer("hidden_size", 0);
    }

    /** {@return how weights of products start} */
    static Initialization start() {
        return Initialization.normal(DEVIATION);
    }
}
