package io.vit4j.fuzz;

import com.sun.management.ThreadMXBean;
import io.vit4j.base.InputException;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/**
 * One input read by one target, and what came of it.
 *
 * @param refused whether it ended in an InputException
 * @param fault what went against the promise: another exception, too long, too much memory; empty where nothing did
 * @param cpuNanos of the thread that read it
 * @param allocated bytes, by the thread that read it
 */
record Trial(boolean refused, Optional<String> fault, long cpuNanos, long allocated) {
    /** Two seconds of the processor: of the clock's there may be more where other programs run. */
    static final long MOST_CPU_NANOS = 2_000_000_000L;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    static Trial of(Target target, byte[] input) {
        Optional<String> fault = Optional.empty();
        boolean refused = false;
        long allocatedBefore = THREADS.getCurrentThreadAllocatedBytes();
        long before = THREADS.getCurrentThreadCpuTime();
        try {
            target.read(input);
        } catch (InputException e) {
            refused = true;
            if (e.getMessage().isBlank() || e.getMessage().contains("\n")) {
                fault = Optional.of("a message of " + e.getMessage().lines().count() + " lines");
            }
        } catch (Throwable e) {
            StackTraceElement[] trace = e.getStackTrace();
            fault = Optional.of(e + (trace.length > 0 ? " at " + trace[0] : ""));
        }
        long cpu = THREADS.getCurrentThreadCpuTime() - before;
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - allocatedBefore;
        if (fault.isEmpty() && cpu > MOST_CPU_NANOS) {
            fault = Optional.of(cpu / 1_000_000 + " ms");
        }
        if (fault.isEmpty() && allocated > target.mostAllocated()) {
            fault = Optional.of(allocated + " bytes allocated");
        }
        return new Trial(refused, fault, cpu, allocated);
    }
}
