package io.vit4j.metrics;

import io.vit4j.base.JsonObject;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Numbers by name, in order: what training and evaluation tell, such as {@code train_loss} and {@code eval_roc_auc}.
 *
 * @param values by name
 */
public record Metrics(Map<String, Double> values) {
    /** None. */
    public static final Metrics NONE = new Metrics(Map.of());

    /** Copies the map, in its order. */
    public Metrics {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** Those of a JSON object: its numbers, and what stands there for numbers that are not finite. */
    public static Metrics of(JsonObject json) {
        Map<String, Double> values = new LinkedHashMap<>();
        json.keys().forEach(key -> json.anyNumber(key).ifPresent(value -> values.put(key, value)));
        return new Metrics(values);
    }

    /**
     * Those of an evaluation: its loss, what was computed from its predictions, and how long it took.
     *
     * @param computed by names that get {@code eval_} in front, if they lack it
     */
    public static Metrics ofEvaluation(double loss, Map<String, Double> computed, int samples, double seconds) {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("eval_loss", loss);
        computed.forEach((name, value) -> values.put(name.startsWith("eval_") ? name : "eval_" + name, value));
        values.put("eval_runtime", seconds);
        values.put("eval_samples_per_second", samples / seconds);
        return new Metrics(values);
    }

    /**
     * The same with those of averaged weights beside them.
     *
     * @param computed by names that get {@code eval_ema_} in front, in the place of {@code eval_} if they have that
     */
    public Metrics withAveraged(double loss, Map<String, Double> computed) {
        Map<String, Double> all = new LinkedHashMap<>(values);
        all.put("eval_ema_loss", loss);
        computed.forEach((name, value) ->
                all.put("eval_ema_" + (name.startsWith("eval_") ? name.substring("eval_".length()) : name), value));
        return new Metrics(all);
    }

    /** Whether there is one of that name. */
    public boolean has(String name) {
        return values.containsKey(name);
    }

    /**
     * One of them.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public double get(String name) {
        Double value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException(
                    "no metric " + name + "; available are " + String.join(", ", values.keySet()));
        }
        return value;
    }

    /** One of them; empty if there is none of that name. */
    public OptionalDouble find(String name) {
        Double value = values.get(name);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /** The same with another, behind the others or instead of one of its name. */
    public Metrics with(String name, double value) {
        Map<String, Double> more = new LinkedHashMap<>(values);
        more.put(name, value);
        return new Metrics(more);
    }

    /** {@return an object with a number under each name} */
    public JsonObject toJson() {
        return JsonObject.empty().withNumbers(values);
    }
}
