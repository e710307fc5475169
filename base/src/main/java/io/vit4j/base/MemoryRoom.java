package io.vit4j.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How much more memory this process can use: what Linux has available ({@code MemAvailable}), and what its control groups,
 * such as a container's, leave it. Memory that only caches files counts as free in both. Swap does not count.
 *
 * @param bytes that can still be used
 * @param source where the limit comes from, as part of a sentence: {@code "of this machine's 24.0 GiB"}
 */
public record MemoryRoom(long bytes, String source) {
    private static final int KIBI = 1024;
    private static final double GIBI = 1 << 30;

    /** A control group of the first version without a limit has one near the largest number. */
    private static final long NO_LIMIT = 1L << 60;

    /** A kind of control groups: where its files lie and how they are called. */
    private enum CgroupVersion {
        V1("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
        V2("sys/fs/cgroup", "memory.max", "memory.current", "");

        private final String mount;
        private final String limit;
        private final String usage;
        private final String prefix;

        CgroupVersion(String mount, String limit, String usage, String prefix) {
            this.mount = mount;
            this.limit = limit;
            this.usage = usage;
            this.prefix = prefix;
        }
    }

    /** The memory available to this process; empty if the system does not report it, as on anything but Linux. */
    public static Optional<MemoryRoom> here() {
        return read(Path.of("/"));
    }

    /** @param root of the file system, or of a test's image of one */
    static Optional<MemoryRoom> read(Path root) {
        Stream<MemoryRoom> machine = machine(root).stream();
        Stream<MemoryRoom> groups = Arrays.stream(CgroupVersion.values()).flatMap(version -> groups(root, version));
        return Stream.concat(machine, groups).min((a, b) -> Long.compare(a.bytes, b.bytes));
    }

    private static Optional<MemoryRoom> machine(Path root) {
        List<String> lines = lines(root.resolve("proc/meminfo"));
        Optional<Long> total = field(lines, "MemTotal:");
        return field(lines, "MemAvailable:")
                .map(available ->
                        new MemoryRoom(available * KIBI, "of this machine's " + inGib(total.orElse(available) * KIBI)));
    }

    /** The process's group and those it is in, each with its own limit. */
    private static Stream<MemoryRoom> groups(Path root, CgroupVersion version) {
        Path mount = root.resolve(version.mount);
        Path group = path(root, version).map(mount::resolve).orElse(mount).normalize();
        if (!group.startsWith(mount) || !Files.isDirectory(group)) {
            group = mount; // in a container, where only its own group is mounted
        }
        return Stream.iterate(group, each -> each.startsWith(mount), Path::getParent)
                .flatMap(each -> room(each, version).stream());
    }

    /** The process's group below the mount: {@code 4:memory:/docker/1f3a}, or {@code 0::/user.slice}. */
    private static Optional<String> path(Path root, CgroupVersion version) {
        return lines(root.resolve("proc/self/cgroup")).stream()
                .map(line -> line.split(":", 3))
                .filter(fields -> fields.length == 3)
                .filter(fields -> version == CgroupVersion.V2
                        ? fields[0].equals("0") && fields[1].isEmpty()
                        : List.of(fields[1].split(",")).contains("memory"))
                .map(fields -> fields[2].replaceFirst("^/+", ""))
                .findFirst();
    }

    private static Optional<MemoryRoom> room(Path group, CgroupVersion version) {
        Optional<Long> limit = number(group.resolve(version.limit)).filter(bytes -> bytes < NO_LIMIT);
        Optional<Long> usage = number(group.resolve(version.usage));
        if (limit.isEmpty() || usage.isEmpty()) {
            return Optional.empty();
        }
        List<String> stat = lines(group.resolve("memory.stat"));
        long cache = field(stat, version.prefix + "inactive_file").orElse(0L)
                + field(stat, version.prefix + "active_file").orElse(0L);
        long room = Math.max(0, limit.get() - Math.max(0, usage.get() - cache));
        return Optional.of(new MemoryRoom(room, "of this container's limit of " + inGib(limit.get())));
    }

    private static Optional<Long> number(Path file) {
        return lines(file).stream().findFirst().flatMap(MemoryRoom::parse);
    }

    private static Optional<Long> field(List<String> lines, String name) {
        return lines.stream()
                .map(line -> line.strip().split("\\s+"))
                .filter(words -> words.length > 1 && words[0].equals(name))
                .findFirst()
                .flatMap(words -> parse(words[1]));
    }

    private static Optional<Long> parse(String text) {
        try {
            return Optional.of(Long.parseLong(text.strip()));
        } catch (NumberFormatException e) {
            return Optional.empty(); // "max"
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.isRegularFile(file) ? OpenFiles.lines(file) : List.of();
        } catch (IOException e) {
            return List.of(); // what cannot be read sets no limit
        }
    }

    /** {@code 1.5 GiB}; below one, {@code 512 MiB}. */
    public static String inGib(long bytes) {
        return bytes < GIBI
                ? (bytes + (1 << 20) - 1 >> 20) + " MiB"
                : String.format(Locale.ROOT, "%.1f GiB", bytes / GIBI);
    }
}
