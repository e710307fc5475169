package io.vit4j.train.engine;

import io.vit4j.model.ViTConfig;
import io.vit4j.parallel.ModelCost;
import io.vit4j.torch.Dtype;

/**
 * Bytes that one block of a ViT takes while it is walked forward and backward on the CPU: to what {@link ModelCost} says is
 * kept of a sample comes what backward takes for a moment, counted tensor by tensor of a layer's derivative as it is written
 * out ({@code RecordedLayer}).
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
        return cost().activationBytes(block);
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
