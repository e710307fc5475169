package io.vit4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.metrics.Metrics;
import io.vit4j.train.checkpoint.LogEntry;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalkthroughPlotsTest {
    @TempDir
    Path folder;

    private static List<LogEntry> history(int entries) {
        List<LogEntry> history = new ArrayList<>();
        for (int i = 1; i <= entries; i++) {
            Metrics metrics = Metrics.NONE.with("loss", 1.0 / i).with("learning_rate", 2e-4 * i / entries);
            history.add(new LogEntry(metrics, i / 10.0, i));
        }
        return history;
    }

    @Test
    void theCurvesAreDrawnWhereTheirNumbersAre() throws IOException {
        Path png = folder.resolve("rate.png");
        WalkthroughPlots.learningRate(png, history(50));
        BufferedImage image = ImageIO.read(png.toFile());
        // A line from the lower left to the upper right: in each column of pixels it stands higher than far to the
        // left.
        int left = height(image, image.getWidth() / 4);
        int right = height(image, image.getWidth() * 3 / 4);
        assertThat(left).isGreaterThan(right + image.getHeight() / 4);

        WalkthroughPlots.loss(png, history(50));
        Set<Integer> colours = new HashSet<>();
        BufferedImage loss = ImageIO.read(png.toFile());
        for (int x = 0; x < loss.getWidth(); x++) {
            for (int y = 0; y < loss.getHeight(); y++) {
                colours.add(loss.getRGB(x, y));
            }
        }
        assertThat(colours).contains(Canvas.BLUE.getRGB(), Color.WHITE.getRGB());
    }

    /** The row of the first pixel of the curve's colour in a column. */
    private static int height(BufferedImage image, int x) {
        for (int y = 0; y < image.getHeight(); y++) {
            if (image.getRGB(x, y) == Canvas.VERMILLION.getRGB()) {
                return y;
            }
        }
        throw new AssertionError("no curve in column " + x);
    }

    @Test
    void smoothingIsTensorBoards() {
        double[] smooth = LogSeries.average(new double[] {1, 0, 0}, 0.5);
        assertThat(smooth[0]).isEqualTo(1);
        assertThat(smooth[1]).isCloseTo(0.25 / 0.75, within(1e-12));
        assertThat(smooth[2]).isCloseTo(0.125 / 0.875, within(1e-12));
        LogSeries series = LogSeries.of(history(5001), "loss").orElseThrow().thinned(2000);
        assertThat(series.size()).isLessThanOrEqualTo(2000);
        assertThat(series.last()).isEqualTo(1.0 / 5001);
    }

    @Test
    void manyChangesAreFewWritesAndTheLastOneIsWritten() throws Exception {
        Path file = folder.resolve("page.html");
        BackgroundWriter writer = new BackgroundWriter(file, 200);
        AtomicInteger made = new AtomicInteger();
        for (int i = 0; i < 200; i++) {
            String content = "content " + i;
            writer.soon(() -> {
                made.incrementAndGet();
                return content;
            });
            Thread.sleep(1);
        }
        for (int i = 0;
                i < 300 && !(Files.exists(file) && Files.readString(file).equals("content 199"));
                i++) {
            Thread.sleep(10);
        }
        assertThat(file).hasContent("content 199");
        assertThat(made.get()).isLessThan(20);

        writer.soon(() -> "late");
        writer.now("final");
        Thread.sleep(300);
        assertThat(file).hasContent("final");
    }

    @Test
    void oneThreadWritesAllThatChangesUntilTheEnd() throws Exception {
        BackgroundWriter writer = new BackgroundWriter(folder.resolve("page.html"), 1);
        BlockingQueue<Thread> writers = new LinkedBlockingQueue<>();
        Set<Thread> seen = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            writer.soon(() -> {
                writers.add(Thread.currentThread());
                return "content";
            });
            seen.add(writers.poll(10, TimeUnit.SECONDS));
            Thread.sleep(50); // by then it is written
        }
        assertThat(seen).hasSize(1).doesNotContainNull();
        writer.now("final");
        Thread one = seen.iterator().next();
        one.join(10_000);
        assertThat(one.isAlive()).isFalse();
    }

    @Test
    void aPageThatCannotBeWrittenEndsNoRun() throws Exception {
        Path blocked = Files.writeString(folder.resolve("file"), "in the way");
        BackgroundWriter writer = new BackgroundWriter(blocked.resolve("page.html"), 1);
        writer.soon(() -> "content");
        writer.soon(() -> {
            throw new IllegalStateException("a fault of the page");
        });
        Thread.sleep(100);
        assertThat(blocked).hasContent("in the way");
    }
}
