package io.vit4j.model.hierarchical;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.RowsRead;
import io.vit4j.model.Sides;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A family whose hidden states are places {@code [rows, columns, channels]}, fewer and wider from stage to stage, with a classifier on
 * their mean: the blocks {@code [embeddings, layer 0, ..., layer L-1, head]}.
 */
public abstract class HierarchicalArchitecture implements Architecture {
    /** Names in files of a model without a head, which lack the family's in front. */
    private static final Pattern HEADLESS = Pattern.compile("(embeddings|encoder|layernorm)\\..*");

    private final String modelType;

    /** @param modelType also in front of the names of all weights but the classifier's */
    protected HierarchicalArchitecture(String modelType) {
        this.modelType = modelType;
    }

    @Override
    public final String modelType() {
        return modelType;
    }

    /**
     * The definition of its blocks.
     *
     * @param config whole
     * @param image sides of the pictures that the model is made for
     * @param head what makes features of the last places
     * @param init how the classifier's weight starts
     */
    protected final ModelDefinition define(
            JsonObject config,
            Sides image,
            PatchEmbedding embedding,
            List<? extends BlockDefinition> layers,
            AveragePooling head,
            Initialization init) {
        ModelDefinition.Builder model = ModelDefinition.builder(this, config)
                .pictures(embedding.channels(), image.height(), image.width())
                .channelsLast();
        List<BlockDefinition> blocks = new ArrayList<>();
        blocks.add(embedding);
        blocks.addAll(layers);
        return model.blocks(blocks)
                .head(HeadDefinition.linear(
                        head, RowsRead.ALL, "classifier", head.channels(), model.labelCount(), init))
                .build();
    }

    @Override
    public String canonicalName(String stored) {
        return HEADLESS.matcher(stored).matches() ? modelType + "." + stored : stored;
    }
}
