package io.vit4j.walk;

import io.vit4j.base.SpinWait;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where lanes wait for each other again and again. They meet every few milliseconds at most, so they look for the others a
 * while before they sleep; what was written before it is seen by all after it.
 */
final class LaneBarrier {
    /** Lanes are microseconds apart, so that a long nap would cost more than it spares. */
    static final SpinWait WAIT = new SpinWait(20_000, 20_000);

    private final int lanes;
    private final AtomicInteger arrived = new AtomicInteger();
    private volatile int generation;
    private volatile Throwable failure;

    LaneBarrier(int lanes) {
        this.lanes = lanes;
    }

    /** Returns when all have come; throws if one has failed instead. */
    void await() {
        int before = generation;
        if (arrived.incrementAndGet() == lanes) {
            arrived.set(0);
            generation = before + 1;
            return;
        }
        WAIT.until(() -> generation != before, this::checkFailure);
    }

    private void checkFailure() {
        if (failure != null) {
            throw new IllegalStateException("another lane has failed: " + failure.getMessage(), failure);
        }
    }

    /** Ends everyone's waiting. */
    void fail(Throwable cause) {
        failure = cause;
    }
}
