package io.vit4j.report;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a file that changes all the time without holding up whoever changes it: on a thread of its own, at most every few
 * seconds, and always what was asked for last.
 */
final class BackgroundWriter {
    private static final Logger LOG = LoggerFactory.getLogger(BackgroundWriter.class);
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** What changes again within that time is written by the same thread: each new one grows a memory pool of malloc's. */
    private static final long MILLIS_IDLE = 60_000;

    private final Path file;
    private final long millisBetween;
    private Optional<Supplier<String>> waiting = Optional.empty();
    private boolean running;
    private boolean ending;
    private boolean writing;
    private boolean warned;
    private long lastWrite = System.nanoTime() - Long.MAX_VALUE / 2;

    BackgroundWriter(Path file, long millisBetween) {
        this.file = file;
        this.millisBetween = millisBetween;
    }

    /** Has the content made and written soon, on the other thread; a newer one takes its place until then. */
    synchronized void soon(Supplier<String> content) {
        waiting = Optional.of(content);
        ending = false;
        notifyAll();
        if (!running) {
            running = true;
            Thread thread = new Thread(this::run, "vit4j-report");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void run() {
        while (true) {
            Optional<Supplier<String>> content = next();
            if (content.isEmpty()) {
                return;
            }
            try {
                DurableFiles.SYSTEM.ofPatients().write(file, content.get().get());
            } catch (InputException e) {
                warnOnce(e.getMessage());
            } catch (RuntimeException e) {
                warnOnce(e.toString());
            } finally {
                synchronized (this) {
                    writing = false;
                    notifyAll();
                }
            }
        }
    }

    /** What is to be written, once it is time; empty if nothing has come for a long time, or the last was written. */
    private synchronized Optional<Supplier<String>> next() {
        try {
            long idleUntil = System.nanoTime() + MILLIS_IDLE * NANOS_PER_MILLI;
            for (long left = MILLIS_IDLE; waiting.isEmpty() && !ending && left > 0; ) {
                wait(left);
                left = (idleUntil - System.nanoTime()) / NANOS_PER_MILLI;
            }
            long left = millisBetween - (System.nanoTime() - lastWrite) / NANOS_PER_MILLI;
            while (waiting.isPresent() && left > 0) {
                wait(left);
                left = millisBetween - (System.nanoTime() - lastWrite) / NANOS_PER_MILLI;
            }
        } catch (InterruptedException e) {
            waiting = Optional.empty(); // nobody interrupts this thread but a JVM that ends
        }
        Optional<Supplier<String>> content = waiting;
        waiting = Optional.empty();
        writing = content.isPresent();
        running = content.isPresent();
        lastWrite = System.nanoTime();
        return content;
    }

    /** A report that fails must not end a run, nor fill its log. */
    private synchronized void warnOnce(String what) {
        if (!warned) {
            warned = true;
            LOG.warn("{} is not up to date: {}", file, what);
        }
    }

    /** Writes the content before it returns; what was waiting is dropped. Meant to be the last. */
    void now(String content) {
        synchronized (this) {
            waiting = Optional.empty();
            ending = true;
            notifyAll();
            boolean interrupted = false;
            while (writing) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true; // the write in progress must end, or it would overwrite this one
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        DurableFiles.SYSTEM.ofPatients().write(file, content);
    }
}
