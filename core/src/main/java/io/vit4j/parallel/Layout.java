package io.vit4j.parallel;

/**
 * One way to run a training step, for a plan to predict.
 *
 * @param placement which stage holds which blocks
 * @param replicas copies of the pipeline
 * @param microBatch samples that one replica computes at once
 * @param accumulationSteps micro-batches of each replica per update
 * @param recomputation keep only each block's input
 * @param optimizerStateSharding replicas divide the optimizer's state among them
 * @param optimizerStateOffload the optimizer's state is on the host
 */
public record Layout(
        Placement placement,
        int replicas,
        int microBatch,
        int accumulationSteps,
        boolean recomputation,
        boolean optimizerStateSharding,
        boolean optimizerStateOffload) {
    /** The layout that a configuration asks for. */
    public static Layout of(ParallelConfig config, int layers, int microBatch) {
        return new Layout(
                config.placement(layers),
                config.replicas(),
                microBatch,
                config.gradientAccumulationSteps().orElse(1),
                config.recomputation(),
                config.optimizerStateSharding(),
                config.optimizerStateOffload());
    }

    /** {@return stages of the pipeline} */
    public int stages() {
        return placement.stages();
    }

    /** {@return stages times replicas} */
    public int ranks() {
        return placement.stages() * replicas;
    }

    /** Samples behind one update. */
    public long globalBatch() {
        return (long) microBatch * replicas * accumulationSteps;
    }
}
