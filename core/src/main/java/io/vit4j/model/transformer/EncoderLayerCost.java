package io.vit4j.model.transformer;

import io.vit4j.model.Attention;
import io.vit4j.model.BlockCost;
import io.vit4j.model.RowsRead;
import io.vit4j.torch.Dtype;

/**
 * What a layer takes to walk one picture, counted as it is computed: keys and values of all tokens, the rest of those rows that are
 * read.
 *
 * @param tokens of the picture
 * @param dtype of products
 */
record EncoderLayerCost(EncoderLayerDefinition layer, long tokens, Dtype dtype) {
    BlockCost of(RowsRead reads) {
        return reads.all() ? whole() : ofSomeRows(reads.of(tokens));
    }

    /** Of a layer whose derivative is written out. */
    private BlockCost whole() {
        double flops = flops(tokens);
        return new BlockCost(flops, 2 * flops, flops - attentionFlops(tokens), keptBytes(), backwardBytes());
    }

    /** Of the last layer, which autograd takes back: keys and values of all tokens, little else. */
    private BlockCost ofSomeRows(long rows) {
        long hidden = layer.hidden();
        long kept = Float.BYTES * tokens * hidden
                + Float.BYTES * 2 * tokens
                + dtype.bytes() * hidden * (tokens + 2 * tokens);
        return byAutograd(rows, kept);
    }

    private BlockCost byAutograd(long rows, long kept) {
        double flops = flops(rows);
        return new BlockCost(flops, 2 * flops, flops - attentionFlops(rows), kept, kept);
    }

    /** Of a layer that autograd takes back as a whole: what each of its operations keeps, tensor by tensor. */
    BlockCost byAutograd() {
        long rows = layer.reads().of(tokens);
        long hidden = layer.hidden();
        long e = dtype.bytes();
        long kept = Float.BYTES * hidden * (tokens + rows) // what the norms read
                + Float.BYTES * 2 * (tokens + rows) // mean and deviation of each row
                + e * hidden * (tokens + rows) // what the norms give
                + e * hidden * (2 * rows + 2 * tokens) // queries, what attention mixes, keys, values
                + e * layer.attention().heads() * rows * tokens // what is added to the scores
                + (keepsProbabilities() ? e : Float.BYTES) * layer.attention().heads() * rows * tokens
                + e * rows * (layer.mlp().wide() + layer.mlp().inner())
                + (layer.attentionScale().isPresent() ? 2 * e * hidden * rows : 0);
        return byAutograd(rows, kept);
    }

    /** Projections, attention, MLP. */
    private double flops(long rows) {
        double hidden = layer.hidden();
        double all = tokens;
        double projections = 2 * all * hidden * 2 * hidden + 2 * rows * hidden * 2 * hidden;
        return projections
                + attentionFlops(rows)
                + 2 * rows * hidden * (layer.mlp().wide() + layer.mlp().inner());
    }

    /** Of scores, and of values mixed by them: products without weights. */
    private double attentionFlops(long rows) {
        return 2.0 * 2 * rows * tokens * layer.hidden();
    }

    private long keptBytes() {
        long hidden = layer.hidden();
        long e = dtype.bytes();
        long residual = Float.BYTES * 2 * tokens * hidden; // the input, and what the second norm reads
        long norms = Float.BYTES * 2 * 2 * tokens; // mean and deviation of each row
        long products = e * hidden * 4 * tokens; // queries, keys, values, what attention mixes
        long mlp = e * tokens * layer.mlp().wide();
        if (dtype != Dtype.FLOAT32) {
            products += e * hidden * 2 * tokens; // both norms' outputs
            mlp += e * tokens * layer.mlp().inner(); // and after the activation function
        }
        long attention = layer.attention().heads() * tokens * (keepsProbabilities() ? e * tokens : Float.BYTES);
        if (layer.mlp().norm().isPresent()) { // taken back by autograd, which keeps what it was given
            products += e * hidden * 2 * tokens;
            mlp += tokens * layer.mlp().inner() * (2L * e + Float.BYTES);
        }
        return residual + norms + products + mlp + attention;
    }

    private boolean keepsProbabilities() {
        return Attention.keepsProbabilities(dtype, layer.attention().dropout())
                || layer.attention().bias().isPresent();
    }

    /** Counted tensor by tensor of the derivative as it is written out ({@link RecordedLayer}). */
    private long backwardBytes() {
        double inner = (double) layer.mlp().inner() / layer.hidden(); // 4 in every published ViT
        double bent = layer.mlp().gated() ? 7 : 3; // what the MLP's gradients and the activation take, in inner numbers
        long residual = rows(3, Float.BYTES); // at the output, between, at the input
        long probabilities =
                keepsProbabilities() ? dtype.bytes() * layer.attention().heads() * tokens * tokens : 0;
        return residual + rows(10 + bent * inner, dtype.bytes()) + 2 * probabilities;
    }

    private long rows(double hiddens, int bytes) {
        return (long) (hiddens * layer.hidden() * tokens * bytes);
    }
}
