package io.vit4j.torch;

import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The cores that this process may compute on. libtorch asks the processor itself, and on virtual machines that hide how their
 * processors belong together it finds a single core; Linux's own account is right there. Two hardware threads of one core share what
 * multiplies, so they count once.
 */
final class Cores {
    private Cores() {}

    /** At most what the JVM was granted, by a container's limit say; empty where the system does not say (not Linux). */
    static OptionalInt available() {
        return available(Path.of("/"), Runtime.getRuntime().availableProcessors());
    }

    /**
     * @param root the folder that holds {@code proc} and {@code sys}
     * @param granted processors that may be busy at once
     */
    static OptionalInt available(Path root, int granted) {
        try {
            Set<String> cores = new HashSet<>();
            for (int cpu : allowed(root.resolve("proc/self/status"))) {
                cores.add(core(root.resolve("sys/devices/system/cpu/cpu" + cpu + "/topology"), cpu));
            }
            return cores.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Math.min(cores.size(), granted));
        } catch (IOException | NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    private static String core(Path topology, int cpu) throws IOException {
        Path siblings = topology.resolve("thread_siblings_list");
        return Files.exists(siblings) ? OpenFiles.text(siblings).strip() : Integer.toString(cpu);
    }

    /** The processors of a line as {@code Cpus_allowed_list: 0-3,8}. */
    private static Set<Integer> allowed(Path status) throws IOException {
        Set<Integer> allowed = new HashSet<>();
        for (String line : OpenFiles.lines(status)) {
            if (line.startsWith("Cpus_allowed_list:")) {
                for (String range :
                        line.substring(line.indexOf(':') + 1).strip().split(",")) {
                    String[] ends = range.split("-", 2);
                    for (int cpu = Integer.parseInt(ends[0]); cpu <= Integer.parseInt(ends[ends.length - 1]); cpu++) {
                        allowed.add(cpu);
                    }
                }
            }
        }
        return allowed;
    }
}
