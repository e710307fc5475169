package io.vit4j.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Where results are printed. Java's own {@code System.out} keeps failures to itself, so that a full disk would cut results
 * off without a word; here a write that fails ends the command, and so does every later one.
 */
final class StandardOutput extends OutputStream {
    /** A write to standard output that failed. */
    static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final boolean unread;

        private Failed(IOException cause, boolean unread) {
            super(
                    "standard output cannot be written (" + cause.getMessage()
                            + "), so results are missing; make room, or send them elsewhere",
                    cause);
            this.unread = unread;
        }

        /** Whether there is nobody left to read: the other end of the pipe was closed, as {@code head} does. */
        boolean isUnread() {
            return unread;
        }

        /** The failed write that a failure comes from, if it does. */
        static Optional<Failed> in(Throwable failure) {
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                if (cause instanceof Failed failed) {
                    return Optional.of(failed);
                }
            }
            return Optional.empty();
        }
    }

    private final OutputStream out;
    private final boolean ofProcess;
    private Failed failed;

    private StandardOutput(OutputStream out, boolean ofProcess) {
        this.out = out;
        this.ofProcess = ofProcess;
    }

    /** The process's own. A line is written at once. */
    static PrintWriter writer() {
        return writer(new StandardOutput(new FileOutputStream(FileDescriptor.out), true));
    }

    /** One that writes elsewhere. */
    static PrintWriter writer(OutputStream out) {
        return writer(new StandardOutput(out, false));
    }

    private static PrintWriter writer(StandardOutput checked) {
        return new PrintWriter(new OutputStreamWriter(checked, StandardCharsets.UTF_8), true);
    }

    @Override
    public void write(int one) {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        flush();
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            failed = new Failed(e, isClosedPipe(e));
            throw failed;
        }
    }

    /** Nothing is held back here; but what failed once has failed, also for a command that did not notice. */
    @Override
    public void flush() {
        if (failed != null) {
            throw failed;
        }
    }

    /** By its message, which may be in the user's language; Linux also tells what the process's own is. */
    private boolean isClosedPipe(IOException e) {
        boolean saysSo = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("pipe");
        if (saysSo || !ofProcess) {
            return saysSo;
        }
        try {
            String kind = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return kind.startsWith("pipe:") || kind.startsWith("socket:");
        } catch (IOException notLinux) {
            return false;
        }
    }
}
