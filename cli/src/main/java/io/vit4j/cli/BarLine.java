package io.vit4j.cli;

import java.util.Locale;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/** A progress bar as one line of a terminal: the numbers always, the bar itself where there is room for it. */
final class BarLine implements ProgressBarRenderer {
    private static final int WIDEST_BAR = 30;
    private static final int NARROWEST_BAR = 6;

    /** {@code Training  10% ███······ 57/520, 0:18 left, epoch 4.38, loss 0.6228}. */
    @Override
    public String render(ProgressState state, int width) {
        long done = state.getCurrent();
        boolean known = !state.isIndefinite() && state.getMax() > 0;
        double part = known ? Math.min(1, (double) done / state.getMax()) : 0;
        String head = state.getTaskName() + (known ? String.format(Locale.ROOT, " %3d%% ", (int) (100 * part)) : " ");
        StringBuilder tail = new StringBuilder().append(done);
        if (known) {
            tail.append('/').append(state.getMax());
        }
        double seconds = state.getElapsedAfterStart().toMillis() / 1000.0;
        double rate = seconds > 0 ? (done - state.getStart()) / seconds : 0;
        boolean goesOn = known && done < state.getMax() && rate > 0;
        tail.append(", ").append(PlainLine.clock(goesOn ? (state.getMax() - done) / rate : seconds));
        tail.append(goesOn ? " left" : "");
        String remark = state.getExtraMessage().strip();
        tail.append(remark.isEmpty() ? String.format(Locale.ROOT, ", %.1f/s", rate) : ", " + remark);
        String line = head + bar(part, known ? width - head.length() - tail.length() - 1 : 0) + tail;
        return line.substring(0, Math.min(line.length(), width));
    }

    private static String bar(double part, int room) {
        int length = Math.min(WIDEST_BAR, room);
        if (length < NARROWEST_BAR) {
            return "";
        }
        int full = (int) (part * length);
        return "█".repeat(full) + "·".repeat(length - full) + " ";
    }
}
