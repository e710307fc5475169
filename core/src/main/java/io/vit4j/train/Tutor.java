package io.vit4j.train;

import io.vit4j.data.Batch;
import io.vit4j.metrics.Metrics;
import io.vit4j.train.engine.Engine;
import java.util.Iterator;
import java.util.Set;

/** Says of batches, before they are walked, what their predictions should come out as; it stands in their labels. */
interface Tutor extends AutoCloseable {
    /**
     * The batches of one optimizer step, taught.
     *
     * @param count how many they are; all may be read before the first is returned
     * @param engine that will walk them
     * @param epoch from 0
     */
    Iterator<Batch> step(Iterator<Batch> batches, int count, Engine engine, int epoch);

    /** Batches to evaluate on; by default as they are, to be compared with their labels alone. */
    default Iterator<Batch> evaluation(Iterator<Batch> batches, Engine engine, int epoch) {
        return batches;
    }

    /** Weights that do not move in an epoch. */
    default Set<String> still(int epoch) {
        return Set.of();
    }

    /** Whether the average of the weights is the tutor's own, and not a second model to evaluate. */
    default boolean isAverage() {
        return false;
    }

    /** The entry of a log, with what is to be known of the last step. */
    default Metrics noted(Metrics entry) {
        return entry;
    }

    @Override
    void close();
}
