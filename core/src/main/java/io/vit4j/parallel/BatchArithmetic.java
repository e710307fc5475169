package io.vit4j.parallel;

import io.vit4j.base.InputException;
import java.util.List;

/**
 * How many samples a step takes and how many steps a run has.
 *
 * @param microBatch samples that one replica computes at once ({@code per_device_train_batch_size})
 * @param replicas copies of the pipeline that work side by side
 * @param accumulationSteps micro-batches whose gradients make one update, on each replica
 * @param deviceIterations updates between returns to logging and callbacks. Optimum Graphcore counts one step for all
 *     of them; here every update is a step.
 */
public record BatchArithmetic(int microBatch, int replicas, int accumulationSteps, int deviceIterations) {
    public BatchArithmetic {
        atLeastOne("the micro-batch", microBatch);
        atLeastOne("replicas", replicas);
        atLeastOne("gradient accumulation steps", accumulationSteps);
        atLeastOne("device iterations", deviceIterations);
        try {
            long global = Math.multiplyExact(Math.multiplyExact((long) microBatch, replicas), accumulationSteps);
            Math.multiplyExact(global, deviceIterations);
        } catch (ArithmeticException e) {
            throw new InputException("micro-batch " + microBatch + " x " + replicas + " replicas x " + accumulationSteps
                    + " accumulation steps x " + deviceIterations
                    + " device iterations is too large a number of samples; lower one of them");
        }
    }

    private static void atLeastOne(String what, int count) {
        if (count < 1) {
            throw new InputException(what + " is " + count + "; it must be at least 1");
        }
    }

    /** Samples behind one update of the weights: micro-batch x replicas x accumulation. */
    public long samplesPerUpdate() {
        return (long) microBatch * replicas * accumulationSteps;
    }

    /** Samples between returns to logging and callbacks: {@link #samplesPerUpdate} x device iterations. */
    public long samplesPerHostStep() {
        return samplesPerUpdate() * deviceIterations;
    }

    /** Samples of one pipelined inference walk: the micro-batch x inference replicas x inference device iterations. */
    public static long samplesPerInferenceStep(int microBatch, int inferenceReplicas, int inferenceDeviceIterations) {
        return new BatchArithmetic(microBatch, inferenceReplicas, 1, inferenceDeviceIterations).samplesPerHostStep();
    }

    /**
     * Updates in one epoch.
     *
     * @param dropLast leave out the samples that do not fill a host step, as the walkthrough did; otherwise the last
     *     update takes fewer
     */
    public long updatesPerEpoch(long samples, boolean dropLast) {
        if (dropLast) {
            return samples / samplesPerHostStep() * deviceIterations;
        }
        return samples / samplesPerUpdate() + (samples % samplesPerUpdate() == 0 ? 0 : 1);
    }

    /** Samples that an epoch leaves out when the last, incomplete host step is dropped. */
    public long droppedPerEpoch(long samples) {
        return samples % samplesPerHostStep();
    }

    /** Updates in all: the epochs' updates, rounded up for a part of an epoch, as transformers' Trainer counts. */
    public long totalUpdates(long samples, double epochs, boolean dropLast) {
        return (long) Math.ceil(epochs * updatesPerEpoch(samples, dropLast));
    }

    /** Updates of warm-up: {@code ceil(ratio x total)}, as transformers' Trainer counts. */
    public static long warmupUpdates(double ratio, long totalUpdates) {
        return (long) Math.ceil(ratio * totalUpdates);
    }

    /** The block that Optimum Graphcore logs when training starts, line by line. */
    public List<String> describe(long samples, double epochs, long totalUpdates) {
        String wholeEpochs = epochs == Math.rint(epochs) ? Long.toString((long) epochs) : Double.toString(epochs);
        return List.of(
                "***** Running training *****",
                "  Num examples = " + samples,
                "  Num Epochs = " + wholeEpochs,
                "  Instantaneous batch size per device = " + microBatch,
                "  Device Iterations = " + deviceIterations,
                "  Replication Factor = " + replicas,
                "  Gradient Accumulation steps = " + accumulationSteps,
                "  Total train batch size (w. parallel, distributed & accumulation) = " + samplesPerHostStep(),
                "  Total optimization steps = " + totalUpdates);
    }
}
