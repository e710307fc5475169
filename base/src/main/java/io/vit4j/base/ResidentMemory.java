package io.vit4j.base;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;

/** The resident memory of this process in bytes, as reported by Linux; empty on other systems. */
public final class ResidentMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int KIBI = 1024;

    private ResidentMemory() {}

    /** Now ({@code VmRSS}). */
    public static OptionalLong now() {
        return field("VmRSS:");
    }

    /** At most, so far ({@code VmHWM}). */
    public static OptionalLong peak() {
        return field("VmHWM:");
    }

    private static OptionalLong field(String name) {
        try {
            return OpenFiles.lines(STATUS).stream()
                    .filter(line -> line.startsWith(name))
                    .mapToLong(line -> KIBI * Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
