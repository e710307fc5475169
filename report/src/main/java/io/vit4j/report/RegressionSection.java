package io.vit4j.report;

import io.vit4j.evaluate.Evaluation;
import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.RegressionMetric;
import io.vit4j.metrics.RegressionScores;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** How close a regression's numbers come: a table with intervals, and predictions against targets. */
final class RegressionSection {
    /** More points than that no chart shows apart; every n-th is drawn. */
    private static final int MOST_POINTS = 2000;

    /** More charts than anybody reads. */
    private static final int MOST_CHARTS = 12;

    private static final int MOST_ROWS = 1000;

    private final Evaluation numbers;
    private final Html html;
    private final Map<String, Chart> charts;

    RegressionSection(Evaluation numbers, Html html, Map<String, Chart> charts) {
        this.numbers = numbers;
        this.html = html;
        this.charts = charts;
    }

    /** @param caution what a reader must know before believing the numbers; may be empty */
    void write(List<String> caution) {
        RegressionScores scores = numbers.regression().orElseThrow();
        html.open("section", "id", "regression").element("h2", "How close are its numbers?");
        html.element(
                "p",
                "MSE and MAE are the mean squared and the mean absolute error: 0 is perfect. R² is 1 if every number is right,"
                        + " and 0 for always saying the mean. Pearson's and Spearman's correlations say how well the order, and"
                        + " the spacing, of the predictions follow the targets. The intervals (95%) are the bootstrap's over "
                        + (numbers.patientsKnown() ? "patients with all their pictures." : "pictures."),
                "class",
                "lead");
        caution.forEach(text ->
                html.open("div", "class", "note warn").element("p", text).close("div"));
        html.open("div", "class", "card long").open("figcaption");
        html.element("h3", "Errors on " + numbers.title() + " (" + Numbers.count(numbers.samples()) + " pictures)");
        html.element("button", "CSV", "type", "button", "data-csv", "errors").close("figcaption");
        html.open("div", "class", "scroll")
                .open("table", "id", "errors")
                .open("thead")
                .open("tr");
        html.element("th", "Output", "data-sort", "").element("th", "Pictures", "class", "n", "data-sort", "");
        for (RegressionMetric metric : RegressionMetric.values()) {
            html.element("th", metric.title(), "class", "n", "data-sort", "");
        }
        html.close("tr").close("thead").open("tbody");
        for (RegressionScores.Output output :
                scores.outputs().subList(0, Math.min(MOST_ROWS, scores.outputs().size()))) {
            row("", output.name(), Numbers.count(output.known()), output.scores());
        }
        if (scores.outputs().size() > 1) {
            row("sum", "Mean", "", scores.means());
        }
        html.close("tbody").close("table").close("div");
        if (scores.outputs().size() > MOST_ROWS) {
            html.element(
                    "p",
                    "The first " + Numbers.count(MOST_ROWS) + " of "
                            + Numbers.count(scores.outputs().size()) + " outputs are shown.",
                    "class",
                    "fine");
        }
        html.close("div");
        html.open("div", "class", "grid");
        int shown = Math.min(MOST_CHARTS, scores.outputs().size());
        for (int j = 0; j < shown; j++) {
            String name = scores.outputs().get(j).name();
            TrainingSections.figure(
                    html, charts, "scatter-" + j, html.shortened(name) + ": predictions and targets", scatter(j, name));
        }
        html.close("div").close("section");
    }

    private void row(String rowClass, String name, String pictures, Map<RegressionMetric, Estimate> scores) {
        html.open("tr", "class", rowClass).name(name).number(pictures);
        for (RegressionMetric metric : RegressionMetric.values()) {
            Optional<Estimate> estimate = Optional.ofNullable(scores.get(metric));
            html.open(
                            "td",
                            "class",
                            "n",
                            "data-v",
                            estimate.map(e -> Double.toString(e.value())).orElse("-1"))
                    .text(estimate.map(e -> Numbers.significant(e.value())).orElse(Numbers.NONE));
            estimate.filter(e -> Double.isFinite(e.low()))
                    .ifPresent(e -> html.text(" ").element("small", Numbers.significantInterval(e)));
            html.close("td");
        }
        html.close("tr");
    }

    /** Every picture's target and prediction, by rising target, and the line on which they are the same. */
    private Chart scatter(int output, String name) {
        EvalPrediction prediction = numbers.measured().prediction();
        float[] targets = prediction.truth(output);
        float[] predictions = prediction.scores(output);
        int[] known = IntStream.range(0, targets.length)
                .filter(i -> !Float.isNaN(targets[i]))
                .boxed()
                .sorted(Comparator.comparingDouble(i -> targets[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        int step = Math.max(1, (known.length + MOST_POINTS - 1) / MOST_POINTS);
        int[] drawn = IntStream.range(0, known.length)
                .filter(i -> i % step == 0)
                .map(i -> known[i])
                .toArray();
        Chart chart = new Chart("Target", "Prediction").diagonal().square();
        return drawn.length == 0
                ? chart
                : chart.line(
                        name,
                        Arrays.stream(drawn).mapToDouble(i -> targets[i]).toArray(),
                        Arrays.stream(drawn).mapToDouble(i -> predictions[i]).toArray(),
                        Chart.Look.SCATTER);
    }
}
