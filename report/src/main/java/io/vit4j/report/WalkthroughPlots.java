package io.vit4j.report;

import io.vit4j.base.InputException;
import io.vit4j.data.ArrowDataset;
import io.vit4j.train.checkpoint.LogEntry;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The plots of the walkthrough's story as PNG files: loss and learning rate against epochs, and labelled X-rays. */
public final class WalkthroughPlots {
    /** The name of the plot of losses. */
    public static final String LOSS = "loss.png";
    /** The name of the plot of learning rates. */
    public static final String LEARNING_RATE = "learning_rate.png";
    /** The name of the picture of twelve X-rays. */
    public static final String XRAYS = "xrays.png";

    private static final int WIDTH = 1000;
    private static final int HEIGHT = 560;
    private static final double SMOOTHING = 0.8;

    /** From this many points on, a line of their moving average says more than they do. */
    private static final int WORTH_SMOOTHING = 20;

    private WalkthroughPlots() {}

    /** Why text cannot be drawn here, and what to do; empty if it can. Training also works on a machine without fonts. */
    public static Optional<String> whyNotDrawn() {
        try {
            Canvas.font(Font.PLAIN, 12);
            return Optional.empty();
        } catch (InputException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** Training loss, smoothed where there is much of it, and evaluation loss against epochs. */
    public static void loss(Path png, List<LogEntry> logHistory) {
        LogSeries loss = require(logHistory, "loss");
        XYChart chart = chart("Loss", "Epoch", "Loss");
        boolean smooth = loss.size() >= WORTH_SMOOTHING;
        line(chart, smooth ? "training" : "training loss", loss.epochs(), loss.values(), Canvas.BLUE, smooth ? 0.3 : 1);
        if (smooth) {
            line(
                    chart,
                    "training, smoothed",
                    loss.epochs(),
                    loss.smoothed(SMOOTHING).values(),
                    Canvas.BLUE,
                    1);
        }
        Optional<LogSeries> evaluation = LogSeries.of(logHistory, "eval_loss");
        evaluation.ifPresent(series -> points(chart, "evaluation", series));
        chart.getStyler().setLegendVisible(smooth || evaluation.isPresent());
        write(png, chart);
    }

    /** Learning rate against epochs, in a unit that keeps the axis readable: {@code Learning rate (× 1e-4)}. */
    public static void learningRate(Path png, List<LogEntry> logHistory) {
        LogSeries rate = require(logHistory, "learning_rate");
        double largest = Arrays.stream(rate.values()).map(Math::abs).max().orElse(0);
        int exponent = largest > 0 ? (int) Math.floor(Math.log10(largest)) : 0;
        double unit = Math.pow(10, exponent);
        double[] inUnits =
                Arrays.stream(rate.values()).map(value -> value / unit).toArray();
        XYChart chart =
                chart("Learning rate", "Epoch", "Learning rate" + (exponent == 0 ? "" : " (× 1e" + exponent + ")"));
        line(chart, "learning rate", rate.epochs(), inUnits, Canvas.VERMILLION, 1);
        chart.getStyler().setLegendVisible(false);
        chart.getStyler().setYAxisMin(Math.min(0, Arrays.stream(inUnits).min().orElse(0)));
        write(png, chart);
    }

    /** Pictures under their labels, four per line: the walkthrough shows twelve. */
    public static void xrays(Path png, ArrowDataset data, int[] rows) {
        Canvas.writePng(png, PictureGrid.draw(data, rows));
    }

    private static LogSeries require(List<LogEntry> logHistory, String key) {
        return LogSeries.of(logHistory, key)
                .orElseThrow(() -> new InputException("nothing was logged under \"" + key
                        + "\" to plot; log more often (--logging-steps) or train longer"));
    }

    private static XYChart chart(String title, String x, String y) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .build();
        chart.getStyler()
                .setChartBackgroundColor(Color.WHITE)
                .setChartFontColor(Canvas.INK)
                .setChartTitleFont(Canvas.font(Font.BOLD, 20))
                .setChartTitleBoxVisible(false)
                .setChartPadding(18)
                .setLegendPosition(Styler.LegendPosition.InsideNE)
                .setLegendFont(Canvas.font(Font.PLAIN, 15))
                .setLegendBorderColor(Canvas.GRID)
                .setPlotBorderVisible(false);
        chart.getStyler()
                .setAxisTitleFont(Canvas.font(Font.PLAIN, 16))
                .setAxisTickLabelsFont(Canvas.font(Font.PLAIN, 14))
                .setAxisTickLabelsColor(Canvas.INK)
                .setPlotGridLinesColor(Canvas.GRID)
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setPlotContentSize(0.96);
        chart.getStyler().setLocale(Locale.ROOT).setXAxisMin(0.0).setXAxisMaxLabelCount(11);
        return chart;
    }

    private static void line(XYChart chart, String name, double[] x, double[] y, Color color, double opacity) {
        XYSeries series = chart.addSeries(name, x, y);
        int alpha = (int) Math.round(255 * opacity);
        series.setLineColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), alpha));
        series.setLineWidth(opacity < 1 ? 1.5f : 2.5f);
        boolean alone = x.length == 1;
        series.setMarker(alone ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
        series.setMarkerColor(color);
    }

    private static void points(XYChart chart, String name, LogSeries values) {
        XYSeries series = chart.addSeries(name, values.epochs(), values.values());
        series.setLineColor(Canvas.VERMILLION);
        series.setLineWidth(2.5f);
        series.setMarker(SeriesMarkers.CIRCLE);
        series.setMarkerColor(Canvas.VERMILLION);
    }

    private static void write(Path png, XYChart chart) {
        BufferedImage image = BitmapEncoder.getBufferedImage(chart);
        Canvas.writePng(png, image);
    }
}
