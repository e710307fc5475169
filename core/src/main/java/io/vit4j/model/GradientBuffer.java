package io.vit4j.model;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/** Where the gradients of all weights are added up, and which of them hold something of this step. */
final class GradientBuffer implements AutoCloseable {
    private final Tensor flat;
    private volatile boolean settled = true;
    private final ConcurrentHashMap<String, AtomicBoolean> written = new ConcurrentHashMap<>();

    /** @param flat zeros; closed with this */
    GradientBuffer(Tensor flat) {
        this.flat = flat;
    }

    Tensor flat() {
        return flat;
    }

    /** Adds to a weight's stretch, or writes it if it was forgotten. */
    void add(String name, Tensor stretch, Tensor gradient) {
        Tensor same = gradient.view(stretch.shape());
        AtomicBoolean holds = holds(name);
        synchronized (holds) {
            if (holds.getAndSet(true)) {
                stretch.add_(same);
            } else {
                stretch.copy_(same);
            }
        }
    }

    /** Sets a weight's stretch to zero if it was forgotten and nobody has added to it. */
    void settle(String name, Supplier<Tensor> stretch) {
        AtomicBoolean holds = holds(name);
        synchronized (holds) {
            if (!holds.getAndSet(true)) {
                stretch.get().zero_();
            }
        }
    }

    private AtomicBoolean holds(String name) {
        return written.computeIfAbsent(name, unknown -> new AtomicBoolean(true)); // as it is made: zeros
    }

    /** Whether nothing is forgotten that {@link #settle} has not seen to. */
    boolean settled() {
        return settled;
    }

    void allSettled() {
        settled = true;
    }

    void forget() {
        settled = false;
        written.values().forEach(holds -> holds.set(false));
    }

    @Override
    public void close() {
        flat.close();
    }
}
