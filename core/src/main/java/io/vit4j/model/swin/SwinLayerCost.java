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
        double flops = flops();
        return new BlockCost(flops, 2 * flops, flops - attentionFlops(), keptBytes(), backwardBytes());
    }

    /** Projections, attention, MLP. */
    private double flops() {
        double channels = config.channels(stage);
        double filled = windows.filled();
        double projections = 2 * filled * channels * 4 * channels;
        double mlp = 2 * 2 * (places.numbers() / channels) * channels * config.inner(stage);
        return projections + attentionFlops() + mlp;
    }

    /** Of scores, and of values mixed by them: products without weights. */
    private double attentionFlops() {
        return 2.0 * 2 * windows.filled() * windows.places() * config.channels(stage);
    }

    /** Tensor by tensor of what {@link RecordedSwinLayer} keeps. */
    private long keptBytes() {
        boolean first = config.version() == Version.V1;
        boolean isShort = dtype != Dtype.FLOAT32;
        long e = dtype.bytes();
        long f = Float.BYTES;
        long hidden = places.numbers();
        long filled = filled();
        long residual = 2 * f * hidden; // the input, and what is between the parts
        long norms = (first ? 0 : 2 * f * hidden) // V2: what they are given is not the residual stream
                + 2 * 2 * f * hidden / config.channels(stage); // mean and deviation of each row
        long products = e * filled // what attention mixes
                + (isShort ? e * (filled + hidden) : 0); // what attention and MLP are given
        long heads = e * 3 * filled; // queries, keys, values
        long vectors = first ? 0 : vectors(filled);
        long mlp = (isShort ? 2 : 1) * e * inner(); // before and after the activation
        long attention = first ? e * probabilities() : (f + (isShort ? e : 0)) * probabilities();
        return residual + norms + products + heads + vectors + mlp + attention;
    }

    private long filled() {
        return windows.filled() * config.channels(stage);
    }

    private long inner() {
        return places.numbers() / config.channels(stage) * config.inner(stage);
    }

    private long probabilities() {
        return windows.filled() * windows.places() * config.numHeads().get(stage);
    }

    /** Queries and keys of V2: as float32, made as long as they shall be, and what their lengths are computed by. */
    private long vectors(long filled) {
        long f = Float.BYTES;
        long lengths = 2 * 3 * f * windows.filled() * config.numHeads().get(stage);
        return (dtype == Dtype.FLOAT32 ? 2 : 4) * f * filled + lengths;
    }

    /** Tensor by tensor of what its backward has at once. */
    private long backwardBytes() {
        long mlp = 3 * inner() + 2 * places.numbers(); // the activation, and the gradients before and after it
        long attention = 9 * filled() + 2 * probabilities();
        return dtype.bytes() * (mlp + attention) + Float.BYTES * 4 * places.numbers();
    }
}
