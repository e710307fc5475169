package io.vit4j;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/**
 * Prints the ten slowest tests, and how many were skipped and why. A module's tests may run in several processes; each prints,
 * when it has ended, what this build has run so far in all processes and modules: what the last one prints is the whole build's.
 */
public final class TestSummary implements LauncherSessionListener, TestExecutionListener {
    private static final int SLOWEST = 10;

    /** The same for all processes of one build, and for no other build. */
    private static final String BUILD =
            System.getProperty("vit4j.build", "of " + ProcessHandle.current().pid());

    private static final Path FOLDER = Path.of("target").toAbsolutePath();
    private static final String FILE = "tests-" + ProcessHandle.current().pid() + ".tsv";

    private final Map<String, Long> started = new ConcurrentHashMap<>();
    private final Map<String, Long> nanosOfTest = new ConcurrentHashMap<>();
    private final Map<String, Long> countOfReason = new ConcurrentHashMap<>();

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        session.getLauncher().registerTestExecutionListeners(this);
    }

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
    public void launcherSessionClosed(LauncherSession session) {
        if (nanosOfTest.isEmpty() && countOfReason.isEmpty()) {
            return;
        }
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

    private void write() throws IOException {
        List<String> lines = new ArrayList<>(List.of(BUILD));
        nanosOfTest.forEach((name, nanos) -> lines.add("ran\t" + nanos + "\t" + name));
        countOfReason.forEach(
                (reason, count) -> lines.add("skipped\t" + count + "\t" + reason.replaceAll("\\s+", " ")));
        Path whole = Files.write(Files.createDirectories(FOLDER).resolve(FILE + ".tmp"), lines);
        Files.move(whole, FOLDER.resolve(FILE), StandardCopyOption.ATOMIC_MOVE); // another process reads it
    }

    /** What this process and those before it have written, each line in its three parts. */
    private static List<String[]> linesOfThisBuild() throws IOException {
        List<String[]> all = new ArrayList<>();
        try (Stream<Path> modules = Files.list(FOLDER.getParent().getParent())) {
            for (Path folder : modules.map(module -> module.resolve("target")).toList()) {
                for (Path file : files(folder)) {
                    List<String> lines = Files.readAllLines(file);
                    if (!lines.isEmpty() && lines.get(0).equals(BUILD)) {
                        lines.stream().skip(1).map(line -> line.split("\t", 3)).forEach(all::add);
                    }
                }
            }
        }
        return all;
    }

    private static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("tests-\\d+\\.tsv"))
                    .toList();
        }
    }

    private static void print(Map<String, Long> nanos, Map<String, Long> skipped) {
        double seconds = nanos.values().stream().mapToLong(Long::longValue).sum() / 1e9;
        StringBuilder text = new StringBuilder();
        text.append(
                String.format(Locale.ROOT, "%n%d test methods so far, %.0f s; the slowest:%n", nanos.size(), seconds));
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
