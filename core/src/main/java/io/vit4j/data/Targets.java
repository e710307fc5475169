package io.vit4j.data;

import java.util.Arrays;

/**
 * What a batch's predictions should come out as: dense numbers, made on the host when the batch is put together. What is
 * unknown weighs nothing.
 *
 * @param samples how many
 * @param width numbers a sample
 * @param values {@code [samples, width]} row by row, all finite
 * @param entryWeights {@code [samples, width]}, how much each entry counts; empty if each counts 1
 * @param classWeights {@code [width]}, how much each class counts; empty if each counts 1
 * @param counted {@code [samples]}, what each sample adds to the number that the mean loss is divided by
 */
public record Targets(
        int samples, int width, float[] values, float[] entryWeights, float[] classWeights, double[] counted) {
    /** Nothing that weighs. */
    public static final float[] UNWEIGHTED = {};

    /** Makes targets of the labels of some samples. */
    @FunctionalInterface
    public interface Encoder {
        /**
         * Encodes labels; InputException if there is no such label.
         *
         * @param labels {@code [samples, labels of each]} row by row, as in {@link Batch#labels}
         * @param samples how many
         */
        Targets encode(float[] labels, int samples);
    }

    /** Checks that there are as many numbers as samples and width say. */
    public Targets {
        int entries = Math.multiplyExact(samples, width);
        if (values.length != entries
                || (entryWeights.length != 0 && entryWeights.length != entries)
                || (classWeights.length != 0 && classWeights.length != width)
                || counted.length != samples) {
            throw new IllegalArgumentException(values.length + " values, " + entryWeights.length + " entry weights, "
                    + classWeights.length + " class weights and " + counted.length + " counts for [" + samples + ", "
                    + width + "]");
        }
    }

    /** What the mean loss over these samples is divided by. */
    public double divisor() {
        double sum = 0;
        for (double ofSample : counted) {
            sum += ofSample;
        }
        return sum;
    }

    /**
     * Some neighbouring samples.
     *
     * @param from the first
     * @param count how many
     */
    public Targets rows(int from, int count) {
        if (from == 0 && count == samples) {
            return this;
        }
        return new Targets(
                count,
                width,
                part(values, from * width, count * width),
                entryWeights.length == 0 ? UNWEIGHTED : part(entryWeights, from * width, count * width),
                classWeights,
                Arrays.copyOfRange(counted, from, from + count));
    }

    private static float[] part(float[] all, int from, int count) {
        return Arrays.copyOfRange(all, from, from + count);
    }
}
