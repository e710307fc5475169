package io.vit4j.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code bench/fuzz --inputs N [--seconds S] [--target T] [--seed S] [--corpus DIR] [--distil DIR]}: feeds N inputs to each target. Exit
 * code 1 where one of them did anything but be read or be refused by an InputException, in time and within its memory.
 */
public final class Fuzz {
    private static final long MOST_NANOS_BY_THE_CLOCK = 60_000_000_000L;
    private static final int MOST_DISTILLED_BYTES = 48 << 10;

    private long inputsPerTarget = 10_000;
    private long secondsPerTarget = 1_000_000;
    private String only = "";
    private long seed = 1;
    private boolean quiet;
    private Path folder = Path.of("core/target/fuzz");
    private Path corpus = Path.of("");
    private Path distil = Path.of("");

    private Fuzz() {}

    /** Loads itself again with counters in what is to be tried, and runs. */
    public static void main(String[] args) throws Exception {
        System.exit(instrumented(args));
    }

    /** The same, from a test. */
    public static int instrumented(String... args) throws Exception {
        CoverageLoader loader = new CoverageLoader(Fuzz.class.getClassLoader());
        Thread here = Thread.currentThread();
        ClassLoader before = here.getContextClassLoader();
        here.setContextClassLoader(loader); // services are to be of the classes loaded again, too
        try {
            return (int) loader.loadClass(Fuzz.class.getName())
                    .getMethod("run", String[].class)
                    .invoke(null, (Object) args);
        } finally {
            here.setContextClassLoader(before);
        }
    }

    /** @return how many targets had faults */
    public static int run(String[] args) throws IOException {
        Fuzz fuzz = new Fuzz();
        for (int i = 0; i < args.length; i += 2) {
            if (i + 1 == args.length) {
                return usage();
            }
            String value = args[i + 1];
            switch (args[i]) {
                case "--inputs" -> fuzz.inputsPerTarget = Long.parseLong(value.replace("_", ""));
                case "--seconds" -> fuzz.secondsPerTarget = Long.parseLong(value);
                case "--target" -> fuzz.only = value;
                case "--seed" -> fuzz.seed = Long.parseLong(value);
                case "--quiet" -> fuzz.quiet = Boolean.parseBoolean(value);
                case "--folder" -> fuzz.folder = Path.of(value);
                case "--corpus" -> fuzz.corpus = Path.of(value);
                case "--distil" -> fuzz.distil = Path.of(value);
                default -> {
                    return usage();
                }
            }
        }
        return fuzz.run();
    }

    private static int usage() {
        System.err.println(
                "fuzz --inputs N [--seconds S] [--target T[,T...]] [--seed S] [--quiet true] [--folder DIR] [--corpus DIR] [--distil DIR]");
        return 2;
    }

    private int run() throws IOException {
        Path work = Files.createTempDirectory("vit4j-fuzz");
        try {
            List<Target> targets = new ArrayList<>(Targets.in(work));
            if (!only.isEmpty()) {
                targets.removeIf(target -> !List.of(only.split(",")).contains(target.name()));
            }
            if (targets.isEmpty()) {
                System.err.println("no target " + only + "; there are "
                        + Targets.in(work).stream().map(Target::name).toList());
                return 2;
            }
            int faulty = 0;
            for (Target target : targets) {
                faulty += run(target) ? 0 : 1;
            }
            return Math.min(faulty, 1);
        } finally {
            try (Stream<Path> files = Files.walk(work)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
    }

    private boolean run(Target target) throws IOException {
        Fuzzer fuzzer = new Fuzzer(target, folder, seed);
        Path kept = corpus.resolve(target.name() + ".zip");
        boolean keeps = !corpus.toString().isEmpty();
        Thread watch = watch(fuzzer);
        try {
            fuzzer.run(inputsPerTarget, secondsPerTarget, keeps ? Corpus.in(kept) : List.of());
        } finally {
            watch.interrupt();
        }
        if (!quiet || fuzzer.faults() > 0) {
            System.out.println(fuzzer.report());
        }
        if (keeps) {
            Corpus.write(kept, fuzzer.corpus());
        }
        if (!distil.toString().isEmpty()) {
            Corpus.write(distil.resolve(target.name() + ".zip"), fuzzer.distilled(MOST_DISTILLED_BYTES));
        }
        return fuzzer.faults() == 0;
    }

    /** Ends the program where an input does not end. */
    private Thread watch(Fuzzer fuzzer) {
        Thread fuzzing = Thread.currentThread();
        Thread watch = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                if (fuzzer.nanosOnThisInput() > MOST_NANOS_BY_THE_CLOCK) {
                    System.err.println(fuzzer.target().name() + ": does not end, see "
                            + folder.resolve(fuzzer.target().name() + ".current") + " (behind its first four bytes)");
                    for (StackTraceElement at : fuzzing.getStackTrace()) {
                        System.err.println("  at " + at);
                    }
                    Runtime.getRuntime().halt(1);
                }
                try {
                    Thread.sleep(500);
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
        watch.setDaemon(true);
        watch.start();
        return watch;
    }
}
