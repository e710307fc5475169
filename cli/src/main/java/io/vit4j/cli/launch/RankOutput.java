package io.vit4j.cli.launch;

import io.vit4j.base.TerminalText;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;

/**
 * What the ranks of a machine print on standard error: rank 0's as it comes, the others' lines with their rank in front,
 * not many of them, and none that another rank has printed as well. For that the others' lines wait a moment.
 */
public final class RankOutput {
    private static final Duration HELD_BACK = Duration.ofMillis(1500);
    private static final int MOST_LINES = 20;
    private static final int LONGEST_LINE = 500;
    private static final int MOST_REMEMBERED = 10_000;

    /** c10d's own greeting, which no setting turns off. */
    private static final String NO_ERROR = "[Gloo] ";

    private record HeldLine(long until, int rank, String line) {}

    private final PrintStream out;
    private final List<Thread> readers = Collections.synchronizedList(new ArrayList<>());
    private final Queue<HeldLine> held = new PriorityQueue<>(Comparator.comparingLong(HeldLine::until));
    private final Set<String> printed = new LinkedHashSet<>();
    private boolean isLineOpen;

    /** Prints to this stream. */
    public RankOutput(PrintStream out) {
        this.out = out;
        daemon("vit4j-ranks", this::printHeld);
    }

    /** Everything but c10d's greetings, at once: progress bars too. */
    void pass(InputStream from) {
        read("vit4j-rank-0", () -> {
            byte[] bytes = new byte[8192];
            Passing passing = new Passing();
            for (int n = from.read(bytes); n >= 0; n = from.read(bytes)) {
                passing.take(bytes, n);
            }
            passing.end();
        });
    }

    /** One stream that is shown as it comes, except for lines that are held until it is clear that they are none to show. */
    private final class Passing {
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private final ByteArrayOutputStream unshown = new ByteArrayOutputStream();

        void take(byte[] bytes, int n) {
            for (int i = 0; i < n; i++) {
                line.write(bytes[i]);
                unshown.write(bytes[i]);
                if (bytes[i] == '\n' || bytes[i] == '\r') {
                    endOfLine();
                }
            }
            String begun = line.toString(StandardCharsets.UTF_8);
            if (!NO_ERROR.startsWith(begun) && !begun.startsWith(NO_ERROR)) {
                show();
            }
        }

        private void endOfLine() {
            String text = line.toString(StandardCharsets.UTF_8);
            line.reset();
            if (text.startsWith(NO_ERROR)) {
                unshown.reset();
            } else {
                show();
                synchronized (RankOutput.this) {
                    remember(text);
                }
            }
        }

        void end() {
            show();
        }

        private void show() {
            synchronized (RankOutput.this) {
                byte[] bytes = unshown.toByteArray();
                unshown.reset();
                if (bytes.length > 0) {
                    out.write(bytes, 0, bytes.length);
                    out.flush();
                    isLineOpen = bytes[bytes.length - 1] != '\n';
                }
            }
        }
    }

    /** Line by line, each with the rank in front. */
    void shorten(int rank, InputStream from) {
        read("vit4j-rank-" + rank, () -> {
            BufferedReader lines = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8));
            int taken = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.isBlank() && !line.startsWith(NO_ERROR) && taken <= MOST_LINES) {
                    hold(rank, taken == MOST_LINES ? "(further output is omitted)" : line);
                    taken++;
                }
            }
        });
    }

    private synchronized void hold(int rank, String line) {
        held.add(new HeldLine(System.nanoTime() + HELD_BACK.toNanos(), rank, line));
        notifyAll();
    }

    private synchronized void printHeld() {
        try {
            while (true) {
                if (held.isEmpty()) {
                    wait();
                } else if (System.nanoTime() < held.peek().until()) {
                    wait(100);
                } else {
                    print(held.remove());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void print(HeldLine next) {
        if (!printed.contains(next.line())) {
            String line = next.line();
            String shown = line.length() > LONGEST_LINE ? line.substring(0, LONGEST_LINE) + "..." : line;
            out.println((isLineOpen ? System.lineSeparator() : "") + "[rank " + next.rank() + "] "
                    + TerminalText.of(shown));
            isLineOpen = false;
            remember(line);
        }
    }

    private void remember(String line) {
        if (printed.size() < MOST_REMEMBERED) {
            printed.add(line.strip());
        }
    }

    /** Waits until everything that the ranks have printed is shown; they have ended. */
    void flush() throws InterruptedException {
        for (Thread reader : List.copyOf(readers)) {
            reader.join(2_000); // a process of a rank's own may live on and hold the pipe
        }
        readers.clear();
        synchronized (this) {
            while (!held.isEmpty()) {
                print(held.remove());
            }
            printed.clear();
        }
    }

    /** A line of the launcher's own. */
    public synchronized void line(String text) {
        out.println((isLineOpen ? System.lineSeparator() : "") + TerminalText.of(text));
        isLineOpen = false;
    }

    private interface LineReading {
        void run() throws IOException;
    }

    private void read(String name, LineReading reading) {
        readers.add(daemon(name, () -> {
            try {
                reading.run();
            } catch (IOException e) {
                // the process is gone
            }
        }));
    }

    private static Thread daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
