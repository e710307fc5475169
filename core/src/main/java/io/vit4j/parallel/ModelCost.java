package io.vit4j.parallel;

import io.vit4j.model.ViTConfig;
import io.vit4j.model.ViTForImageClassification;
import io.vit4j.torch.Dtype;

/**
 * What each block of a ViT costs: weights, floating-point operations, bytes kept for backward, bytes between stages.
 * Blocks are numbered from 0, the embeddings, to the last, the head. A multiplication and an addition are two
 * operations. The last layer is counted as it is computed: keys and values of all tokens, the rest of the class token.
 *
 * @param config the model
 * @param dtype the type of products
 */
public record ModelCost(ViTConfig config, Dtype dtype) {
    static final int FLOAT_BYTES = 4;

    /** The embeddings, the layers, the head. */
    public int blocks() {
        return ViTForImageClassification.blockCount(config);
    }

    private boolean isHead(int block) {
        return block == blocks() - 1;
    }

    /** Tokens of a layer that are computed after its attention's keys and values. */
    private long rows(int block) {
        return block == blocks() - 2 ? 1 : config.tokens();
    }

    private long patchPixels() {
        return (long) config.numChannels() * config.patchHeight() * config.patchWidth();
    }

    /** Weights of a block. */
    public long parameters(int block) {
        return ViTForImageClassification.specs(config, block).stream()
                .mapToLong(spec -> spec.count())
                .sum();
    }

    /** Operations of one sample's forward: its matrix products; everything else is bytes. */
    public double forwardFlops(int block) {
        double hidden = config.hiddenSize();
        if (block == 0) {
            return 2.0 * (config.tokens() - 1) * patchPixels() * hidden;
        }
        return isHead(block) ? 2 * hidden * config.labels().size() : layerFlops(rows(block));
    }

    /** Operations of a layer's forward that computes so many rows: projections, attention, MLP. */
    double layerFlops(long rows) {
        double hidden = config.hiddenSize();
        double tokens = config.tokens();
        double projections = 2 * tokens * hidden * 2 * hidden + 2 * rows * hidden * 2 * hidden;
        double attention = 2 * 2 * rows * tokens * hidden;
        return projections + attention + 2 * 2 * rows * hidden * config.intermediateSize();
    }

    /** Operations of one sample's backward: two products for each, but one where pixels need no gradient. */
    public double backwardFlops(int block) {
        return (block == 0 ? 1 : 2) * forwardFlops(block);
    }

    /** Bytes of a block's input for one sample, float32: what crosses between stages, and what recomputation keeps. */
    public long inputBytes(int block) {
        if (block == 0) {
            return (long) FLOAT_BYTES * config.numChannels() * config.imageHeight() * config.imageWidth();
        }
        return (long) FLOAT_BYTES * config.hiddenSize() * (isHead(block) ? 1 : config.tokens());
    }

    /** Bytes that a block keeps from one sample's forward until its backward, its input included. */
    public long activationBytes(int block) {
        if (block == 0) {
            return inputBytes(0) + dtype.bytes() * (config.tokens() - 1) * patchPixels();
        }
        if (isHead(block)) {
            return inputBytes(block) + (long) FLOAT_BYTES * config.hiddenSize();
        }
        return rows(block) == 1 ? classTokenBytes() : layerBytes();
    }

    private boolean fusedAttention() {
        return dtype == Dtype.FLOAT32 && config.attentionProbsDropoutProb() == 0;
    }

    /** Of a layer whose derivative is written out. */
    private long layerBytes() {
        long hidden = config.hiddenSize();
        long tokens = config.tokens();
        long e = dtype.bytes();
        long residual = FLOAT_BYTES * 2 * tokens * hidden; // the input, and what the second norm reads
        long norms = FLOAT_BYTES * 2 * 2 * tokens; // mean and deviation of each row
        long products = e * hidden * 4 * tokens; // queries, keys, values, what attention mixes
        long mlp = e * tokens * config.intermediateSize();
        if (dtype != Dtype.FLOAT32) {
            products += e * hidden * 2 * tokens; // both norms' outputs
            mlp *= 2; // and after the activation function
        }
        // The fused attention of float32 keeps one number a row; explicit products keep the probabilities.
        long attention = config.numAttentionHeads() * tokens * (fusedAttention() ? FLOAT_BYTES : e * tokens);
        return residual + norms + products + mlp + attention;
    }

    /** Of the last layer, which autograd takes back: keys and values of all tokens, little else. */
    private long classTokenBytes() {
        long hidden = config.hiddenSize();
        long tokens = config.tokens();
        return FLOAT_BYTES * tokens * hidden
                + FLOAT_BYTES * 2 * tokens
                + dtype.bytes() * hidden * (tokens + 2 * tokens);
    }

    /**
     * Bytes that a stage keeps between forward and backward, at most.
     *
     * @param recomputation whether blocks keep their inputs alone, and one at a time is run again
     * @param samples of all micro-batches that are kept at once
     * @param again samples that are run again at once
     */
    public long keptBytes(BlockRange blocks, boolean recomputation, long samples, long again) {
        long kept = 0;
        long most = 0;
        for (int block = blocks.first(); block < blocks.end(); block++) {
            kept += recomputation ? inputBytes(block) : activationBytes(block);
            most = Math.max(most, activationBytes(block) - inputBytes(block));
        }
        return samples * kept + (recomputation ? again * most : 0);
    }

    /** Bytes of the copies of weights that a step's products read, of some blocks. */
    public long stepWeightBytes(BlockRange blocks) {
        long bytes = 0;
        for (int block = blocks.first(); block < blocks.end(); block++) {
            bytes += stepWeightBytes(block);
        }
        return bytes;
    }

    /** Bytes of the copies of weights that a step's products read: of all in half types; float32's are read where they lie. */
    public long stepWeightBytes(int block) {
        return dtype == Dtype.FLOAT32 ? 0 : dtype.bytes() * parameters(block);
    }

    /**
     * Seconds of a block's forward over a micro-batch: its products at the rate of products, and its memory traffic at
     * the rate of memory: each kept number written once and read once, each weight read once.
     */
    public double forwardSeconds(int block, int microBatch, Hardware hardware) {
        double bytes = 2.0 * microBatch * activationBytes(block) + (double) dtype.bytes() * parameters(block);
        return microBatch * forwardFlops(block) / hardware.flops(dtype) + bytes / hardware.memoryBandwidth();
    }

    /** Seconds of its backward: kept numbers and their gradients, weights read, gradients read and written. */
    public double backwardSeconds(int block, int microBatch, Hardware hardware) {
        double bytes =
                4.0 * microBatch * activationBytes(block) + (dtype.bytes() + 2.0 * FLOAT_BYTES) * parameters(block);
        return microBatch * backwardFlops(block) / hardware.flops(dtype) + bytes / hardware.memoryBandwidth();
    }
}
