package io.vit4j.report;

import io.vit4j.train.checkpoint.LogEntry;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * One quantity of a log history, against epochs: the entries that have it, oldest first.
 *
 * @param key such as {@code loss}
 * @param steps optimizer steps, {@code [points]}
 * @param epochs {@code [points]}
 * @param values {@code [points]}
 */
record LogSeries(String key, long[] steps, double[] epochs, double[] values) {
    /** The finite values of a key; empty if the history has none. */
    static Optional<LogSeries> of(List<LogEntry> logHistory, String key) {
        List<LogEntry> having = logHistory.stream()
                .filter(entry -> Double.isFinite(entry.find(key).orElse(Double.NaN)) && Double.isFinite(entry.epoch()))
                .toList();
        if (having.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new LogSeries(
                key,
                having.stream().mapToLong(LogEntry::step).toArray(),
                having.stream().mapToDouble(LogEntry::epoch).toArray(),
                having.stream().mapToDouble(entry -> entry.get(key)).toArray()));
    }

    int size() {
        return values.length;
    }

    double last() {
        return values[values.length - 1];
    }

    /** The same with {@link #average} of its values. */
    LogSeries smoothed(double weight) {
        return new LogSeries(key, steps, epochs, average(values, weight));
    }

    /** At most that many points and the last one, evenly chosen: for drawing. */
    LogSeries thinned(int most) {
        int stride = (size() + most - 1) / most;
        if (stride <= 1) {
            return this;
        }
        int[] kept = IntStream.concat(
                        IntStream.iterate(0, i -> i < size() - 1, i -> i + stride), IntStream.of(size() - 1))
                .toArray();
        return new LogSeries(
                key,
                Arrays.stream(kept).mapToLong(i -> steps[i]).toArray(),
                Arrays.stream(kept).mapToDouble(i -> epochs[i]).toArray(),
                Arrays.stream(kept).mapToDouble(i -> values[i]).toArray());
    }

    /**
     * The exponential moving average that TensorBoard draws: each value weighs {@code 1 - weight}, the past the rest,
     * divided by the weights so far so that the start is not drawn to zero.
     */
    static double[] average(double[] values, double weight) {
        double[] smooth = new double[values.length];
        double average = 0;
        double weights = 0;
        for (int i = 0; i < values.length; i++) {
            average = weight * average + (1 - weight) * values[i];
            weights = weight * weights + (1 - weight);
            smooth[i] = average / weights;
        }
        return smooth;
    }
}
