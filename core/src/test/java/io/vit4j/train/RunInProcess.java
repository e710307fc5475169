package io.vit4j.train;

import io.vit4j.JavaProcess;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.FileOperations;
import io.vit4j.base.InputException;
import io.vit4j.train.checkpoint.Checkpoint;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A {@link TinyRun} in a process of its own, which goes on from the newest checkpoint and meets its fate at a point that is
 * named, not left to luck.
 */
final class RunInProcess {
    /** Where a run meets its fate, counted from 1 in its process. */
    enum Point {
        /** A training sample has been walked forward. */
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
        /** No more files can be opened, until {@value #STEPS_REFUSED} steps later. */
        OUT_OF_HANDLES,
        /** Nothing may be made in the output folder, until {@value #STEPS_REFUSED} steps later. */
        NO_PERMISSION,
        /** The output folder's file system can be read only, until {@value #STEPS_REFUSED} steps later. */
        READ_ONLY,
        /** It is full, until {@value #STEPS_REFUSED} steps later. */
        DISK_FULL,
        /** From there on no file may hold more than 4 KiB. */
        FILES_MAY_NOT_GROW
    }

    /** What is over after a while. */
    private static final Set<Fate> PASSING =
            EnumSet.of(Fate.OUT_OF_HANDLES, Fate.NO_PERMISSION, Fate.READ_ONLY, Fate.DISK_FULL);

    static final Path PRLIMIT = Path.of("/usr/bin/prlimit");

    /**
     * Shell commands before the process's own, which is {@code "$@"}: a limit of open files; for root, without the right to
     * pass over permissions; a file system of its own, which nobody else sees, in the output folder's place.
     */
    private static final Map<Fate, String> SHELL = Map.of(
            Fate.NO_PERMISSION,
            "[ $(id -u) != 0 ] || set -- setpriv --bounding-set=-dac_override,-dac_read_search \"$@\"; exec \"$@\"",
            Fate.READ_ONLY,
            "exec unshare -rm bash -c 'mkdir -p \"$OUTPUT\" && mount --bind \"$OUTPUT\" \"$OUTPUT\" && exec \"$@\"' run \"$@\"",
            Fate.DISK_FULL,
            "exec unshare -rm bash -c 'mkdir -p \"$OUTPUT\" && mount -t tmpfs -o size=1m tmpfs \"$OUTPUT\" && { \"$@\"; code=$?;"
                    + " mkdir \"$OUTPUT.kept\"; cp -a \"$OUTPUT/.\" \"$OUTPUT.kept\"; exit $code; }' run \"$@\"");

    /**
     * From a point in step 5 to the end of step 10: the checkpoint of step 6 is written in the background, however late its
     * thread gets a core, and is waited for when that of step 9 begins.
     */
    private static final int STEPS_REFUSED = 6;

    private static final String ONE_RUN = "one";
    private static final String BOTH_RUNS = "both";
    private static final int KILLED_CODE = 137;

    private RunInProcess() {}

    /** How such a process ended. */
    record End(int code, String said) {
        boolean killed() {
            return code == KILLED_CODE;
        }
    }

    /** Whether this system lets such a fate be: as root, or where anybody may have mounts of their own. */
    static boolean isPossible(Fate fate) throws IOException, InterruptedException {
        List<String> trial = switch (fate) {
            case READ_ONLY, DISK_FULL -> List.of("unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt");
            case NO_PERMISSION -> List.of("setpriv", "--version");
            default -> List.of("true");
        };
        List<String> command = new ArrayList<>(List.of("/bin/bash", "-c", "exec \"$@\" >/dev/null 2>&1", "try"));
        command.addAll(trial);
        return new ProcessBuilder(command).start().waitFor() == 0;
    }

    /** Starts one; what it says comes out of its standard output. */
    static Process start(Path output, Fate fate, Point point, int number) throws IOException {
        return start(output, fate, point, number, ONE_RUN);
    }

    private static Process start(Path output, Fate fate, Point point, int number, String runs) throws IOException {
        List<String> command = new ArrayList<>(
                List.of("/bin/bash", "-c", "ulimit -n 600; " + SHELL.getOrDefault(fate, "exec \"$@\""), "run"));
        command.addAll(JavaProcess.command(
                RunInProcess.class,
                List.of("-Xmx256m"),
                output.toString(),
                fate.name(),
                point.name(),
                Integer.toString(number),
                runs));
        ProcessBuilder builder = JavaProcess.quiet(new ProcessBuilder(command)).redirectErrorStream(true);
        builder.environment().put("OUTPUT", output.toString());
        return builder.start();
    }

    /** Starts one and waits for its end. */
    static End of(Path output, Fate fate, Point point, int number) throws Exception {
        return of(output, fate, point, number, ONE_RUN);
    }

    /**
     * One with a run for each value of {@code --on-save-error}, one after the other, in the folders {@code continue} and
     * {@code stop} of the output.
     */
    static End ofBoth(Path output, Fate fate, Point point, int number) throws Exception {
        return of(output, fate, point, number, BOTH_RUNS);
    }

    private static End of(Path output, Fate fate, Point point, int number, String runs) throws Exception {
        Process process = start(output, fate, point, number, runs);
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        End end = new End(process.waitFor(), said);
        Path kept = output.resolveSibling(output.getFileName() + ".kept");
        if (Files.exists(kept)) {
            Files.delete(output); // it was under the process's own file system
            Files.move(kept, output);
        }
        return end;
    }

    /** The process itself. */
    public static void main(String[] arguments) {
        Path output = Path.of(arguments[0]);
        int code = 0;
        for (String onSaveError : arguments[4].equals(BOTH_RUNS) ? List.of("continue", "stop") : List.of("stop")) {
            Path folder = arguments[4].equals(BOTH_RUNS) ? output.resolve(onSaveError) : output;
            Fatal fatal = new Fatal(
                    output,
                    folder,
                    Fate.valueOf(arguments[1]),
                    Point.valueOf(arguments[2]),
                    Integer.parseInt(arguments[3]));
            code = run(folder, onSaveError, fatal) ? code : 2;
        }
        System.exit(code);
    }

    /** Whether it came to its end. */
    private static boolean run(Path folder, String onSaveError, Fatal fatal) {
        TinyRun run = new TinyRun(folder)
                .with("on_save_error", onSaveError)
                .eachSample(() -> fatal.reached(Point.SAMPLE))
                .files(new DurableFiles(fatal))
                .callback(new TrainerCallback() {
                    @Override
                    public void onStepEnd(TrainerState state, TrainerControl control) {
                        fatal.stepEnded();
                    }
                });
        try {
            run.resume();
            System.out.println("ended with " + onSaveError);
            return true;
        } catch (InputException e) {
            System.out.println("refused: " + e.getMessage());
            return false;
        }
    }

    /** The system's file operations, until the point is reached. */
    private static final class Fatal implements FileOperations {
        private final Path output;
        private final Path folder;
        private final Fate fate;
        private final Point point;
        private final int number;
        private final Map<Point, AtomicInteger> counts = new EnumMap<>(Point.class);
        private final List<FileInputStream> handles = new ArrayList<>();
        private boolean met;
        private int steps;

        /** @param folder of the run, within the process's output or the same */
        Fatal(Path output, Path folder, Fate fate, Point point, int number) {
            this.output = output;
            this.folder = folder;
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
            met = true;
            steps = 0;
            if (PASSING.contains(fate)) {
                awaitSaved();
            }
            switch (fate) {
                case KILLED -> kill();
                case HANGS -> {
                    System.out.println("hangs");
                    sleep();
                }
                case OUT_OF_HANDLES -> takeAllHandles();
                case NO_PERMISSION -> mayWrite(false);
                case READ_ONLY -> layReadOnly();
                case DISK_FULL -> fill();
                case FILES_MAY_NOT_GROW -> limitFiles();
                default -> throw new IllegalStateException();
            }
        }

        /** Until what is being written in the background is in its place. */
        private void awaitSaved() {
            while (Checkpoint.in(folder).isEmpty() || drafts() > 0 || isSaving()) {
                try {
                    Thread.sleep(10);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        /** The folder has its name before the last of it is synced. */
        private static boolean isSaving() {
            return Thread.getAllStackTraces().entrySet().stream()
                    .filter(thread -> thread.getKey().getName().startsWith("vit4j-saving"))
                    .anyMatch(thread -> Arrays.stream(thread.getValue())
                            .noneMatch(frame -> frame.getMethodName().equals("getTask")));
        }

        private long drafts() {
            try (Stream<Path> files = Files.list(folder)) {
                return files.filter(DurableFiles::isDraft).count();
            } catch (IOException e) {
                throw new IllegalStateException(e);
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
            String self = Long.toString(ProcessHandle.current().pid());
            command(PRLIMIT.toString(), "--fsize=4096", "--pid", self);
        }

        private static void command(String... words) {
            try {
                int code = new ProcessBuilder(words).inheritIO().start().waitFor();
                if (code != 0) {
                    throw new IllegalStateException(String.join(" ", words) + ": " + code);
                }
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private void mayWrite(boolean mayWrite) {
            try {
                Files.setPosixFilePermissions(
                        folder, PosixFilePermissions.fromString(mayWrite ? "rwxr-xr-x" : "r-xr-xr-x"));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Lays the folder over itself, to be read only: under it the run's own lock is open for writing. */
        private void layReadOnly() {
            command("mount", "--bind", output.toString(), output.toString());
            command("mount", "-o", "remount,bind,ro", output.toString());
        }

        private void fill() {
            try (OutputStream file = Files.newOutputStream(output.resolve("filler"))) {
                while (true) {
                    file.write(new byte[4096]);
                }
            } catch (IOException e) {
                System.out.println("full: " + e.getMessage());
            }
        }

        private void takeAllHandles() {
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
            if (!met || ++steps != STEPS_REFUSED) {
                return;
            }
            try {
                switch (fate) {
                    case OUT_OF_HANDLES -> {
                        for (FileInputStream handle : handles) {
                            handle.close();
                        }
                        handles.clear();
                    }
                    case NO_PERMISSION -> mayWrite(true);
                    case READ_ONLY -> command("umount", "-l", output.toString());
                    case DISK_FULL -> Files.deleteIfExists(output.resolve("filler"));
                    default -> {}
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public WritableFile create(Path file, FileAttribute<?>... attributes) throws IOException {
            reached(Point.CREATE);
            WritableFile out = FileOperations.SYSTEM.create(file, attributes);
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
