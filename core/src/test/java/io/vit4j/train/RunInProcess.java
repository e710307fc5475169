package io.vit4j.train;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.FileOperations;
import io.vit4j.base.InputException;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A {@link TinyRun} in a process of its own, which goes on from the newest checkpoint and meets its fate at a point that is
 * named, not left to luck.
 */
final class RunInProcess {
    /** Where a run meets its fate, counted from 1 in its process. */
    enum Point {
        /** A training sample is asked for. */
        SAMPLE,
        CREATE,
        /** Half of it is written. */
        WRITE,
        FORCE,
        RENAME,
        /** A checkpoint's folder has its name. */
        FOLDER_RENAMED,
        DELETE
    }

    /** What happens there. */
    enum Fate {
        /** SIGKILL. */
        KILLED,
        /** It stands still there, until somebody kills it. */
        HANGS,
        /** No more files can be opened, until three steps later. */
        OUT_OF_HANDLES,
        /** From there on no file may hold more than 4 KiB. */
        FILES_MAY_NOT_GROW
    }

    static final Path PRLIMIT = Path.of("/usr/bin/prlimit");

    private static final int KILLED_CODE = 137;

    private RunInProcess() {}

    /** How such a process ended. */
    record End(int code, String said) {
        boolean killed() {
            return code == KILLED_CODE;
        }
    }

    /** Starts one; what it says comes out of its standard output. */
    static Process start(Path output, Fate fate, Point point, int number) throws IOException {
        List<String> command = List.of(
                "/bin/bash",
                "-c",
                "ulimit -n 600; exec \"$@\"",
                "run",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                RunInProcess.class.getName(),
                output.toString(),
                fate.name(),
                point.name(),
                Integer.toString(number));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** Starts one and waits for its end. */
    static End of(Path output, Fate fate, Point point, int number) throws Exception {
        Process process = start(output, fate, point, number);
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return new End(process.waitFor(), said);
    }

    /** The process itself. */
    public static void main(String[] arguments) {
        Fatal fatal =
                new Fatal(Fate.valueOf(arguments[1]), Point.valueOf(arguments[2]), Integer.parseInt(arguments[3]));
        TinyRun run = new TinyRun(Path.of(arguments[0]))
                .with("dataloader_num_workers", "0")
                .eachSample(() -> fatal.reached(Point.SAMPLE))
                .files(new DurableFiles(fatal))
                .callback(new TrainerCallback() {
                    @Override
                    public void onStepEnd(TrainerState state, Control control) {
                        fatal.stepEnded();
                    }
                });
        if (fatal.fate == Fate.OUT_OF_HANDLES) {
            run.with("on_save_error", "continue");
        }
        try {
            run.resume();
            System.out.println("ended");
            System.exit(0);
        } catch (InputException e) {
            System.out.println("refused: " + e.getMessage());
            System.exit(2);
        }
    }

    /** The system's file operations, until the point is reached. */
    private static final class Fatal implements FileOperations {
        private final Fate fate;
        private final Point point;
        private final int number;
        private final Map<Point, AtomicInteger> counts = new EnumMap<>(Point.class);
        private final List<FileInputStream> handles = new ArrayList<>();
        private int steps;

        Fatal(Fate fate, Point point, int number) {
            this.fate = fate;
            this.point = point;
            this.number = number;
            Arrays.stream(Point.values()).forEach(each -> counts.put(each, new AtomicInteger()));
        }

        private boolean isHere(Point here) {
            return counts.get(here).incrementAndGet() == number && here == point;
        }

        void reached(Point here) {
            if (isHere(here)) {
                meet();
            }
        }

        private void meet() {
            switch (fate) {
                case KILLED -> kill();
                case HANGS -> {
                    System.out.println("hangs");
                    sleep();
                }
                case OUT_OF_HANDLES -> takeAllHandles();
                case FILES_MAY_NOT_GROW -> limitFiles();
                default -> throw new IllegalStateException();
            }
        }

        private static void kill() {
            try {
                long self = ProcessHandle.current().pid();
                new ProcessBuilder("/bin/kill", "-9", Long.toString(self)).start();
            } catch (IOException e) {
                Runtime.getRuntime().halt(KILLED_CODE); // no such program: as near as Java comes
            }
            sleep();
        }

        private static void sleep() {
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Runtime.getRuntime().halt(3);
        }

        private static void limitFiles() {
            try {
                String self = Long.toString(ProcessHandle.current().pid());
                new ProcessBuilder(PRLIMIT.toString(), "--fsize=4096", "--pid", self)
                        .inheritIO()
                        .start()
                        .waitFor();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private void takeAllHandles() {
            steps = 0;
            try { // loads the classes of a failure: here they lie in folders, not in a jar that is open already
                new DurableFiles(FileOperations.SYSTEM).write(Path.of("/no/such/folder/file"), "");
            } catch (InputException e) {
                System.out.println("as expected: " + e.getMessage());
            }
            try {
                while (true) {
                    handles.add(new FileInputStream("/dev/null"));
                }
            } catch (IOException e) {
                System.out.println("took " + handles.size() + " handles: " + e.getMessage());
            }
        }

        void stepEnded() {
            if (++steps == 3) {
                for (FileInputStream handle : handles) {
                    try {
                        handle.close();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                }
                handles.clear();
            }
        }

        @Override
        public WritableFile create(Path file) throws IOException {
            reached(Point.CREATE);
            WritableFile out = FileOperations.SYSTEM.create(file);
            return new WritableFile() {
                @Override
                public int write(ByteBuffer source) throws IOException {
                    if (isHere(Point.WRITE)) {
                        ByteBuffer half = source.duplicate();
                        half.limit(source.position() + source.remaining() / 2);
                        out.write(half);
                        meet();
                    }
                    return out.write(source);
                }

                @Override
                public void force() throws IOException {
                    reached(Point.FORCE);
                    out.force();
                }

                @Override
                public boolean isOpen() {
                    return out.isOpen();
                }

                @Override
                public void close() throws IOException {
                    out.close();
                }
            };
        }

        @Override
        public void rename(Path from, Path to) throws IOException {
            reached(Point.RENAME);
            FileOperations.SYSTEM.rename(from, to);
            if (to.getFileName().toString().startsWith("checkpoint-")) {
                reached(Point.FOLDER_RENAMED);
            }
        }

        @Override
        public void delete(Path path) throws IOException {
            reached(Point.DELETE);
            FileOperations.SYSTEM.delete(path);
        }
    }
}
