package io.vit4j.cli.bench;

import com.sun.management.OperatingSystemMXBean;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.ResidentMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Facts about the processor and this process, read from {@code /proc}; empty on other systems. */
public final class Machine {
    private static final int FIELDS_TO_NAME = 2; // proc(5), /proc/pid/stat
    private static final int FIELD_STARTTIME = 22;
    private static final double TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux

    private Machine() {}

    /** The processor's name, {@code Intel(R) Xeon(R) Processor}, say. */
    public static Optional<String> cpu() {
        return field(Path.of("/proc/cpuinfo"), "model name");
    }

    /** The most memory this process has had resident so far (VmHWM), in MiB. */
    public static OptionalDouble peakResidentMib() {
        return mib(ResidentMemory.peak());
    }

    /** The memory that this process has resident now (VmRSS), in MiB. */
    public static OptionalDouble residentMib() {
        return mib(ResidentMemory.now());
    }

    private static OptionalDouble mib(OptionalLong bytes) {
        return bytes.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(bytes.getAsLong() / (double) (1 << 20));
    }

    /** Seconds that this process has had of all processors. */
    static double processorSeconds() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime() / 1e9;
    }

    /**
     * Seconds since this process was started, to 10 ms; elsewhere than on Linux since Java was. The start is read in ticks
     * since the machine's, as the clock's time at that, which {@code ProcessHandle} adds it to, is known to a second only.
     */
    public static double secondsSinceStart() {
        try {
            String stat = OpenFiles.text(Path.of("/proc/self/stat"));
            String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            double started = Long.parseLong(afterName[FIELD_STARTTIME - FIELDS_TO_NAME - 1]) / TICKS_PER_SECOND;
            String uptime = OpenFiles.text(Path.of("/proc/uptime"));
            double now = Double.parseDouble(uptime.substring(0, uptime.indexOf(' ')));
            return Math.round((now - started) * TICKS_PER_SECOND) / TICKS_PER_SECOND;
        } catch (IOException e) {
            long start = ManagementFactory.getRuntimeMXBean().getStartTime();
            return Duration.between(Instant.ofEpochMilli(start), Instant.now()).toMillis() / 1e3;
        }
    }

    private static Optional<String> field(Path file, String name) {
        try {
            return OpenFiles.lines(file).stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
