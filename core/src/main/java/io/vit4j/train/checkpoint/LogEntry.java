package io.vit4j.train.checkpoint;

import io.vit4j.base.JsonObject;
import io.vit4j.metrics.Metrics;
import java.util.OptionalDouble;

/**
 * One entry of a run's log: an element of transformers' {@code log_history}.
 *
 * @param metrics such as {@code loss} and {@code learning_rate}
 * @param epoch epochs done, with a fraction within one
 * @param step optimizer steps done
 */
public record LogEntry(Metrics metrics, double epoch, long step) {
    private static final String EPOCH = "epoch";
    private static final String STEP = "step";

    /** Reads what {@link #toJson} gave. */
    public static LogEntry of(JsonObject json) {
        return new LogEntry(
                Metrics.of(json.without(EPOCH).without(STEP)),
                json.number(EPOCH, Double.NaN),
                json.has(STEP) ? json.count(STEP) : 0);
    }

    /** Whether it has a number of that name. */
    public boolean has(String name) {
        return metrics.has(name);
    }

    /** The number of that name, which must be there. */
    public double get(String name) {
        return metrics.get(name);
    }

    /** The number of that name; empty if it is not there. */
    public OptionalDouble find(String name) {
        return metrics.find(name);
    }

    /** {@return its metrics, and behind them {@code epoch} and {@code step}} */
    public JsonObject toJson() {
        return metrics.toJson().with(EPOCH, epoch).with(STEP, step);
    }
}
