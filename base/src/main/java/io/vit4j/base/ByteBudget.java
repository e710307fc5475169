package io.vit4j.base;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that may be in memory at a time, for all connections of a server together. */
public final class ByteBudget {
    private final AtomicLong left;

    /** @param bytes in all */
    public ByteBudget(long bytes) {
        left = new AtomicLong(bytes);
    }

    /** {@return whether so many bytes were still free, and are taken now} */
    public boolean take(long bytes) {
        if (left.addAndGet(-bytes) >= 0) {
            return true;
        }
        left.addAndGet(bytes);
        return false;
    }

    /** Gives back what was taken. */
    public void giveBack(long bytes) {
        left.addAndGet(bytes);
    }
}
