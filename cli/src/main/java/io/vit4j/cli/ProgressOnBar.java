package io.vit4j.cli;

import io.vit4j.base.Progress;
import java.time.Duration;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;

/** A line at the foot of a terminal, drawn anew while the work goes on. */
final class ProgressOnBar implements Progress {
    private static final int REDRAWN_EVERY_MILLIS = 250;

    private final Console console;
    private final ProgressBarBuilder builder;
    private Optional<ProgressBar> bar = Optional.empty();

    ProgressOnBar(Console console, int width, String what, long total) {
        this.console = console;
        builder = new ProgressBarBuilder()
                .setTaskName(what)
                .setInitialMax(total)
                .setUpdateIntervalMillis(REDRAWN_EVERY_MILLIS)
                .setRenderer(new BarLine())
                .setConsumer(new ConsoleBar(console, width));
    }

    /** The bar; it draws itself from its first use on, when it is known where it starts. */
    private synchronized ProgressBar bar() {
        if (bar.isEmpty()) {
            bar = Optional.of(builder.build());
        }
        return bar.get();
    }

    @Override
    public void begin(long done) {
        builder.startsFrom(done, Duration.ZERO);
        bar();
    }

    @Override
    public void advance(long by) {
        bar().stepBy(by);
    }

    @Override
    public void note(String remark) {
        bar().setExtraMessage(remark);
    }

    @Override
    public void close() {
        bar().close();
        console.endBar();
    }

    private record ConsoleBar(Console console, int width) implements ProgressBarConsumer {
        @Override
        public int getMaxRenderedLength() {
            return width - 1; // a terminal wraps after its last column
        }

        @Override
        public void accept(String drawn) {
            console.bar(drawn);
        }

        @Override
        public void close() {
            console.endBar();
        }
    }
}
