package io.vit4j.cli.launch;

import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** How many processes the kernel has killed on this machine since its start because memory ran out. */
final class KernelKills {
    private static final Path VMSTAT = Path.of("/proc/vmstat");
    private static final String NAME = "oom_kill ";

    private KernelKills() {}

    /** In the whole machine and in all its control groups; 0 if the system does not say, as elsewhere than on Linux. */
    static long count() {
        return counted().orElse(0);
    }

    /** Whether the system counts them. */
    static boolean isCounted() {
        return counted().isPresent();
    }

    private static OptionalLong counted() {
        if (!Files.isRegularFile(VMSTAT)) {
            return OptionalLong.empty();
        }
        try {
            return OpenFiles.lines(VMSTAT).stream()
                    .filter(line -> line.startsWith(NAME))
                    .mapToLong(
                            line -> Long.parseLong(line.substring(NAME.length()).strip()))
                    .findFirst();
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
