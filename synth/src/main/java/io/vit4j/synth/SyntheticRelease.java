package io.vit4j.synth;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Progress;
import io.vit4j.image.PngEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A folder laid out like the NIH ChestX-ray14 release, with drawn X-rays: {@code images/00000001_000.png} and so on,
 * {@code Data_Entry_2017_v2020.csv}, {@code train_val_list.txt} and {@code test_list.txt} (split by patient). The label
 * file is written last, so if it exists, the release is complete. Started again after an interruption with the same
 * arguments, writing continues where it stopped.
 *
 * @param folder contains everything
 * @param labelFile the label file in it
 * @param pictures how many X-rays it lists
 * @param patients how many people they show
 * @param drawn how many were drawn now; the others already existed
 */
public record SyntheticRelease(Path folder, Path labelFile, int pictures, int patients, int drawn) {
    /** The name of the release's label file. */
    public static final String LABEL_FILE = "Data_Entry_2017_v2020.csv";

    private static final String ARGUMENTS_FILE = "synthetic.txt";
    private static final int MOST_PICTURES = 1_000_000;
    private static final long BYTES_PER_PICTURE = 550_000;
    private static final byte[] PNG_END = {0, 0, 0, 0, 'I', 'E', 'N', 'D', (byte) 0xAE, 0x42, 0x60, (byte) 0x82};

    /**
     * Draws a release, or completes one.
     *
     * @param workers threads that draw; the pictures do not depend on their number
     * @throws InputException if the arguments are invalid, the folder contains another release, or it cannot be written
     * @throws CancellationException if the calling thread is interrupted; pictures drawn until then are kept
     */
    public static SyntheticRelease write(Options options, int workers, Progress.Factory progress) {
        List<Study> plan = StudyPlan.of(options.count, options.seed, options.prevalence);
        Path images = options.output.resolve("images");
        try {
            Files.createDirectories(images);
            claim(options);
        } catch (IOException e) {
            throw InputException.in(
                    options.output, "cannot be written to (" + IoReason.of(e) + "); choose another --output", e);
        }
        checkSpace(options, images, plan);
        int drawn = draw(options, plan, images, workers, progress);
        Set<Integer> test = StudyPlan.testPatients(plan, options.seed);
        DurableFiles files = DurableFiles.SYSTEM;
        files.write(options.output.resolve("train_val_list.txt"), ReleaseFiles.list(plan, p -> !test.contains(p)));
        files.write(options.output.resolve("test_list.txt"), ReleaseFiles.list(plan, test::contains));
        Path labelFile = options.output.resolve(LABEL_FILE);
        files.write(labelFile, ReleaseFiles.labels(plan, options.seed));
        int patients = plan.get(plan.size() - 1).patient();
        return new SyntheticRelease(options.output, labelFile, plan.size(), patients, drawn);
    }

    /**
     * What to draw.
     *
     * @param output the folder, made where it is missing
     * @param count X-rays, 1 to 1,000,000
     * @param seed chooses patients and findings
     * @param prevalence how often each finding is drawn
     */
    public record Options(Path output, int count, long seed, Prevalence prevalence) {
        /** Checks the count. */
        public Options {
            if (count < 1 || count > MOST_PICTURES) {
                throw new InputException("--count " + count + ": must be from 1 to " + MOST_PICTURES);
            }
        }

        /** Of a folder's first line of arguments; all but the count must stay the same to go on. */
        private String arguments() {
            return "vit4j synthesize, drawing 1, --seed " + seed + " --prevalence " + prevalence.word();
        }
    }

    /** Notes the arguments in the folder before anything is drawn, or compares them with what an earlier run noted. */
    private static void claim(Options options) throws IOException {
        Path noted = options.output.resolve(ARGUMENTS_FILE);
        String arguments = options.arguments();
        String text = arguments + "\n--count " + options.count + "\n";
        if (Files.exists(noted)) {
            List<String> lines = OpenFiles.lines(noted);
            if (!lines.isEmpty() && !lines.get(0).equals(arguments)) {
                throw InputException.in(
                        noted,
                        "the folder contains another release (" + lines.get(0)
                                + "); choose another --output, or delete it");
            }
            int before = lines.size() < 2 ? 0 : countIn(lines.get(1));
            if (before > options.count) {
                throw InputException.in(
                        noted,
                        "the folder contains " + before + " pictures of this release; ask for at least as many"
                                + " (--count), choose another --output, or delete it");
            }
        } else {
            try (var files = Files.newDirectoryStream(options.output.resolve("images"))) {
                if (files.iterator().hasNext() || Files.exists(options.output.resolve(LABEL_FILE))) {
                    throw InputException.in(
                            options.output, "contains pictures that were not drawn by vit4j; choose another --output");
                }
            }
        }
        Files.deleteIfExists(options.output.resolve(LABEL_FILE));
        DurableFiles.SYSTEM.write(noted, text);
    }

    private static int countIn(String line) {
        try {
            return Integer.parseInt(line.substring(line.indexOf(' ') + 1).strip());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static void checkSpace(Options options, Path images, List<Study> plan) {
        long missing = plan.stream()
                .filter(study -> Files.notExists(images.resolve(study.fileName())))
                .count();
        try {
            FileStore store = Files.getFileStore(images);
            if (store.getUsableSpace() < missing * BYTES_PER_PICTURE) {
                throw InputException.in(
                        options.output,
                        missing + " pictures need about " + missing * BYTES_PER_PICTURE / 1_000_000 + " MB, but only "
                                + store.getUsableSpace() / 1_000_000
                                + " MB are free; free some space, choose another --output, or reduce --count");
            }
        } catch (IOException e) {
            // where the file system does not tell, writing will
            return;
        }
    }

    private static int draw(Options options, List<Study> plan, Path images, int workers, Progress.Factory progress) {
        AtomicInteger next = new AtomicInteger();
        AtomicInteger drawn = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (Progress bar = progress.start("Drawing X-rays", plan.size())) {
            Runnable work = () -> {
                try {
                    XraySynthesizer synthesizer = new XraySynthesizer(options.seed);
                    for (int i = next.getAndIncrement(); i < plan.size(); i = next.getAndIncrement()) {
                        Path file = images.resolve(plan.get(i).fileName());
                        if (!whole(file)) {
                            replace(file, PngEncoder.encodeFast(synthesizer.draw(plan.get(i))));
                            drawn.incrementAndGet();
                        }
                        bar.advance(1);
                    }
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                    next.set(plan.size());
                }
            };
            Thread[] threads = new Thread[Math.max(1, Math.min(workers, plan.size()))];
            Arrays.setAll(threads, i -> new Thread(work, "synthesize-" + i));
            Arrays.stream(threads).forEach(Thread::start);
            join(threads, () -> next.set(plan.size()));
        }
        Throwable thrown = failure.get();
        if (thrown instanceof RuntimeException e) {
            throw e;
        }
        if (thrown instanceof Error e) {
            throw e;
        }
        return drawn.get();
    }

    private static void join(Thread[] threads, Runnable stop) {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                    stop.run();
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while drawing; the same command continues from here");
        }
    }

    /** Whether an earlier run wrote the file to its end. */
    private static boolean whole(Path file) {
        if (Files.notExists(file)) {
            return false;
        }
        try (FileChannel in = OpenFiles.read(file)) {
            ByteBuffer end = ByteBuffer.allocate(PNG_END.length);
            in.read(end, Math.max(0, in.size() - PNG_END.length));
            return Arrays.equals(end.array(), PNG_END);
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Writes beside the file first, so that under its name it is only ever whole. Not synced: a picture that a power cut
     * spoils is seen as such and drawn again.
     */
    private static void replace(Path file, byte[] content) {
        Path beside = file.resolveSibling(file.getFileName() + ".part");
        try {
            try (FileChannel out = OpenFiles.replace(beside)) {
                DurableFiles.writeFully(out, ByteBuffer.wrap(content));
            }
            Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            try {
                Files.deleteIfExists(beside);
            } catch (IOException second) {
                e.addSuppressed(second);
            }
            throw InputException.in(
                    file,
                    "cannot be written (" + IoReason.of(e) + "); make room or choose another --output, and start again",
                    e);
        }
    }
}
