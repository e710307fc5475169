package io.vit4j.parallel;

import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.torch.Dtype;
import java.util.stream.IntStream;

/**
 * What a model costs where it runs: sums over what its blocks say of themselves for pictures of the size that it is made for.
 * Blocks are numbered from 0; the last is the head. Plans, memory checks and logs all count by this.
 */
public final class ModelCost {
    static final int FLOAT_BYTES = 4;

    private final ModelDefinition definition;
    private final Dtype dtype;
    private final BlockCost[] costs; // counted once: a plan asks for them over and over
    private final long[] parameters;
    private final long[] trained;

    /**
     * Counts what every block costs.
     * @param definition the model
     * @param dtype the type of products
     */
    public ModelCost(ModelDefinition definition, Dtype dtype) {
        this.definition = definition;
        this.dtype = dtype;
        costs = new BlockCost[definition.blockCount()];
        parameters = new long[costs.length];
        trained = new long[costs.length];
        for (int i = 0; i < costs.length; i++) {
            BlockDefinition block = definition.blocks().get(i);
            costs[i] = block.cost(definition.shapes().get(i), dtype);
            parameters[i] =
                    block.weights().stream().mapToLong(ParameterSpec::count).sum();
            trained[i] = block.weights().stream()
                    .filter(weight -> definition.trains(weight.name()))
                    .mapToLong(ParameterSpec::count)
                    .sum();
        }
    }

    /** {@return the model} */
    public ModelDefinition definition() {
        return definition;
    }

    /** {@return the type of products} */
    public Dtype dtype() {
        return dtype;
    }

    /** How many blocks there are. */
    public int blocks() {
        return definition.blockCount();
    }

    /** The cost of a block for one sample. */
    public BlockCost of(int block) {
        return costs[block];
    }

    /** Weights of a block. */
    public long parameters(int block) {
        return parameters[block];
    }

    /** Those weights of a block that are trained: all, or adapters alone. */
    public long trained(int block) {
        return trained[block];
    }

    /** Operations of one sample's forward: its products; everything else is bytes. */
    public double forwardFlops(int block) {
        return of(block).forwardFlops();
    }

    /** Operations of one sample's forward through all blocks; 32.7e9 for ViT-B/16 at 224; 35.1e9 if all rows of its last layer were read. */
    public double forwardFlops() {
        return IntStream.range(0, blocks()).mapToDouble(this::forwardFlops).sum();
    }

    /** Operations of one sample's backward. */
    public double backwardFlops(int block) {
        return of(block).backwardFlops();
    }

    /**
     * Operations of one sample forward and backward through all blocks, and of a teacher that is a part of the method: what
     * {@code total_flos} counts.
     */
    public double trainingFlops() {
        return forwardFlops()
                + definition.views().map(views -> views.teacherFlops(dtype)).orElse(0.0)
                + IntStream.range(0, blocks()).mapToDouble(this::backwardFlops).sum();
    }

    /** Bytes of a block's input for one sample, float32: what crosses between stages, and what recomputation keeps. */
    public long inputBytes(int block) {
        return FLOAT_BYTES * definition.shapes().get(block).numbers();
    }

    /** Bytes that a block keeps from one sample's forward until its backward, its input included. */
    public long activationBytes(int block) {
        return of(block).keptBytes();
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

    /**
     * Bytes of the copies of weights that a step's products read: all weights in half types; float32 weights are read in
     * place.
     */
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
