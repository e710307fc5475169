package io.vit4j.metrics;

import io.vit4j.base.JsonObject;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How far a number differs between repetitions: folds, or seeds.
 *
 * @param count of repetitions in which the number is defined
 * @param mean over them
 * @param deviation standard deviation, with {@code count - 1} in the denominator; NaN of a single one
 * @param lowest of them
 * @param highest of them
 */
public record Spread(int count, double mean, double deviation, double lowest, double highest) {
    /** That of these numbers; those that are not finite are left out. */
    public static Spread of(double... values) {
        double[] finite = Arrays.stream(values).filter(Double::isFinite).toArray();
        double mean = Arrays.stream(finite).average().orElse(Double.NaN);
        double squares = Arrays.stream(finite).map(v -> (v - mean) * (v - mean)).sum();
        return new Spread(
                finite.length,
                mean,
                finite.length < 2 ? Double.NaN : Math.sqrt(squares / (finite.length - 1)),
                Arrays.stream(finite).min().orElse(Double.NaN),
                Arrays.stream(finite).max().orElse(Double.NaN));
    }

    /** Those of every metric, in the order in which they appear; {@link #count} tells in how many repetitions it is defined. */
    public static Map<String, Spread> of(List<Metrics> repetitions) {
        Map<String, Spread> spreads = new LinkedHashMap<>();
        for (Metrics one : repetitions) {
            for (String name : one.values().keySet()) {
                spreads.computeIfAbsent(
                        name,
                        metric -> of(repetitions.stream()
                                .map(metrics -> metrics.find(metric))
                                .flatMapToDouble(OptionalDouble::stream)
                                .toArray()));
            }
        }
        return spreads;
    }

    /**
     * The mean with Student's interval, which takes the repetitions for independent: those with other seeds are, folds are not, because
     * each two share most of what they were trained on. NaN at its ends if there are fewer than two.
     */
    public Estimate interval(double level) {
        Estimate.checkLevel(level);
        if (count < 2) {
            return new Estimate(mean, Double.NaN, Double.NaN, Double.NaN, level);
        }
        double error = deviation / Math.sqrt(count);
        double half = StudentT.halfWidth(level, count - 1) * error;
        return new Estimate(mean, error, mean - half, mean + half, level);
    }

    /** {@return mean, deviation, lowest, highest and count; what is undefined has no entry} */
    public JsonObject toJson() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        numbers.put("mean", mean);
        numbers.put("deviation", deviation);
        numbers.put("lowest", lowest);
        numbers.put("highest", highest);
        numbers.values().removeIf(value -> !Double.isFinite(value));
        return JsonObject.empty().withNumbers(numbers).with("count", count);
    }
}
