package io.vit4j.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.data.Split;
import io.vit4j.evaluate.CheckpointChoice;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.metrics.Estimate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The report as one HTML file that needs no network: style, script, charts' numbers and pictures are in it. */
final class ReportPage {
    /** What a page shows beside the run's files. */
    record Content(
            RunData run,
            Status status,
            Optional<Evaluation> numbers,
            List<ExamplePicture> pictures,
            String whyNoPictures,
            Optional<byte[]> contactSheet,
            Optional<byte[]> reconstructions) {
        /** The name that the data gives the split that is reported. */
        Optional<String> measuredSplit() {
            return run.measured().map(SplitPredictions::split);
        }
    }

    /** Where a run stands. */
    enum Status {
        RUNNING("running"),
        FINISHED("finished"),
        STOPPED("stopped");

        private final String label;

        Status(String label) {
            this.label = label;
        }
    }

    private final Content content;
    private final RunData run;
    private final Html html = new Html();
    private final Map<String, Chart> charts = new LinkedHashMap<>();

    private ReportPage(Content content) {
        this.content = content;
        this.run = content.run();
    }

    static String write(Content content) {
        return new ReportPage(content).write();
    }

    private String write() {
        PageFrame.open(html, html.shortened(run.name()) + " · vit4j report");
        header();
        TrainingSections training = new TrainingSections(run, html, charts);
        navigation(training);
        html.open("main");
        tiles();
        PageFrame.noScript(html);
        if (training.hasCurves()) {
            training.curves();
        }
        content.contactSheet().ifPresent(training::contactSheet);
        content.reconstructions().ifPresent(training::reconstructions);
        content.numbers().ifPresent(this::evaluation);
        training.setup();
        html.close("main");
        footer();
        PageFrame.close(html, run.name(), content.status() == Status.RUNNING, charts);
        return html.toString();
    }

    private void evaluation(Evaluation numbers) {
        String method = numbers.measured().method().sentence();
        if (!method.isEmpty()) {
            html.open("div", "class", "note").element("p", method).close("div");
        }
        if (numbers.regression().isPresent()) {
            new RegressionSection(numbers, html, charts).write(cautions(numbers));
            return;
        }
        EvaluationSections evaluation = new EvaluationSections(numbers, html, charts);
        evaluation.labels(cautions(numbers));
        numbers.walkthrough().ifPresent(evaluation::walkthroughsNumber);
        evaluation.curves();
        evaluation.calibration();
        evaluation.thresholds();
        DataSections data = new DataSections(numbers, html);
        data.subgroups();
        data.cooccurrence();
        data.pictures(content.pictures(), content.whyNoPictures());
    }

    private List<String> cautions(Evaluation numbers) {
        List<String> cautions = new ArrayList<>();
        if (content.measuredSplit().filter(run::choseTheCheckpoint).isPresent()) {
            cautions.add("The checkpoint was chosen by its evaluation on these same pictures (" + numbers.title()
                    + "), so the numbers are too optimistic. To learn what to expect for new patients, measure on a"
                    + " split on which nothing was chosen: vit4j evaluate --split test.");
        }
        if (numbers.measured().method().weightsFittedOn(numbers.measured().split())) {
            cautions.add("The weights of the models were fitted on these same pictures, so the numbers are a little too"
                    + " optimistic. Measure on another split: vit4j evaluate --split test.");
        }
        boolean otherwise = run.evaluations()
                .validation()
                .filter(validation ->
                        !validation.method().equals(numbers.measured().method()))
                .isPresent();
        if (otherwise && !numbers.choices().rules().isEmpty()) {
            cautions.add(
                    "The thresholds were chosen on predictions of the validation split that were made in another way"
                            + " (other views or weights). Evaluate the validation split in the same way, with --calibrate.");
        }
        int shared = run.evaluations().patientsInTwoSplits().orElse(0);
        if (shared > 0) {
            cautions.add(Numbers.count(shared)
                    + " patients have pictures in more than one split: some people here were also in the training"
                    + " data, so the numbers are too optimistic. Split by patient to avoid this.");
        }
        return cautions;
    }

    private void header() {
        html.open("header").open("div").open("div", "class", "row").element("h1", html.shortened(run.name()));
        html.element("span", content.status().label, "class", "chip " + content.status().label);
        html.close("div");
        html.element("p", summary(), "class", "lead").close("div").close("header");
    }

    private String summary() {
        List<String> parts = new ArrayList<>();
        long step = run.state().path("global_step").asLong(0);
        long steps = run.state().path("max_steps").asLong(0);
        if (steps > 0) {
            parts.add("step " + Numbers.count(step) + (step < steps ? " of " + Numbers.count(steps) : ""));
            parts.add("epoch " + Numbers.significant(run.state().path("epoch").asDouble()));
        }
        JsonNode train =
                run.facts().path("data").path("splits").path(Split.TRAIN).path("pictures");
        if (train.isNumber()) {
            parts.add("trained on " + Numbers.count(train.asLong()) + " pictures");
        }
        content.numbers()
                .ifPresent(n -> parts.add("evaluated on " + Numbers.count(n.samples()) + " pictures"
                        + (n.patientsKnown() ? " of " + Numbers.count(n.patients()) + " patients" : "") + " ("
                        + n.title() + ")"));
        return String.join(" · ", parts);
    }

    private void navigation(TrainingSections training) {
        html.open("nav", "class", "bar", "aria-label", "Sections").open("div");
        if (training.hasCurves()) {
            html.element("a", "Training", "href", "#training");
        }
        content.numbers().ifPresent(numbers -> {
            html.element("a", "Labels", "href", "#labels");
            html.element("a", "Calibration", "href", "#calibration");
            if (numbers.labels().stream().anyMatch(label -> !label.points().isEmpty())) {
                html.element("a", "Thresholds", "href", "#thresholds");
            }
            if (!numbers.subgroups().isEmpty()) {
                html.element("a", "Groups", "href", "#groups");
            }
            html.element("a", "Data", "href", "#data").element("a", "Pictures", "href", "#pictures");
        });
        html.element("a", "Setup", "href", "#setup");
        html.element("button", "Theme: auto", "id", "theme", "type", "button")
                .close("div")
                .close("nav");
    }

    private void tiles() {
        html.open("div", "class", "tiles");
        content.numbers().ifPresent(numbers -> {
            tile("Macro AUROC", numbers.rocAuc().macro(), numbers, "macro");
            if (numbers.rocAuc().findings() != numbers.rocAuc().macro()) {
                tile("AUROC of findings", numbers.rocAuc().findings(), numbers, "findings");
            }
            numbers.calibration()
                    .ifPresent(c -> tile(Numbers.three(c.expectedError()), "Calibration error", "0 is perfect"));
        });
        LogSeries.of(run.logHistory(), "eval_loss")
                .map(LogSeries::last)
                .or(() -> Optional.of(run.results().path("eval_loss"))
                        .filter(JsonNode::isNumber)
                        .map(JsonNode::doubleValue))
                .ifPresent(loss -> tile(
                        Numbers.fixed(loss, 4),
                        "Evaluation loss",
                        "on "
                                + run.evaluations()
                                        .choice()
                                        .title(run.facts()
                                                .path(CheckpointChoice.EVALUATED_IN_TRAINING)
                                                .asText(Split.VALIDATION))));
        double rank = run.results().path("eval_feature_rank").asDouble(Double.NaN);
        if (Double.isFinite(rank)) {
            tile(Numbers.significant(rank), "Feature rank", "effective rank of the encoder's features");
        }
        double spread = run.results().path("eval_feature_deviation").asDouble(Double.NaN);
        if (Double.isFinite(spread)) {
            tile(Numbers.three(spread), "Feature spread", "0 is a collapse, 1 is even");
        }
        LogSeries.of(run.logHistory(), "loss")
                .ifPresent(loss -> tile(Numbers.fixed(loss.last(), 4), "Training loss", "last logged"));
        double rate = last("train_samples_per_second");
        if (!Double.isNaN(rate)) {
            tile(Numbers.significant(rate), "Images per second", "in training");
        } else if (run.facts().path("throughput").size() > 0) {
            JsonNode pairs = run.facts().path("throughput");
            tile(Numbers.significant(pairs.get(pairs.size() - 1).path(1).asDouble()), "Images per second", "now");
        }
        double seconds = last("train_runtime");
        if (!Double.isNaN(seconds)) {
            tile(Numbers.duration(seconds), "Training time", "");
        }
        html.close("div");
    }

    /** The last value logged under a key, or the run's result; NaN if there is neither. */
    private double last(String key) {
        for (int i = run.logHistory().size() - 1; i >= 0; i--) {
            if (run.logHistory().get(i).has(key)) {
                return run.logHistory().get(i).get(key);
            }
        }
        return run.results().path(key).asDouble(Double.NaN);
    }

    private void tile(String name, double value, Evaluation numbers, String average) {
        if (Double.isFinite(value)) {
            Optional<Estimate> interval =
                    numbers.intervals().map(i -> i.averages().get(average));
            tile(
                    Numbers.three(value),
                    name,
                    interval.map(e -> "95%: " + Numbers.three(e.low()) + " to " + Numbers.three(e.high()))
                            .orElse("on " + numbers.title()));
        }
    }

    private void tile(String value, String name, String below) {
        html.open("div", "class", "tile").element("span", name).element("b", value);
        if (!below.isEmpty()) {
            html.element("small", below);
        }
        html.close("div");
    }

    private void footer() {
        html.open("footer");
        html.element(
                "p",
                "Written by vit4j. For research only: not a medical device, and not advice for any patient."
                        + " This file contains"
                        + (content.pictures().isEmpty()
                                        && content.contactSheet().isEmpty()
                                        && content.reconstructions().isEmpty()
                                ? " no pictures"
                                : " pictures")
                        + " and no patient identifiers."
                        + (html.cut() ? " Long names and texts end in … where they were cut." : ""));
        html.close("footer");
    }
}
