package io.vit4j;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Prints, when a module's tests have ended, the ten slowest tests and how many were skipped and why, of all modules that this
 * build has tested so far: what the last module prints is the whole build's.
 */
public final class TestSummary implements TestExecutionListener {
    private static final int SLOWEST = 10;

    /** The same for all modules of one build, and for no other build. */
    private static final String BUILD = System.getProperty("vit4j.build", "");

    private static final Path MODULE = Path.of("").toAbsolutePath();

    private final Map<String, Long> started = new ConcurrentHashMap<>();
    private final Map<String, Long> nanosOfTest = new ConcurrentHashMap<>();
    private final Map<String, Long> countOfReason = new ConcurrentHashMap<>();

    @Override
    public void executionStarted(TestIdentifier test) {
        started.put(test.getUniqueId(), System.nanoTime());
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        countOfReason.merge(reason, 1L, Long::sum);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
            String reason = result.getThrowable().map(Throwable::getMessage).orElse("aborted");
            countOfReason.merge(reason.replaceFirst("^(Assumption failed: )?(skipped: )?", ""), 1L, Long::sum);
        }
        if (test.isTest()) {
            long nanos = System.nanoTime() - started.get(test.getUniqueId());
            test.getSource().ifPresent(source -> nanosOfTest.merge(name(source), nanos, Long::sum));
        }
    }

    /** The test's name; the invocations of a test with parameters have one, and are one test here. */
    private static String name(TestSource source) {
        if (source instanceof MethodSource method) {
            return simple(method.getClassName()) + "." + method.getMethodName();
        }
        return source instanceof ClassSource type ? simple(type.getClassName()) : source.toString();
    }

    private static String simple(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        try {
            write();
            Map<String, Long> nanos = new TreeMap<>();
            Map<String, Long> skipped = new TreeMap<>();
            for (String[] line : linesOfThisBuild()) {
                (line[0].equals("ran") ? nanos : skipped).merge(line[2], Long.valueOf(line[1]), Long::sum);
            }
            print(nanos, skipped);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path file(Path module) {
        return module.resolve("target/tests.tsv");
    }

    private void write() throws IOException {
        List<String> lines = new ArrayList<>(List.of(BUILD));
        nanosOfTest.forEach((name, nanos) -> lines.add("ran\t" + nanos + "\t" + name));
        countOfReason.forEach(
                (reason, count) -> lines.add("skipped\t" + count + "\t" + reason.replaceAll("\\s+", " ")));
        Files.createDirectories(file(MODULE).getParent());
        Files.write(file(MODULE), lines);
    }

    /** What this and the modules before it have written, each line in its three parts. */
    private static List<String[]> linesOfThisBuild() throws IOException {
        List<String[]> all = new ArrayList<>();
        try (Stream<Path> modules = Files.list(MODULE.getParent())) {
            for (Path module : modules.sorted().toList()) {
                List<String> lines = Files.exists(file(module)) ? Files.readAllLines(file(module)) : List.of();
                if (module.equals(MODULE)
                        || (!BUILD.isEmpty() && !lines.isEmpty() && lines.get(0).equals(BUILD))) {
                    lines.stream().skip(1).map(line -> line.split("\t", 3)).forEach(all::add);
                }
            }
        }
        return all;
    }

    private static void print(Map<String, Long> nanos, Map<String, Long> skipped) {
        double seconds = nanos.values().stream().mapToLong(Long::longValue).sum() / 1e9;
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT, "%n%d test methods up to here, %.0f s; the slowest:%n", nanos.size(), seconds));
        nanos.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .limit(SLOWEST)
                .forEach(test -> text.append(
                        String.format(Locale.ROOT, "  %6.1f s  %s%n", test.getValue() / 1e9, test.getKey())));
        long all = skipped.values().stream().mapToLong(Long::longValue).sum();
        text.append(all == 0 ? "None was skipped." : all + " skipped:").append(System.lineSeparator());
        skipped.forEach((reason, count) -> text.append(String.format(Locale.ROOT, "  %6d    %s%n", count, reason)));
        System.out.println(text);
    }
}
