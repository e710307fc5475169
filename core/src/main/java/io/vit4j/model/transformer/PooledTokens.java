package io.vit4j.model.transformer;

import io.vit4j.base.JsonObject;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Pooling;
import io.vit4j.model.RowsRead;
import java.util.Optional;

/**
 * A picture's features out of normalised tokens, in a family that leaves it open which of them count. Which was chosen is kept in the
 * configuration as {@code pooling}, where it is not the family's own; transformers knows nothing of that key.
 *
 * @param pooling what was chosen
 * @param usual the family's own
 */
public record PooledTokens(Pooling pooling, Pooling usual) {
    private static final String KEY = "pooling";

    /** What a configuration says. */
    public static PooledTokens of(JsonObject config, Pooling usual) {
        return new PooledTokens(config.has(KEY) ? Pooling.parse(config.text(KEY)) : usual, usual);
    }

    /** A configuration that says so. */
    public JsonObject writtenOver(JsonObject config) {
        return pooling == usual ? config.without(KEY) : config.with(KEY, pooling.toString());
    }

    /** Which rows of the last hidden states are read. */
    public RowsRead reads() {
        return pooling == Pooling.CLS ? RowsRead.first(1) : RowsRead.ALL;
    }

    /**
     * The features.
     *
     * @param norm of every token
     * @param before tokens before those of the patches, the class token first
     * @param hidden numbers of a token
     */
    public BlockDefinition features(LayerNorm.Named norm, int before, int hidden) {
        return switch (pooling) {
            case CLS -> new FirstTokens(norm, 1, hidden);
            case MEAN -> new PatchMean(before, hidden, Optional.of(norm), Optional.empty());
            case CLS_MEAN -> new ClassAndPatches(norm, before, hidden);
        };
    }
}
