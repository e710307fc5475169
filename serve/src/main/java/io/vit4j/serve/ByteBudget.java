package io.vit4j.serve;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes of request bodies that may be in memory at a time, for all connections together. */
final class ByteBudget {
    private final AtomicLong left;

    ByteBudget(long bytes) {
        left = new AtomicLong(bytes);
    }

    /** {@return whether they were still free, and are taken now} */
    boolean take(long bytes) {
        if (left.addAndGet(-bytes) >= 0) {
            return true;
        }
        left.addAndGet(bytes);
        return false;
    }

    void giveBack(long bytes) {
        left.addAndGet(bytes);
    }
}
