package io.vit4j.cli.bench;

import io.vit4j.base.ResidentMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** What Linux tells of the processor and of this process; empty elsewhere. */
public final class Machine {
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

    /** Seconds since this process was started, to 10 ms. */
    public static double secondsSinceStart() {
        Instant start = ProcessHandle.current()
                .info()
                .startInstant()
                .orElseGet(() -> Instant.ofEpochMilli(
                        ManagementFactory.getRuntimeMXBean().getStartTime()));
        return Duration.between(start, Instant.now()).toMillis() / 1e3;
    }

    private static Optional<String> field(Path file, String name) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
