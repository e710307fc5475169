package io.vit4j.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.OpenFiles;
import io.vit4j.torch.NativeMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** What a process holds, looked at many times, so that the second tenth can be compared with the last. */
final class Growth {
    private static final int KIBI = 1024;
    private static final long MAY_GROW_KIB = 16 * KIBI;
    private static final double MAY_GROW_SHARE = 0.01;

    /** More handles than this may lie about until Java's garbage collector comes by. */
    private static final long MAY_GROW_HANDLES = 64;

    /**
     * One look.
     *
     * @param residentKib resident memory (VmRSS)
     * @param threads of the process, native ones included
     * @param files open
     * @param handles on native memory, tensors among them
     */
    private record ProcessFigures(long residentKib, long threads, long files, long handles) {}

    private final List<ProcessFigures> looks = new ArrayList<>();

    synchronized void look() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            long files = open.count();
            List<String> status = OpenFiles.lines(Path.of("/proc/self/status"));
            looks.add(new ProcessFigures(
                    number(status, "VmRSS:"), number(status, "Threads:"), files, NativeMemory.handles()));
        } catch (IOException e) {
            throw new InputException("the soak test needs Linux's /proc (" + e.getMessage() + "); run it there", e);
        }
    }

    private static long number(List<String> status, String name) {
        return status.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.replaceAll("\\D", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow();
    }

    private double median(boolean last, ToLongFunction<ProcessFigures> of) {
        int tenth = Math.max(1, looks.size() / 10);
        int from = last ? looks.size() - tenth : Math.min(tenth, looks.size() - tenth);
        long[] sorted = looks.subList(from, from + tenth).stream()
                .mapToLong(of)
                .sorted()
                .toArray();
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2.0;
    }

    /** Medians of the second tenth and of the last. */
    ObjectNode json(String part) {
        ObjectNode json = Json.object();
        json.put(part + "_rss_mib_early", median(false, ProcessFigures::residentKib) / KIBI);
        json.put(part + "_rss_mib_late", median(true, ProcessFigures::residentKib) / KIBI);
        json.put(part + "_threads_early", median(false, ProcessFigures::threads));
        json.put(part + "_threads_late", median(true, ProcessFigures::threads));
        json.put(part + "_files_early", median(false, ProcessFigures::files));
        json.put(part + "_files_late", median(true, ProcessFigures::files));
        json.put(part + "_handles_early", median(false, ProcessFigures::handles));
        json.put(part + "_handles_late", median(true, ProcessFigures::handles));
        return json;
    }

    /** What has grown by more than it may. */
    Optional<String> complaint() {
        double resident = median(false, ProcessFigures::residentKib);
        if (median(true, ProcessFigures::residentKib) > resident * (1 + MAY_GROW_SHARE) + MAY_GROW_KIB) {
            return Optional.of("resident memory has grown by more than 1% and 16 MiB");
        }
        if (median(true, ProcessFigures::threads) > median(false, ProcessFigures::threads)) {
            return Optional.of("the number of threads has grown");
        }
        if (median(true, ProcessFigures::files) > median(false, ProcessFigures::files)) {
            return Optional.of("the number of open files has grown");
        }
        if (median(true, ProcessFigures::handles) > median(false, ProcessFigures::handles) + MAY_GROW_HANDLES) {
            return Optional.of("the number of native handles has grown");
        }
        return Optional.empty();
    }
}
