package io.vit4j.torch;

import java.util.concurrent.locks.LockSupport;

/** Waits until what earlier tests of this JVM have left is collected, so that a measurement of native memory is this test's alone. */
public final class SettledMemory {
    private static final int EQUAL_LOOKS = 3;
    private static final int MOST_LOOKS = 12;
    private static final long BETWEEN_NANOS = 50_000_000;

    private SettledMemory() {}

    /** Returns once several collections in a row have freed nothing native, or after some seconds. */
    public static void await() {
        long before = NativeMemory.inUse().orElse(0);
        int equal = 0;
        for (int looks = 0; looks < MOST_LOOKS && equal < EQUAL_LOOKS; looks++) {
            System.gc();
            LockSupport.parkNanos(BETWEEN_NANOS);
            long now = NativeMemory.inUse().orElse(0);
            equal = now == before ? equal + 1 : 0;
            before = now;
        }
    }
}
