package io.vit4j.model.swin;

import io.vit4j.model.BlockCost;
import io.vit4j.model.Shape;
import io.vit4j.torch.Dtype;

/**
 * What a layer takes to walk one picture, without the merging after it; what fills the last windows is computed, too. V2's network of
 * position biases is not counted: it is run once a batch, and small.
 *
 * @param places {@code [rows, columns, channels]}
 * @param dtype of products
 */
record SwinLayerCost(SwinConfig config, int stage, Shape places, Windows windows, Dtype dtype) {
    BlockCost whole() {
        return BlockCost.byAutograd(flops(), keptBytes());
    }

    /** Projections, attention, MLP. */
    private double flops() {
        double channels = config.channels(stage);
        double filled = windows.filled();
        double projections = 2 * filled * channels * 4 * channels;
        double attention = 2 * 2 * filled * windows.places() * channels;
        double mlp = 2 * 2 * (places.numbers() / channels) * channels * config.inner(stage);
        return projections + attention + mlp;
    }

    /** Tensor by tensor of what the layer's forward gives to operations that keep it. */
    private long keptBytes() {
        boolean first = config.version() == Version.V1;
        boolean casts = dtype != Dtype.FLOAT32;
        long e = dtype.bytes();
        long f = Float.BYTES;
        long hidden = places.numbers();
        long filled = windows.filled() * config.channels(stage);
        long probabilities =
                windows.filled() * windows.places() * config.numHeads().get(stage);
        long residual = 2 * f * hidden; // the input, and what is between the parts
        long norms = first ? 0 : 2 * f * hidden; // V2: what they are given is not the residual stream
        long products = e * 2 * filled; // what attention's two projections are given
        long heads = first ? e * 3 * filled : vectors(filled); // queries, keys, values
        long mlp = 2 * e * (hidden / config.channels(stage)) * config.inner(stage);
        boolean copies = first || casts;
        mlp += copies ? e * hidden : 0; // what the MLP is given
        long attention = first ? e * probabilities : (f + (casts ? e : 0)) * probabilities;
        return residual + norms + products + heads + mlp + attention;
    }

    /** Queries, keys and values of V2: as they were, made as long as they shall be, and what their lengths are computed by. */
    private long vectors(long filled) {
        long f = Float.BYTES;
        long lengths = 2 * 3 * f * windows.filled() * config.numHeads().get(stage);
        return (4 * f + dtype.bytes()) * filled + lengths;
    }
}
