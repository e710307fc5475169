package io.vit4j.train;

import io.vit4j.model.ViTConfig;
import io.vit4j.parallel.ModelCost;
import io.vit4j.torch.Dtype;

/**
 * Bytes that one block of a ViT takes while a sample is walked forward and backward on the CPU. A layer's are counted tensor
 * by tensor of its derivative as it is written out ({@code RecordedLayer}), in units of a row a token; the two blocks around
 * the layers, and the last layer, of which one row is computed, as {@link ModelCost} has them.
 *
 * @param dtype of products
 */
record BlockMemory(ViTConfig config, Dtype dtype) {
    private ModelCost cost() {
        return new ModelCost(config, dtype);
    }

    private boolean isWhole(int block) {
        return block > 0 && block < config.numHiddenLayers();
    }

    private long rows(double hiddens, int bytes) {
        return (long) (hiddens * config.hiddenSize() * config.tokens() * bytes);
    }

    /** Of the MLP's inner rows, in hidden sizes: 4 in every published ViT. */
    private double inner() {
        return (double) config.intermediateSize() / config.hiddenSize();
    }

    private boolean keepsProbabilities() {
        return dtype != Dtype.FLOAT32 || config.attentionProbsDropoutProb() > 0;
    }

    private long probabilities() {
        return keepsProbabilities()
                ? (long) dtype.bytes() * config.numAttentionHeads() * config.tokens() * config.tokens()
                : 0;
    }

    /** Kept from forward until backward, its input included. */
    long kept(int block) {
        if (!isWhole(block)) {
            return cost().activationBytes(block);
        }
        long residual = rows(2, Float.BYTES); // the input, and what the second norm reads
        double products = dtype == Dtype.FLOAT32
                ? 5 + inner() // queries, keys, values, what they mix twice, the MLP before its function
                : 6 + 2 * inner(); // those but one mix, both norms, the MLP after its function
        return residual + rows(products, dtype.bytes()) + probabilities();
    }

    /** Kept where it is computed again in backward. */
    long input(int block) {
        return cost().inputBytes(block);
    }

    /** Taken for a moment by its backward, beside what it kept. */
    long backward(int block) {
        if (!isWhole(block)) {
            return cost().activationBytes(block);
        }
        long residual = rows(3, Float.BYTES); // at the output, between, at the input
        return residual + rows(10 + 3 * inner(), dtype.bytes()) + 2 * probabilities();
    }

    /** The gradients of its weights, until they are added to the step's. */
    long gradients(int block) {
        return dtype.bytes() * cost().parameters(block);
    }

    /** The copies of its weights that a step's products read. */
    long stepWeights(int block) {
        return cost().stepWeightBytes(block);
    }

    /** The head's is the last. */
    int blocks() {
        return cost().blocks();
    }
}
