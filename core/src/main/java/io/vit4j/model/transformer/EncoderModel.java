package io.vit4j.model.transformer;

import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.RowsRead;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** A transformer over patches: the blocks {@code [embeddings, layer 0, ..., layer L-1, head]}. */
public final class EncoderModel {
    private EncoderModel() {}

    /**
     * Puts a model together. Its last layer computes the rows that the head reads.
     *
     * @param model begun for the family and its configuration
     * @param layer by number, from 0
     */
    public static ModelDefinition of(
            ModelDefinition.Builder model,
            EncoderConfig config,
            PatchEmbeddingsDefinition embeddings,
            IntFunction<EncoderLayerDefinition> layer,
            HeadDefinition head) {
        List<BlockDefinition> blocks = new ArrayList<>();
        blocks.add(embeddings);
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            boolean last = i == config.numHiddenLayers() - 1;
            blocks.add(layer.apply(i).reading(last ? head.reads() : RowsRead.ALL));
        }
        return model.pictures(config.numChannels(), config.imageHeight(), config.imageWidth())
                .tokenGrid(embeddings::grid)
                .blocks(blocks)
                .head(head)
                .build();
    }
}
