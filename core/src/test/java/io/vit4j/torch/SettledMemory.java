package io.vit4j.torch;

import java.util.concurrent.locks.LockSupport;
import org.bytedeco.javacpp.Pointer;

/** Waits until what earlier tests of this JVM have left is collected, so that a measurement of native memory is this test's alone. */
public final class SettledMemory {
    /** What the JVM's own threads, such as its compiler, take and give back at any time. */
    private static final long NOISE = 64 << 10;

    private static final int EQUAL_LOOKS = 2;
    private static final int MOST_LOOKS = 12;
    private static final long BETWEEN_NANOS = 20_000_000;

    private SettledMemory() {}

    /** Returns once two collections in a row have freed nothing native, or after twelve. */
    public static void await() {
        long before = NativeMemory.inUse().orElse(0);
        int equal = 0;
        for (int looks = 0; looks < MOST_LOOKS && equal < EQUAL_LOOKS; looks++) {
            System.gc();
            LockSupport.parkNanos(BETWEEN_NANOS); // until what was found is in the queue
            Pointer.deallocateReferences();
            long now = NativeMemory.inUse().orElse(0);
            equal = Math.abs(now - before) < NOISE ? equal + 1 : 0;
            before = now;
        }
    }
}
