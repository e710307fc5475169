package io.vit4j.cli;

import io.vit4j.base.Progress;
import java.io.PrintStream;
import java.util.function.LongSupplier;

/**
 * Standard error as people see it: lines, and on a terminal one progress bar below them. Lines written while a bar
 * stands push it down. For several threads.
 */
final class Console {
    private static final int USUAL_WIDTH = 100;
    private static final String TO_START_AND_CLEAR = "\r\033[K";

    /** The process's own. The launcher says whether it is a terminal and how wide, which Java cannot find out. */
    static final Console STANDARD = new Console(
            System.err,
            Boolean.parseBoolean(System.getProperty("vit4j.terminal", Boolean.toString(System.console() != null))),
            Integer.getInteger("vit4j.columns", USUAL_WIDTH),
            System::nanoTime);

    private final PrintStream stream;
    private final boolean terminal;
    private final int width;
    private final LongSupplier nanoTime;
    private String bar = "";

    Console(PrintStream stream, boolean terminal, int width, LongSupplier nanoTime) {
        this.stream = stream;
        this.terminal = terminal;
        this.width = width;
        this.nanoTime = nanoTime;
    }

    /** Bars on a terminal, lines at intervals elsewhere. */
    Progress.Factory progress() {
        return terminal
                ? (what, total) -> new ProgressOnBar(this, width, what, total)
                : (what, total) -> new ProgressInLines(this, nanoTime, what, total);
    }

    int width() {
        return width;
    }

    synchronized void line(String text) {
        stream.println((bar.isEmpty() ? "" : TO_START_AND_CLEAR) + text);
        if (!bar.isEmpty()) {
            stream.print(bar);
        }
        stream.flush();
    }

    /** Draws the bar anew. */
    synchronized void bar(String drawn) {
        bar = drawn;
        stream.print(TO_START_AND_CLEAR + drawn);
        stream.flush();
    }

    /** Leaves the bar standing as a line. */
    synchronized void endBar() {
        if (!bar.isEmpty()) {
            stream.println();
            bar = "";
        }
    }
}
