package io.vit4j.cli;

import io.vit4j.base.Progress;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** A line now and then, and one at the end: for files and pipes. */
final class ProgressInLines implements Progress {
    private static final double SECONDS_BETWEEN = 10;

    private final Console console;
    private final LongSupplier nanoTime;
    private final Function<Reached, String> form;
    private final String what;
    private final long total;
    private final long started;
    private long before;
    private long done;
    private long lastLine;
    private String remark = "";
    private boolean closed;

    /**
     * How far the work has come.
     *
     * @param total units in all, or -1 where that is not known
     * @param seconds since it began
     * @param perSecond units a second
     * @param secondsLeft until it is done, where that can be told
     */
    record Reached(
            String what,
            long done,
            long total,
            double seconds,
            double perSecond,
            OptionalDouble secondsLeft,
            String remark) {}

    ProgressInLines(Console console, LongSupplier nanoTime, Function<Reached, String> form, String what, long total) {
        this.console = console;
        this.nanoTime = nanoTime;
        this.form = form;
        this.what = what;
        this.total = total;
        this.started = nanoTime.getAsLong();
        this.lastLine = started;
    }

    @Override
    public synchronized void begin(long earlier) {
        before = earlier;
        done = earlier;
    }

    @Override
    public synchronized void advance(long by) {
        done += by;
        long now = nanoTime.getAsLong();
        if ((now - lastLine) * 1e-9 >= SECONDS_BETWEEN && !closed) {
            lastLine = now;
            console.line(form.apply(reached(now)));
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
            console.line(form.apply(reached(nanoTime.getAsLong())));
        }
    }

    private Reached reached(long now) {
        double seconds = (now - started) * 1e-9;
        double rate = seconds > 0 ? (done - before) / seconds : 0;
        boolean goesOn = !closed && total > done && rate > 0;
        OptionalDouble left = goesOn ? OptionalDouble.of((total - done) / rate) : OptionalDouble.empty();
        return new Reached(what, done, total, seconds, rate, left, remark);
    }
}
