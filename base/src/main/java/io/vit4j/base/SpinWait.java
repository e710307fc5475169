package io.vit4j.base;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Waits for what other threads bring about within microseconds as a rule: it looks again and again for as long as a sleep and
 * its end would cost, and only then sleeps, a little at a time.
 *
 * @param nap nanoseconds of a sleep
 * @param longNap nanoseconds of a sleep after {@link #LONG_NANOS} of waiting
 */
public record SpinWait(long nap, long longNap) {
    /** Looks without a sleep: some 50 microseconds. */
    private static final int LOOKS = 1000;

    /** A wait of so many nanoseconds is a long one. */
    public static final long LONG_NANOS = 10_000_000;

    /**
     * Returns when it is done.
     *
     * @param done looked at often, so quick
     * @param check called before each sleep; what it throws ends the wait
     */
    public void until(BooleanSupplier done, Runnable check) {
        long start = 0;
        for (int looks = 0; !done.getAsBoolean(); looks++) {
            if (looks < LOOKS) {
                Thread.onSpinWait();
                continue;
            }
            check.run();
            long now = System.nanoTime();
            start = start == 0 ? now : start;
            LockSupport.parkNanos(now - start < LONG_NANOS ? nap : longNap);
        }
    }
}
