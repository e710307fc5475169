package io.vit4j.train;

import io.vit4j.model.ViTConfig;

/** Multiplications and additions of a picture's products: what {@code total_flos} and the benchmarks count. */
public final class FloatingPointOperations {
    private FloatingPointOperations() {}

    /** Of one picture forward; 35.1e9 for ViT-B/16 at 224. */
    public static double forward(ViTConfig config) {
        double tokens = config.tokens();
        double hidden = config.hiddenSize();
        double linear = 2 * tokens * hidden * (4 * hidden + 2.0 * config.intermediateSize());
        double attention = 2 * 2 * tokens * tokens * hidden;
        double patches = 2 * (tokens - 1) * hidden * config.numChannels() * config.patchHeight() * config.patchWidth();
        return config.numHiddenLayers() * (linear + attention)
                + patches
                + 2 * hidden * config.labels().size();
    }

    /** Of one picture forward and backward: backward costs two products for each of forward's. */
    public static double training(ViTConfig config) {
        return 3 * forward(config);
    }
}
