package io.vit4j.cli.bench;

import java.util.Arrays;

/** Seconds that repetitions of one piece of work took, warm-up left out. */
public record Timings(double[] seconds) {
    /** Runs the work {@code warmUp + repetitions} times and keeps the times of the last {@code repetitions}. */
    public static Timings of(int warmUp, int repetitions, Runnable work) {
        return of(warmUp, repetitions, work, () -> {});
    }

    /** The same; {@code between} runs after each kept repetition, outside its time. */
    public static Timings of(int warmUp, int repetitions, Runnable work, Runnable between) {
        for (int i = 0; i < warmUp; i++) {
            work.run();
        }
        double[] seconds = new double[repetitions];
        for (int i = 0; i < repetitions; i++) {
            long start = System.nanoTime();
            work.run();
            seconds[i] = (System.nanoTime() - start) / 1e9;
            between.run();
        }
        return new Timings(seconds);
    }

    /** The median of the repetitions, in seconds. */
    public double median() {
        return quantile(0.5);
    }

    /** The shortest repetition, in seconds. */
    public double best() {
        return quantile(0);
    }

    /** The value that this share of the repetitions does not exceed; between two values, their line. */
    public double quantile(double share) {
        return quantile(seconds, share);
    }

    static double quantile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
