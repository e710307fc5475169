package io.vit4j.cli;

import io.vit4j.base.Progress;
import io.vit4j.base.TerminalText;
import java.io.PrintStream;
import java.util.function.LongSupplier;

/**
 * Standard error as people see it: lines, and on a terminal one progress bar below them. Lines written while a bar
 * stands push it down. Under {@code --json-logs} each line is a JSON object for programs, and there is no bar. Control
 * characters in what is written are escaped. For several threads.
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
    private volatile boolean json;

    Console(PrintStream stream, boolean terminal, int width, LongSupplier nanoTime) {
        this.stream = stream;
        this.terminal = terminal;
        this.width = width;
        this.nanoTime = nanoTime;
    }

    /** From now on a JSON object a line. */
    void jsonLines(boolean wanted) {
        json = wanted;
    }

    /** Whether lines are JSON objects. */
    boolean isJson() {
        return json;
    }

    /** Bars on a terminal, lines at intervals elsewhere. */
    Progress.Factory progress() {
        if (json) {
            return (what, total) -> new ProgressInLines(this, nanoTime, JsonLine::of, what, total);
        }
        return terminal
                ? (what, total) -> new ProgressOnBar(this, width, what, total)
                : (what, total) -> new ProgressInLines(this, nanoTime, PlainLine::of, what, total);
    }

    int width() {
        return width;
    }

    /** A line for people, or where JSON is wanted an object with that message. */
    void say(String text) {
        line(json ? JsonLine.message("info", text) : text);
    }

    synchronized void line(String text) {
        stream.println((bar.isEmpty() ? "" : TO_START_AND_CLEAR) + TerminalText.lines(text));
        if (!bar.isEmpty()) {
            stream.print(bar);
        }
        stream.flush();
    }

    /** Draws the bar anew. */
    synchronized void bar(String drawn) {
        bar = TerminalText.of(drawn);
        stream.print(TO_START_AND_CLEAR + bar);
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
