package io.vit4j.model;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/** Where the gradients of all weights are added up, and which of them hold something of this step. */
final class GradientBuffer implements AutoCloseable {
    private final Tensor flat;
    private final Function<String, Tensor> stretchOf;
    private final ConcurrentHashMap<String, Slot> slots = new ConcurrentHashMap<>();
    private volatile boolean settled = true;

    /** A weight's stretch of the buffer, in its shape; guarded by itself. */
    private static final class Slot {
        private final Tensor stretch;
        private final long dimensions;
        private boolean written = true; // as it is made: zeros

        Slot(Tensor stretch) {
            this.stretch = stretch;
            dimensions = stretch.dim();
        }
    }

    /**
     * @param flat zeros; closed with this
     * @param stretchOf a weight's stretch of it, in its shape, by the weight's name
     */
    GradientBuffer(Tensor flat, Function<String, Tensor> stretchOf) {
        this.flat = flat;
        this.stretchOf = stretchOf;
    }

    Tensor flat() {
        return flat;
    }

    /** Adds to a weight's stretch, or writes it if it was forgotten. */
    void add(String name, Tensor gradient) {
        Slot slot = slot(name);
        synchronized (slot) {
            Tensor same = gradient.dim() == slot.dimensions ? gradient : gradient.view(slot.stretch.shape());
            if (slot.written) {
                slot.stretch.add_(same);
            } else {
                slot.stretch.copy_(same);
                slot.written = true;
            }
        }
    }

    /** Sets a weight's stretch to zero if it was forgotten and nobody has added to it. */
    void settle(String name) {
        Slot slot = slot(name);
        synchronized (slot) {
            if (!slot.written) {
                slot.stretch.zero_();
                slot.written = true;
            }
        }
    }

    private Slot slot(String name) {
        Slot known = slots.get(name);
        return known != null
                ? known
                : slots.computeIfAbsent(name, unknown -> {
                    try (Scope scope = new Scope();
                            Autograd off = Autograd.off()) {
                        return new Slot(scope.own(stretchOf.apply(unknown)));
                    }
                });
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
        for (Slot slot : slots.values()) {
            synchronized (slot) {
                slot.written = false;
            }
        }
    }

    @Override
    public void close() {
        slots.values().forEach(slot -> slot.stretch.close());
        slots.clear();
        flat.close();
    }
}
