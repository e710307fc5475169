package io.vit4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.metrics.Metrics;
import io.vit4j.train.checkpoint.LogEntry;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
}
