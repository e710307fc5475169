package io.vit4j.walk;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Where lanes wait for each other again and again. They meet every few milliseconds at most, so they look for the others a
 * while before they sleep; what was written before it is seen by all after it.
 */
final class LaneBarrier {
    /** Some 50 microseconds: what a sleep and its end cost. */
    private static final int LOOKS = 1000;

    private static final long NAP_NANOS = 20_000;

    private final int lanes;
    private final AtomicInteger arrived = new AtomicInteger();
    private volatile int generation;
    private volatile Throwable failure;

    LaneBarrier(int lanes) {
        this.lanes = lanes;
    }

    /** Returns when all have come; throws where one has failed instead. */
    void await() {
        int before = generation;
        if (arrived.incrementAndGet() == lanes) {
            arrived.set(0);
            generation = before + 1;
            return;
        }
        for (int looks = 0; generation == before; looks++) {
            if (failure != null) {
                throw new IllegalStateException("another lane has failed: " + failure.getMessage(), failure);
            }
            if (looks < LOOKS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(NAP_NANOS);
            }
        }
    }

    /** Ends everyone's waiting. */
    void fail(Throwable cause) {
        failure = cause;
    }
}
