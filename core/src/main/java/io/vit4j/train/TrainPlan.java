package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.train.arguments.TrainingArguments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * How a run's samples fall into epochs, optimizer steps and micro-batches, as transformers' Trainer has it.
 *
 * @param samples training samples
 * @param microBatch samples of a micro-batch, on all replicas together
 * @param accumulation micro-batches of an optimizer step
 * @param dropUnit an epoch's last samples are left out where they do not fill so many: a micro-batch, or all that a
 *     parallel configuration takes at once; 1 to leave none out
 * @param epochs passes over the data, also a fraction
 * @param maxSteps optimizer steps in all; overrides {@code epochs}
 */
public record TrainPlan(
        int samples, int microBatch, int accumulation, int dropUnit, double epochs, OptionalInt maxSteps) {
    public TrainPlan {
        if (samples / dropUnit == 0) {
            throw new InputException(samples + " training samples do not fill one batch of " + dropUnit
                    + "; lower --per-device-train-batch-size, or use --dataloader-drop-last false");
        }
    }

    /** That of a run with these arguments. */
    static TrainPlan of(int samples, TrainingArguments arguments, RunLayout layout) {
        int microBatch = Math.multiplyExact(arguments.perDeviceTrainBatchSize(), layout.replicas());
        int dropUnit = 1;
        if (arguments.dataloaderDropLast()) {
            // a parallel configuration takes whole steps only, as Optimum Graphcore's loader did
            dropUnit = layout.asked()
                    .map(config -> Math.toIntExact(
                            config.batches(arguments.perDeviceTrainBatchSize()).samplesPerHostStep()))
                    .orElse(microBatch);
        }
        return new TrainPlan(
                samples,
                microBatch,
                arguments.gradientAccumulationSteps(),
                dropUnit,
                arguments.numTrainEpochs(),
                arguments.maxSteps());
    }

    /** Samples that one full optimizer step of such a run learns from. */
    static long batch(TrainingArguments arguments, RunLayout layout) {
        return (long) arguments.perDeviceTrainBatchSize() * layout.replicas() * arguments.gradientAccumulationSteps();
    }

    /** Samples of one epoch. */
    private int used() {
        return samples / dropUnit * dropUnit;
    }

    /** Micro-batches of one epoch. */
    public int microBatchesPerEpoch() {
        return (used() + microBatch - 1) / microBatch;
    }

    /** Optimizer steps of one epoch; the last may have fewer micro-batches than the others. */
    public long stepsPerEpoch() {
        return (microBatchesPerEpoch() + accumulation - 1) / accumulation;
    }

    /** Optimizer steps of the whole run. */
    public long totalSteps() {
        return maxSteps.isPresent() ? maxSteps.getAsInt() : (long) Math.ceil(stepsPerEpoch() * epochs);
    }

    /** Samples that one full optimizer step learns from. */
    public long totalBatchSize() {
        return (long) microBatch * accumulation;
    }

    /** The epoch, from 0, that the optimizer step after {@code done} steps belongs to. */
    public int epochAfter(long done) {
        return Math.toIntExact(done / stepsPerEpoch());
    }

    /** How many epochs {@code done} steps are; a whole number at an epoch's end. */
    public double epochs(long done) {
        long whole = done / stepsPerEpoch();
        return whole + (double) (done % stepsPerEpoch()) / stepsPerEpoch();
    }

    /**
     * The samples of each optimizer step of an epoch.
     *
     * @param order the epoch's order of all samples
     * @param fromStep steps of this epoch to leave out at its start
     */
    public List<int[]> steps(int[] order, long fromStep) {
        long used = Math.min(used(), order.length);
        List<int[]> steps = new ArrayList<>();
        for (long from = fromStep * totalBatchSize(); from < used; from += totalBatchSize()) {
            steps.add(Arrays.copyOfRange(order, (int) from, (int) Math.min(used, from + totalBatchSize())));
        }
        return steps;
    }
}
