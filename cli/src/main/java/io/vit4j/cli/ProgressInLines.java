package io.vit4j.cli;

import io.vit4j.base.Progress;
import java.util.Locale;
import java.util.function.LongSupplier;

/** A line now and then, and one at the end: for files and pipes. */
final class ProgressInLines implements Progress {
    private static final double SECONDS_BETWEEN = 10;

    private final Console console;
    private final LongSupplier nanoTime;
    private final String what;
    private final long total;
    private final long started;
    private long done;
    private long lastLine;
    private String remark = "";
    private boolean closed;

    ProgressInLines(Console console, LongSupplier nanoTime, String what, long total) {
        this.console = console;
        this.nanoTime = nanoTime;
        this.what = what;
        this.total = total;
        this.started = nanoTime.getAsLong();
        this.lastLine = started;
    }

    @Override
    public synchronized void advance(long by) {
        done += by;
        long now = nanoTime.getAsLong();
        if ((now - lastLine) * 1e-9 >= SECONDS_BETWEEN && !closed) {
            lastLine = now;
            console.line(text(now));
        }
    }

    @Override
    public synchronized void note(String text) {
        remark = text;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            console.line(text(nanoTime.getAsLong()));
        }
    }

    /** {@code Preparing images: 1200 of 5606 (21%), 63.2/s, 1:10 left}. */
    private String text(long now) {
        double seconds = (now - started) * 1e-9;
        double rate = seconds > 0 ? done / seconds : 0;
        StringBuilder text = new StringBuilder(what).append(": ").append(done);
        if (total > 0) {
            text.append(" of ")
                    .append(total)
                    .append(" (")
                    .append(100 * done / total)
                    .append("%)");
        }
        text.append(String.format(Locale.ROOT, ", %.1f/s", rate));
        boolean goesOn = !closed && total > done && rate > 0;
        text.append(", ")
                .append(clock(goesOn ? (total - done) / rate : seconds))
                .append(goesOn ? " left" : "");
        return text.append(remark.isEmpty() ? "" : ", " + remark).toString();
    }

    private static String clock(double seconds) {
        long whole = Math.round(seconds);
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }
}
