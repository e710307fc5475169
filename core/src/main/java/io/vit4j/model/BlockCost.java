package io.vit4j.model;

/**
 * The cost of a block for one sample. A multiplication and an addition are two operations, and only products count;
 * everything else is limited by memory.
 *
 * @param forwardFlops floating-point operations of its forward, as it is computed
 * @param backwardFlops of its backward
 * @param weightFlops of those in backward, what the gradients of its weights take
 * @param keptBytes what it keeps from forward until backward, its input included
 * @param backwardBytes what its backward needs temporarily, in addition to what it kept
 */
public record BlockCost(
        double forwardFlops, double backwardFlops, double weightFlops, long keptBytes, long backwardBytes) {
    /**
     * Of a block that autograd takes back: two products for each of forward's, and as much memory again as it kept.
     *
     * @param keptBytes of its input, and of what its operations keep of their own inputs and outputs
     */
    public static BlockCost byAutograd(double forwardFlops, long keptBytes) {
        return new BlockCost(forwardFlops, 2 * forwardFlops, forwardFlops, keptBytes, keptBytes);
    }

    /** The same block as the model's first: pixels need no gradient, so backward has one product for each of forward's. */
    public BlockCost withoutInputGradient() {
        return new BlockCost(forwardFlops, backwardFlops / 2, weightFlops, keptBytes, backwardBytes);
    }

    /**
     * The same block with frozen weights and adapters beside its linear maps.
     *
     * @param adapterFlops of the adapters' forward
     */
    public BlockCost adapted(double adapterFlops) {
        return new BlockCost(
                forwardFlops + adapterFlops,
                backwardFlops - weightFlops + 3 * adapterFlops, // narrow once more, then two products for each
                2 * adapterFlops,
                keptBytes,
                backwardBytes);
    }

    /** The same block if backward ends before it: of its forward nothing is kept. */
    public BlockCost forwardOnly() {
        return new BlockCost(forwardFlops, 0, 0, 0, 0);
    }

    /** The same block over so many samples at once. */
    public BlockCost times(int samples) {
        return new BlockCost(
                samples * forwardFlops,
                samples * backwardFlops,
                samples * weightFlops,
                samples * keptBytes,
                samples * backwardBytes);
    }

    /** Of two blocks, one after the other. */
    public BlockCost plus(BlockCost other) {
        return new BlockCost(
                forwardFlops + other.forwardFlops,
                backwardFlops + other.backwardFlops,
                weightFlops + other.weightFlops,
                keptBytes + other.keptBytes,
                backwardBytes + other.backwardBytes);
    }
}
