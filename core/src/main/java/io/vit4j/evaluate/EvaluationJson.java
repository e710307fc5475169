package io.vit4j.evaluate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.metrics.AverageDeLong;
import io.vit4j.metrics.Bootstrap;
import io.vit4j.metrics.Calibration;
import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.OperatingPoint;
import io.vit4j.metrics.Proportion;
import io.vit4j.metrics.RegressionMetric;
import io.vit4j.metrics.RegressionScores;
import io.vit4j.metrics.Subgroups;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@link Evaluation} as JSON. What is undefined (an AUROC of one class, an interval of too few) has no entry. */
final class EvaluationJson {
    private final Evaluation numbers;
    private final String bootstrap;

    EvaluationJson(Evaluation numbers) {
        this.numbers = numbers;
        bootstrap = numbers.patientsKnown() ? "by_patient" : "bootstrap";
    }

    ObjectNode write() {
        ObjectNode json = Json.object();
        json.put("split", numbers.title());
        json.put("pictures", numbers.samples());
        if (numbers.patientsKnown()) {
            json.put("patients", numbers.patients());
        }
        json.put("level", Evaluation.LEVEL);
        if (numbers.regression().isPresent()) {
            regression(json, numbers.regression().get());
            return json;
        }
        numbers.intervals().ifPresent(intervals -> json.put("bootstrap_rounds", intervals.rounds()));
        json.set("averages", averages());
        numbers.walkthrough()
                .ifPresent(number -> json.putObject("walkthrough")
                        .put("roc_auc_softmax", number.softmax())
                        .put("roc_auc", number.raw())
                        .put("difference", number.sentence()));
        ObjectNode labels = json.putObject("labels");
        numbers.labels().forEach(label -> labels.set(label.name(), label(label)));
        numbers.calibration().ifPresent(c -> json.set("calibration", calibration(c)));
        numbers.scaling().ifPresent(scaling -> json.set("temperature", temperature(scaling)));
        numbers.choices().chosenOn().ifPresent(split -> json.put("thresholds_chosen_on", split));
        ArrayNode groups = json.putArray("subgroups");
        numbers.subgroups().forEach(group -> groups.add(group(group)));
        if (numbers.counts().countsPairs()) {
            json.set("co_occurrence", coOccurrence());
        }
        return json;
    }

    private void regression(ObjectNode json, RegressionScores scores) {
        if (scores.rounds() > 0) {
            json.put("bootstrap_rounds", scores.rounds());
        }
        json.set("means", scores(scores.means()));
        ObjectNode outputs = json.putObject("outputs");
        for (RegressionScores.Output output : scores.outputs()) {
            ObjectNode entry = scores(output.scores());
            entry.put("known", output.known());
            entry.put("unknown", output.unknown());
            outputs.set(output.name(), entry);
        }
    }

    private ObjectNode scores(Map<RegressionMetric, Estimate> scores) {
        ObjectNode json = Json.object();
        scores.forEach((metric, estimate) ->
                put(json, metric.key(), estimate.value(), Optional.empty(), Optional.of(estimate)));
        return json;
    }

    private ObjectNode averages() {
        ObjectNode json = Json.object();
        json.set("macro", average("macro", numbers.rocAuc().macro()));
        json.set("findings", average("findings", numbers.rocAuc().findings()));
        json.set("micro", average("micro", numbers.averages().micro().orElse(Double.NaN)));
        json.set("weighted", average("weighted", numbers.rocAuc().weighted()));
        return json;
    }

    private ObjectNode average(String name, double area) {
        ObjectNode json = Json.object();
        Optional<Estimate> deLong = numbers.averages().deLong().entrySet().stream()
                .filter(entry -> key(entry.getKey()).equals(name))
                .map(Map.Entry::getValue)
                .findFirst();
        put(
                json,
                "roc_auc",
                area,
                deLong,
                numbers.intervals().map(i -> i.averages().get(name)));
        Optional<Estimate> precision = numbers.precision().map(p -> p.averages().get(name));
        put(json, "average_precision", precision.map(Estimate::value).orElse(Double.NaN), Optional.empty(), precision);
        return json;
    }

    private static String key(AverageDeLong.Average average) {
        return average.name().toLowerCase(Locale.ROOT);
    }

    private ObjectNode label(Evaluation.Label label) {
        ObjectNode json = Json.object();
        json.put("positives", label.positives());
        json.put("negatives", label.negatives());
        json.put("unknown", label.unknown());
        put(
                json,
                "roc_auc",
                label.auc().map(Estimate::value).orElse(Double.NaN),
                label.auc().filter(e -> !Double.isNaN(e.standardError())),
                numbers.intervals().map(i -> i.perLabel().get(label.name())));
        put(
                json,
                "average_precision",
                label.averagePrecision(),
                Optional.empty(),
                numbers.precision().map(p -> p.perLabel().get(label.name())));
        label.calibration().ifPresent(c -> json.set("calibration", calibration(c)));
        label.scaled().ifPresent(c -> json.set("calibration_after_temperature", calibration(c)));
        if (!label.points().isEmpty()) {
            ObjectNode thresholds = json.putObject("thresholds");
            label.points().forEach((rule, point) -> thresholds.set(rule, point(point)));
        }
        return json;
    }

    /** A value and those of its intervals that can be told. */
    private void put(
            ObjectNode json, String name, double value, Optional<Estimate> deLong, Optional<Estimate> resampled) {
        if (!Double.isFinite(value)) {
            return;
        }
        ObjectNode estimate = json.putObject(name).put("value", value);
        deLong.ifPresent(e -> interval(estimate, "delong", e.low(), e.high()));
        resampled
                .filter(e -> Double.isFinite(e.low()))
                .ifPresent(e -> interval(estimate, bootstrap, e.low(), e.high()));
    }

    private static void interval(ObjectNode json, String name, double low, double high) {
        json.putArray(name).add(low).add(high);
    }

    private static ObjectNode calibration(Calibration calibration) {
        ObjectNode json = Json.object();
        json.put("expected_error", calibration.expectedError());
        json.put("maximum_error", calibration.maximumError());
        json.put("brier", calibration.brier());
        ArrayNode bins = json.putArray("bins");
        for (Calibration.Bin bin : calibration.bins()) {
            ObjectNode entry = bins.addObject();
            entry.put("from", bin.from());
            entry.put("to", bin.to());
            entry.put("mean_probability", bin.meanProbability());
            proportion(entry, "frequency", bin.share(Evaluation.LEVEL));
            entry.put("pictures", bin.samples());
        }
        return json;
    }

    private ObjectNode temperature(Evaluation.Scaling scaling) {
        ObjectNode json = Json.object();
        json.put("temperature", scaling.loss().temperature());
        numbers.choices()
                .decision()
                .flatMap(decision -> decision.fittedOn())
                .ifPresent(origin -> json.put("fitted_on", origin.split()));
        json.put("loss_before", scaling.loss().lossBefore());
        json.put("loss_after", scaling.loss().lossAfter());
        json.set("calibration", calibration(scaling.calibration()));
        return json;
    }

    private static ObjectNode point(OperatingPoint point) {
        ObjectNode json = Json.object();
        json.put("threshold", point.threshold());
        proportion(json, "sensitivity", point.sensitivity());
        proportion(json, "specificity", point.specificity());
        proportion(json, "ppv", point.ppv());
        proportion(json, "npv", point.npv());
        proportion(json, "accuracy", point.accuracy());
        json.put("f1", point.f1());
        return json;
    }

    private static void proportion(ObjectNode json, String name, Proportion share) {
        if (share.trials() > 0) {
            ObjectNode entry = json.putObject(name).put("value", share.value());
            interval(entry, "wilson", share.low(), share.high());
            entry.put("of", share.trials());
        }
    }

    private ObjectNode group(Subgroups.Group group) {
        ObjectNode json = Json.object();
        json.put("column", group.column());
        json.put("group", group.group());
        json.put("pictures", group.samples());
        Bootstrap.Intervals resampled = group.bootstrap();
        if (numbers.patientsKnown()) {
            json.put("patients", resampled.clusters());
        }
        boolean told = resampled.clusters() >= Evaluation.FEWEST_PATIENTS;
        Optional<Estimate> macro = Optional.ofNullable(resampled.averages().get("macro"));
        put(
                json,
                "macro_roc_auc",
                macro.map(Estimate::value).orElse(Double.NaN),
                Optional.empty(),
                macro.filter(e -> told));
        ObjectNode labels = json.putObject("roc_auc");
        resampled
                .perLabel()
                .forEach((label, estimate) -> put(
                        labels,
                        label,
                        estimate.value(),
                        Optional.ofNullable(group.deLong().get(label)).filter(e -> !Double.isNaN(e.standardError())),
                        Optional.of(estimate).filter(e -> told)));
        return json;
    }

    private ObjectNode coOccurrence() {
        ObjectNode json = Json.object();
        ArrayNode names = json.putArray("labels");
        numbers.counts().labels().forEach(names::add);
        ArrayNode rows = json.putArray("together");
        for (long[] row : numbers.counts().together()) {
            ArrayNode cells = rows.addArray();
            for (long count : row) {
                cells.add(count);
            }
        }
        return json;
    }
}
