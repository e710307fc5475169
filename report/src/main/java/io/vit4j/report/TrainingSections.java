package io.vit4j.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.metrics.RegressionMetric;
import io.vit4j.model.ModelDefinition;
import io.vit4j.train.checkpoint.LogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The report's sections about training: curves, configuration, machine, time. */
final class TrainingSections {
    private static final double SMOOTHING = 0.8;
    private static final int WORTH_SMOOTHING = 20;

    /** More than a screen has columns. */
    private static final int MOST_POINTS = 2000;

    /** More than vit4j writes. */
    private static final int MOST_ROWS = 400;

    private final RunData run;
    private final Html html;
    private final Map<String, Chart> charts;

    TrainingSections(RunData run, Html html, Map<String, Chart> charts) {
        this.run = run;
        this.html = html;
        this.charts = charts;
    }

    boolean hasCurves() {
        return LogSeries.of(run.logHistory(), "loss").isPresent();
    }

    void curves() {
        html.open("section", "id", "training").element("h2", "Training");
        html.element(
                "p",
                "Training loss should fall and flatten. If the evaluation loss turns upward while the training"
                        + " loss falls, the model has begun to memorise the pictures.",
                "class",
                "lead");
        html.open("div", "class", "grid");
        figure("loss", "Loss", loss());
        figure("learning_rate", "Learning rate", single("learning_rate", "learning rate", "Learning rate"));
        figure(
                "teacher_entropy",
                "Entropy of what the teacher says",
                single("teacher_entropy", "entropy", "Mean entropy, in nats"));
        figure("grad_norm", "Gradient norm", smoothed("grad_norm", "gradient norm", "Gradient norm, before clipping"));
        figure("throughput", "Throughput", throughput());
        figure("evaluation", "Evaluation over time", evaluation());
        html.close("div").close("section");
    }

    /** @param jpeg see {@link ContactSheet} */
    void contactSheet(byte[] jpeg) {
        html.open("section", "id", "augmentation").element("h2", "What training sees");
        html.element(
                "p",
                "Training pictures as they are stored, and as they were changed in the first epochs. Mixed pictures are"
                        + " shown mixed with each other instead of with their partners.",
                "class",
                "lead");
        html.image(
                "image/jpeg",
                jpeg,
                "alt",
                "Training pictures, as stored and as augmented in the first epochs",
                "style",
                "max-width:100%");
        html.close("section");
    }

    /** @param jpeg see {@link ReconstructionSheet} */
    void reconstructions(byte[] jpeg) {
        html.open("section", "id", "reconstructions").element("h2", "Reconstructions");
        html.element(
                "p",
                "Pictures that were held back: the patches that the model sees, what it makes of the rest, and the pictures"
                        + " themselves.",
                "class",
                "lead");
        html.image(
                "image/jpeg",
                jpeg,
                "alt",
                "Pictures that were held back: masked, reconstructed, and whole",
                "style",
                "max-width:100%");
        html.close("section");
    }

    private Chart loss() {
        Chart chart = smoothed("loss", "training", "Loss");
        LogSeries.of(run.logHistory(), "eval_loss").ifPresent(s -> draw(chart, "evaluation", s, Chart.Look.POINTS, 1));
        return chart;
    }

    private Chart smoothed(String key, String name, String yLabel) {
        Chart chart = new Chart("Epoch", yLabel);
        LogSeries.of(run.logHistory(), key).ifPresent(s -> {
            if (s.size() < WORTH_SMOOTHING) {
                draw(chart, name, s, Chart.Look.PLAIN, 0);
            } else {
                draw(chart, name, s, Chart.Look.FAINT, 0);
                draw(chart, name + ", smoothed", s.smoothed(SMOOTHING), Chart.Look.PLAIN, 0);
            }
        });
        return chart.fromZero();
    }

    private static void draw(Chart chart, String name, LogSeries series, Chart.Look look, int color) {
        LogSeries thinned = series.thinned(MOST_POINTS);
        chart.line(name, thinned.epochs(), thinned.values(), look, color);
    }

    private Chart single(String key, String name, String yLabel) {
        Chart chart = new Chart("Epoch", yLabel);
        LogSeries.of(run.logHistory(), key).ifPresent(s -> draw(chart, name, s, Chart.Look.PLAIN, 1));
        return chart.fromZero();
    }

    private Chart throughput() {
        Chart chart = new Chart("Epoch", "Images per second");
        JsonNode pairs = run.facts().path("throughput");
        if (pairs.size() > 1) {
            int step = (pairs.size() + MOST_POINTS - 1) / MOST_POINTS;
            double[] epochs = new double[(pairs.size() + step - 1) / step];
            double[] rates = new double[epochs.length];
            for (int i = 0; i < epochs.length; i++) {
                epochs[i] = pairs.get(i * step).path(0).asDouble();
                rates[i] = pairs.get(i * step).path(1).asDouble();
            }
            chart.line("training", epochs, rates, Chart.Look.PLAIN, 2);
        }
        return chart.fromZero();
    }

    private Chart evaluation() {
        Chart areas = evaluation(
                "AUROC", "eval_roc_auc", "macro AUROC", "eval_roc_auc_findings", "macro AUROC, findings only");
        if (!areas.isEmpty()) {
            return areas;
        }
        Chart accuracy = evaluation("Accuracy", "eval_accuracy", "accuracy");
        return accuracy.isEmpty()
                ? evaluation(
                        "R² and correlation",
                        "eval_r2",
                        RegressionMetric.R2.title(),
                        "eval_pearson",
                        RegressionMetric.PEARSON.title())
                : accuracy;
    }

    /** @param keysAndNames of the series, in turn */
    private Chart evaluation(String axis, String... keysAndNames) {
        Chart chart = new Chart("Epoch", axis);
        for (int i = 0; i < keysAndNames.length; i += 2) {
            String name = keysAndNames[i + 1];
            LogSeries.of(run.logHistory(), keysAndNames[i])
                    .filter(s -> s.size() > 1)
                    .ifPresent(s -> draw(chart, name, s, Chart.Look.POINTS, -1));
        }
        return chart;
    }

    private void figure(String id, String title, Chart chart) {
        figure(html, charts, id, title, chart);
    }

    /** A chart with its frame; nothing if it has no line. */
    static void figure(Html html, Map<String, Chart> charts, String id, String title, Chart chart) {
        if (chart.isEmpty()) {
            return;
        }
        charts.put(id, chart);
        html.open("figure", "class", "chart card", "data-chart", id)
                .open("figcaption")
                .element("h3", title)
                .close("figcaption")
                .open("div", "class", "plot", "role", "img", "aria-label", title + ", as a line chart")
                .close("div")
                .close("figure");
    }

    void setup() {
        html.open("section", "id", "setup").element("h2", "How it was made").open("div", "class", "grid");
        phases();
        machine();
        html.close("div");
        if (!run.arguments().isEmpty()) {
            configuration();
        }
        html.close("section");
    }

    /** Time and what it cost: core hours, and the arithmetic done. */
    private void phases() {
        List<String[]> rows = new ArrayList<>();
        int cores = run.facts().path("cores").asInt(0);
        ObjectNode merged = run.results().deepCopy();
        run.logHistory().forEach(entry -> merged.setAll(Json.untyped(entry.toJson())));
        JsonNode told = run.facts().path("phases");
        told.properties().stream()
                .filter(phase -> !phase.getKey().startsWith("Intervals"))
                .forEach(phase -> row(rows, phase.getKey(), phase.getValue().asDouble(), Double.NaN, cores));
        double evaluated = evaluationSeconds(run.logHistory());
        double trained = merged.path("train_runtime").asDouble(Double.NaN);
        double rate = merged.path("train_samples_per_second").asDouble(Double.NaN);
        row(rows, "Training, from first to last step", trained, rate, cores);
        share(rows, "– waiting for data", merged, "data_wait_share", trained, cores);
        share(rows, "– waiting for checkpoints", merged, "save_time_share", trained, cores);
        if (run.logHistory().stream().filter(entry -> entry.has("eval_runtime")).count() > 1) {
            row(rows, "All evaluations", evaluated, Double.NaN, cores);
        }
        row(
                rows,
                "Last evaluation",
                merged.path("eval_runtime").asDouble(Double.NaN),
                merged.path("eval_samples_per_second").asDouble(Double.NaN),
                cores);
        told.properties().stream()
                .filter(phase -> phase.getKey().startsWith("Intervals"))
                .forEach(phase -> row(rows, phase.getKey(), phase.getValue().asDouble(), Double.NaN, cores));
        if (rows.isEmpty()) {
            return;
        }
        html.open("div", "class", "card").element("h3", "Time and cost").open("div", "class", "scroll");
        html.open("table").open("thead").open("tr").element("th", "Phase");
        for (String heading : List.of("Time", "Images per second", "Core hours")) {
            html.element("th", heading, "class", "n");
        }
        html.close("tr").close("thead").open("tbody");
        for (String[] row : rows.subList(0, Math.min(MOST_ROWS, rows.size()))) {
            html.open("tr").name(row[0]).number(row[1]).number(row[2]).number(row[3]);
            html.close("tr");
        }
        html.close("tbody").close("table").close("div");
        leftOut(rows.size(), "phases");
        double flos = merged.path("total_flos").asDouble(0);
        if (flos > 0) {
            html.element(
                    "p",
                    "Training took " + Numbers.significant(flos / 1e12)
                            + " TFLOP (10¹² floating-point operations), calculated from the model's shape.",
                    "class",
                    "fine");
        }
        html.close("div");
    }

    /** A part of the training's time, of which the trainer tells the share. */
    private static void share(
            List<String[]> rows, String name, ObjectNode values, String key, double whole, int cores) {
        row(rows, name, values.path(key).asDouble(Double.NaN) * whole, Double.NaN, cores);
    }

    private static double evaluationSeconds(List<LogEntry> history) {
        return history.stream()
                .mapToDouble(entry -> entry.find("eval_runtime").orElse(0))
                .sum();
    }

    private static void row(List<String[]> rows, String name, double seconds, double rate, int cores) {
        if (Double.isFinite(seconds)) {
            rows.add(new String[] {
                name,
                Numbers.duration(seconds),
                Numbers.significant(rate),
                cores == 0 ? Numbers.NONE : Numbers.significant(seconds * cores / 3600)
            });
        }
    }

    private void machine() {
        JsonNode facts = run.facts();
        html.open("div", "class", "card")
                .element("h3", "Model, programs and machine")
                .open("dl");
        JsonNode config = run.config();
        if (config.has("model_type")) {
            entry("Model", ModelDefinition.describe(Json.typed((ObjectNode) config, "config.json")));
        }
        optional("Started from", facts.path("started_from"));
        optional("Computed in", facts.path("dtype"));
        optional("Device", facts.path("device"));
        optional("vit4j", facts.path("vit4j"));
        optional("libtorch", facts.path("libtorch"));
        optional("Java", facts.path("java"));
        optional("System", facts.path("system"));
        optional("Processor", facts.path("processor"));
        if (facts.has("cores")) {
            entry(
                    "Cores and memory",
                    facts.path("cores").asText() + " cores, "
                            + facts.path("memory_gib").asText("?") + " GiB");
        }
        data(facts.path("data"));
        html.close("dl").close("div");
    }

    private void data(JsonNode data) {
        StringBuilder splits = new StringBuilder();
        data.path("splits").properties().forEach(split -> {
            int pictures = split.getValue().path("pictures").asInt();
            if (pictures > 0) {
                splits.append(splits.isEmpty() ? "" : "; ")
                        .append(split.getKey())
                        .append(' ')
                        .append(Numbers.count(pictures));
                if (split.getValue().has("patients")) {
                    splits.append(" pictures of ")
                            .append(Numbers.count(
                                    split.getValue().path("patients").asInt()))
                            .append(" patients");
                }
            }
        });
        if (!splits.isEmpty()) {
            entry("Data", splits.toString());
            optional("Data digest", data.path("digest"));
        }
    }

    private void optional(String name, JsonNode value) {
        Optional.of(value.asText()).filter(text -> !text.isEmpty()).ifPresent(text -> entry(name, text));
    }

    private void entry(String name, String value) {
        html.element("dt", html.shortened(name)).element("dd", value);
    }

    private void configuration() {
        html.open("div", "class", "card long").element("h3", "Training arguments");
        html.open("dl", "class", "args");
        List<Map.Entry<String, JsonNode>> arguments = run.arguments().properties().stream()
                .filter(argument -> !argument.getValue().isNull()
                        && !argument.getValue().isEmpty() == argument.getValue().isContainerNode())
                .filter(argument -> !argument.getKey().endsWith("_dir"))
                .toList();
        arguments.stream().limit(MOST_ROWS).forEach(argument -> {
            html.open("div");
            entry(argument.getKey(), plain(argument.getValue()));
            html.close("div");
        });
        html.close("dl");
        leftOut(arguments.size(), "arguments");
        html.close("div");
    }

    /** Says on the page what it leaves out. */
    private void leftOut(int all, String what) {
        if (all > MOST_ROWS) {
            html.element(
                    "p",
                    "The first " + MOST_ROWS + " of " + Numbers.count(all) + " " + what + " are shown.",
                    "class",
                    "fine");
        }
    }

    private static String plain(JsonNode value) {
        return value.isDouble()
                ? Numbers.significant(value.doubleValue())
                : value.isValueNode() ? value.asText() : value.toString();
    }
}
