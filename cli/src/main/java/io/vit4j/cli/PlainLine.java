package io.vit4j.cli;

import io.vit4j.cli.ProgressInLines.Reached;
import java.util.Locale;

/** Progress as a line for people. */
final class PlainLine {
    private PlainLine() {}

    /** {@code Preparing images: 1200 of 5606 (21%), 63.2/s, 1:10 left}. */
    static String of(Reached reached) {
        StringBuilder text = new StringBuilder(reached.what()).append(": ").append(reached.done());
        if (reached.total() > 0) {
            text.append(" of ")
                    .append(reached.total())
                    .append(" (")
                    .append(100 * reached.done() / reached.total())
                    .append("%)");
        }
        text.append(String.format(Locale.ROOT, ", %.1f/s, ", reached.perSecond()));
        text.append(clock(reached.secondsLeft().orElse(reached.seconds())))
                .append(reached.secondsLeft().isPresent() ? " left" : "");
        return text.append(reached.remark().isEmpty() ? "" : ", " + reached.remark())
                .toString();
    }

    /** {@code 1:10}, {@code 2:00:00}. */
    static String clock(double seconds) {
        long whole = Math.round(seconds);
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }
}
