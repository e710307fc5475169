package io.vit4j.report;

import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.WalkthroughsNumber;
import io.vit4j.infer.Decision;
import io.vit4j.metrics.AverageDeLong.Average;
import io.vit4j.metrics.Calibration;
import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.OperatingPoint;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** How good the model is: areas with intervals, curves, calibration, thresholds. */
final class EvaluationSections {
    /** More lines in a chart, or tables of thresholds, than anybody reads: the most frequent labels are shown. */
    private static final int MOST_CURVES = 40;

    private static final int MOST_NAMED = 20;

    private static final int MOST_THRESHOLDS = 100;

    /** Rows of a table of labels. */
    private static final int MOST_ROWS = 1000;

    private final Evaluation numbers;
    private final Html html;
    private final Map<String, Chart> charts;

    EvaluationSections(Evaluation numbers, Html html, Map<String, Chart> charts) {
        this.numbers = numbers;
        this.html = html;
        this.charts = charts;
    }

    /** @param caution what a reader must know before believing the numbers; may be empty */
    void labels(List<String> caution) {
        html.open("section", "id", "labels").element("h2", "How good is it, label by label?");
        html.element(
                "p",
                "AUROC is the chance that the model scores a picture with the label above one without it; 0.5"
                        + " is guessing, 1 is perfect. The 95% intervals show how far chance alone may have moved each"
                        + " number: DeLong's treats pictures as independent, and the bootstrap draws "
                        + (numbers.patientsKnown() ? "patients with all of their pictures." : "pictures."),
                "class",
                "lead");
        caution.forEach(text ->
                html.open("div", "class", "note warn").element("p", text).close("div"));
        double from = Math.min(0.5, Math.floor(10 * lowest()) / 10);
        html.open("div", "class", "card long").open("figcaption");
        html.element("h3", "AUROC on " + numbers.title() + " (" + Numbers.count(numbers.samples()) + " pictures)");
        html.element("button", "CSV", "type", "button", "data-csv", "auroc").close("figcaption");
        html.open("div", "class", "scroll")
                .open("table", "id", "auroc")
                .open("thead")
                .open("tr");
        html.element("th", "Label", "data-sort", "")
                .element("th", "AUROC", "class", "n", "data-sort", "")
                .element("th", "95% DeLong", "class", "n");
        html.open("th", "class", "bar-cell", "style", "width:20%")
                .open("span", "class", "axis")
                .element("span", Numbers.fixed(from, 1))
                .element("span", "1.0")
                .close("span")
                .close("th");
        if (numbers.intervals().isPresent()) {
            html.element("th", numbers.patientsKnown() ? "95% by patient" : "95% bootstrap", "class", "n");
        }
        html.element("th", "Avg. precision", "class", "n", "data-sort", "")
                .element("th", "Positives", "class", "n", "data-sort", "")
                .element("th", "Prevalence", "class", "n");
        html.close("tr").close("thead").open("tbody");
        mostFrequent(MOST_ROWS).forEach(label -> labelRow(label, from));
        average("Macro average, all labels", numbers.rocAuc().macro(), "macro", deLong(Average.MACRO), from);
        if (numbers.rocAuc().findings() != numbers.rocAuc().macro()) {
            average(
                    "Macro average, findings only",
                    numbers.rocAuc().findings(),
                    "findings",
                    deLong(Average.FINDINGS),
                    from);
        }
        numbers.averages()
                .micro()
                .ifPresent(micro -> average("Micro average", micro, "micro", deLong(Average.MICRO), from));
        average("Weighted by positives", numbers.rocAuc().weighted(), "weighted", Optional.empty(), from);
        html.close("tbody").close("table").close("div");
        leftOut(MOST_ROWS);
        List<String> undefined = numbers.rocAuc().undefinedLabels();
        if (!undefined.isEmpty()) {
            html.element(
                    "p",
                    "No AUROC, because all of these pictures have the same truth for them: "
                            + undefined.stream()
                                    .limit(MOST_NAMED)
                                    .map(html::shortened)
                                    .collect(Collectors.joining(", "))
                            + (undefined.size() > MOST_NAMED
                                    ? " and " + (undefined.size() - MOST_NAMED) + " more."
                                    : "."),
                    "class",
                    "fine");
        }
        html.close("div");
    }

    private Optional<Estimate> deLong(Average average) {
        return Optional.ofNullable(numbers.averages().deLong().get(average));
    }

    private double lowest() {
        return numbers.labels().stream()
                .flatMap(label -> label.auc().stream())
                .mapToDouble(Estimate::low)
                .min()
                .orElse(0.5);
    }

    private void labelRow(Evaluation.Label label, double from) {
        html.open("tr").name(label.name());
        double value = label.auc().map(Estimate::value).orElse(Double.NaN);
        html.element("td", Numbers.three(value), "class", "n", "data-v", sortable(value));
        html.number(label.auc().map(Numbers::interval).orElse(Numbers.NONE));
        bar(label.auc(), from);
        numbers.intervals()
                .ifPresent(intervals ->
                        html.number(Optional.ofNullable(intervals.perLabel().get(label.name()))
                                .map(Numbers::interval)
                                .orElse(Numbers.NONE)));
        precision(
                label.averagePrecision(),
                numbers.precision().map(p -> p.perLabel().get(label.name())));
        html.element("td", Numbers.count(label.positives()), "class", "n", "data-v", Long.toString(label.positives()));
        html.number(Numbers.percent(label.prevalence()));
        html.close("tr");
    }

    private void precision(double value, Optional<Estimate> interval) {
        html.open("td", "class", "n", "data-v", sortable(value)).text(Numbers.three(value));
        interval.filter(e -> Double.isFinite(e.low()))
                .ifPresent(e -> html.text(" ").element("small", Numbers.interval(e)));
        html.close("td");
    }

    private static String sortable(double value) {
        return Double.isFinite(value) ? Double.toString(value) : "-1";
    }

    private void average(String name, double value, String key, Optional<Estimate> deLong, double from) {
        if (!Double.isFinite(value)) {
            return;
        }
        Optional<Estimate> interval =
                numbers.intervals().map(intervals -> intervals.averages().get(key));
        html.open("tr", "class", "sum")
                .name(name)
                .number(Numbers.three(value))
                .number(deLong.map(Numbers::interval).orElse(""));
        bar(interval.or(() -> deLong), from);
        if (numbers.intervals().isPresent()) {
            html.number(interval.map(Numbers::interval).orElse(""));
        }
        Optional<Estimate> precision = numbers.precision().map(p -> p.averages().get(key));
        precision.ifPresentOrElse(p -> precision(p.value(), precision), () -> html.number(""));
        html.number("").number("").close("tr");
    }

    private void bar(Optional<Estimate> estimate, double from) {
        html.open("td", "class", "bar-cell");
        estimate.ifPresent(e -> intervalBar(html, e, from));
        html.close("td");
    }

    /** An interval and its estimate on an axis that ends at 1, with a line at 0.5. */
    static void intervalBar(Html html, Estimate estimate, double from) {
        double left = place(estimate.low(), from);
        html.open("span", "class", "ci", "style", "--half:" + Numbers.fixed(place(0.5, from), 2) + "%");
        if (Double.isFinite(left)) {
            html.open(
                            "i",
                            "style",
                            "left:" + Numbers.fixed(left, 2) + "%;width:"
                                    + Numbers.fixed(place(estimate.high(), from) - left, 2) + "%")
                    .close("i");
        }
        html.open("b", "style", "left:" + Numbers.fixed(place(estimate.value(), from), 2) + "%")
                .close("b")
                .close("span");
    }

    private static double place(double value, double from) {
        return 100 * Math.max(0, Math.min(1, (value - from) / (1 - from)));
    }

    /** Ends the section of the labels with the curves. */
    void curves() {
        Chart roc = new Chart("False positive rate", "Sensitivity").xRange(0, 1).yRange(0, 1.005);
        Chart precisionRecall = new Chart("Recall", "Precision").xRange(0, 1).yRange(0, 1.005);
        double[] rates = CurveGrid.falsePositiveRates();
        double[] recalls = CurveGrid.recalls();
        for (Evaluation.Label label : mostFrequent(MOST_CURVES)) {
            label.roc()
                    .ifPresent(curve ->
                            roc.line(label.name(), rates, CurveGrid.sensitivities(curve, rates), Chart.Look.PLAIN));
            label.precisionRecall()
                    .ifPresent(curve -> precisionRecall.line(
                            label.name(), recalls, CurveGrid.precisions(curve, recalls), Chart.Look.PLAIN));
        }
        if (numbers.labels().size() > MOST_CURVES) {
            html.element("p", "The curves show the " + MOST_CURVES + " most frequent labels.", "class", "fine");
        }
        html.open("div", "class", "grid");
        TrainingSections.figure(
                html, charts, "roc", "ROC curves", roc.diagonal().square());
        TrainingSections.figure(html, charts, "precision_recall", "Precision–recall curves", precisionRecall.square());
        html.close("div").close("section");
    }

    /** Says on the page what a table leaves out. */
    private void leftOut(int most) {
        int labels = numbers.labels().size();
        if (labels > most) {
            html.element(
                    "p",
                    "The " + Numbers.count(most) + " most frequent of " + Numbers.count(labels)
                            + " labels are shown; the model's evaluation-"
                            + numbers.measured().split()
                            + ".json has them all.",
                    "class",
                    "fine");
        }
    }

    private List<Evaluation.Label> mostFrequent(int most) {
        if (numbers.labels().size() <= most) {
            return numbers.labels();
        }
        return numbers.labels().stream()
                .sorted(Comparator.comparingLong(Evaluation.Label::positives).reversed())
                .limit(most)
                .toList();
    }

    void calibration() {
        if (numbers.calibration().isEmpty()) {
            return;
        }
        Calibration overall = numbers.calibration().get();
        html.open("section", "id", "calibration").element("h2", "Can its probabilities be trusted?");
        html.element(
                "p",
                "Of the pictures with a predicted 30%, three in ten should have the label; the line then"
                        + " follows the diagonal. Below the diagonal, the model is overconfident. The expected"
                        + " calibration error (ECE) is the mean distance from the diagonal.",
                "class",
                "lead");
        html.open("div", "class", "grid");
        Chart chart = new Chart("Mean predicted probability", "Share that has the label")
                .xRange(0, 1)
                .yRange(0, 1.005)
                .diagonal()
                .square();
        String all = numbers.singleLabel() ? "most probable label" : "all labels together";
        reliability(chart, all, overall, Chart.Look.POINTS);
        numbers.scaling()
                .ifPresent(scaling ->
                        reliability(chart, all + ", after the temperature", scaling.calibration(), Chart.Look.POINTS));
        for (Evaluation.Label label : mostFrequent(MOST_CURVES)) {
            label.calibration().ifPresent(c -> reliability(chart, label.name(), c, Chart.Look.OFF));
        }
        TrainingSections.figure(html, charts, "calibration", "Reliability diagram", chart);
        html.open("div", "class", "card long").element("h3", "Calibration error");
        html.open("div", "class", "scroll")
                .open("table", "id", "calibration-table")
                .open("thead")
                .open("tr");
        html.element("th", "Label");
        for (String heading : List.of("ECE", "Largest gap", "Brier score")) {
            html.element("th", heading, "class", "n", "data-sort", "");
        }
        if (numbers.scaling().isPresent()) {
            html.element("th", "ECE, scaled", "class", "n", "data-sort", "");
        }
        html.close("tr").close("thead").open("tbody");
        mostFrequent(MOST_ROWS)
                .forEach(label -> label.calibration().ifPresent(c -> errors(label.name(), c, label.scaled(), "")));
        errors(all, overall, numbers.scaling().map(Evaluation.Scaling::calibration), "sum");
        html.close("tbody").close("table").close("div");
        leftOut(MOST_ROWS);
        numbers.scaling().ifPresent(this::temperature);
        html.close("div").close("div").close("section");
    }

    private static void reliability(Chart chart, String name, Calibration calibration, Chart.Look look) {
        chart.line(
                name,
                calibration.bins().stream()
                        .mapToDouble(Calibration.Bin::meanProbability)
                        .toArray(),
                calibration.bins().stream()
                        .mapToDouble(Calibration.Bin::frequency)
                        .toArray(),
                look);
    }

    private void errors(String name, Calibration calibration, Optional<Calibration> scaled, String rowClass) {
        html.open("tr", "class", rowClass).name(name);
        for (double value :
                new double[] {calibration.expectedError(), calibration.maximumError(), calibration.brier()}) {
            html.element("td", Numbers.three(value), "class", "n", "data-v", sortable(value));
        }
        scaled.map(Calibration::expectedError)
                .ifPresent(error -> html.element("td", Numbers.three(error), "class", "n", "data-v", sortable(error)));
        html.close("tr");
    }

    private void temperature(Evaluation.Scaling scaling) {
        Optional<Decision.Origin> origin = numbers.choices().decision().flatMap(Decision::fittedOn);
        html.element(
                "p",
                "Every logit is divided by a temperature of "
                        + Numbers.fixed(scaling.loss().temperature(), 2)
                        + origin.map(o -> ", fitted on " + o.split()).orElse(", set by hand")
                        + " before predictions are made. Here, this changes the loss from "
                        + Numbers.fixed(scaling.loss().lossBefore(), 4) + " to "
                        + Numbers.fixed(scaling.loss().lossAfter(), 4) + ". It does not change any AUROC.",
                "class",
                "fine");
    }

    void thresholds() {
        List<String> rules = numbers.choices().rules().stream()
                .filter(rule -> numbers.labels().stream()
                        .anyMatch(label -> label.points().containsKey(rule)))
                .toList();
        if (rules.isEmpty()) {
            return;
        }
        String chosenOn = numbers.choices().chosenOn().orElseThrow();
        html.open("section", "id", "thresholds").element("h2", "Which threshold to use");
        html.element(
                "p",
                "Thresholds on the probability"
                        + (numbers.scaling().isPresent() ? " after the temperature" : "")
                        + (chosenOn.equals(numbers.title())
                                ? ", chosen and measured on the same pictures (" + chosenOn
                                        + "), so expect slightly worse results on new ones."
                                : ", chosen on " + chosenOn + " and measured on " + numbers.title() + ".")
                        + " The 95% intervals are Wilson's. PPV and NPV apply to the prevalence in these pictures.",
                "class",
                "lead");
        html.open("div", "class", "card long").open("div", "class", "switch");
        for (int rule = 0; rule < rules.size(); rule++) {
            html.element(
                    "button",
                    rules.get(rule),
                    "type",
                    "button",
                    "data-rule",
                    Integer.toString(rule),
                    "aria-pressed",
                    Boolean.toString(rule == 0));
        }
        html.close("div");
        for (int rule = 0; rule < rules.size(); rule++) {
            rule(rule, rules.get(rule));
        }
        html.close("div").close("section");
    }

    private void rule(int number, String rule) {
        String id = "thresholds-" + number;
        html.trusted("<div class=\"rule scroll\" data-rule=\"" + number + "\"" + (number == 0 ? "" : " hidden") + ">");
        html.element("h3", rule, "class", "only-print");
        html.open("table", "id", id).open("thead").open("tr").element("th", "Label");
        for (String heading : List.of("Threshold", "Sensitivity", "Specificity", "PPV", "NPV", "F1")) {
            html.element("th", heading, "class", "n");
        }
        html.close("tr").close("thead").open("tbody");
        for (Evaluation.Label label : mostFrequent(MOST_THRESHOLDS)) {
            if (label.points().containsKey(rule)) {
                OperatingPoint point = label.points().get(rule);
                html.open("tr")
                        .name(label.name())
                        .number(Numbers.three(point.threshold()))
                        .number(Numbers.withInterval(point.sensitivity()))
                        .number(Numbers.withInterval(point.specificity()))
                        .number(Numbers.withInterval(point.ppv()))
                        .number(Numbers.withInterval(point.npv()))
                        .number(Numbers.fixed(point.f1(), 2))
                        .close("tr");
            }
        }
        html.close("tbody").close("table");
        leftOut(MOST_THRESHOLDS);
        html.open("p")
                .element("button", "CSV", "type", "button", "data-csv", id)
                .close("p");
        html.trusted("</div>");
    }

    /** The walkthrough's own number beside the sound one. */
    void walkthroughsNumber(WalkthroughsNumber number) {
        html.open("div", "class", "note")
                .element("p", "Comparing with the 2022 walkthrough? " + number.sentence())
                .close("div");
    }
}
