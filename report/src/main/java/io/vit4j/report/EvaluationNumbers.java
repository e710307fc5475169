package io.vit4j.report;

import io.vit4j.base.RandomKey;
import io.vit4j.infer.Decision;
import io.vit4j.metrics.AverageDeLong;
import io.vit4j.metrics.Bootstrap;
import io.vit4j.metrics.Calibration;
import io.vit4j.metrics.DeLong;
import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.LabelCounts;
import io.vit4j.metrics.OperatingPoint;
import io.vit4j.metrics.PrecisionRecallCurve;
import io.vit4j.metrics.RocAuc;
import io.vit4j.metrics.RocCurve;
import io.vit4j.metrics.Subgroups;
import io.vit4j.metrics.TemperatureScaling;
import io.vit4j.metrics.Thresholds;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Everything a report says of one split's predictions.
 *
 * @param split what it may be called
 * @param samples pictures
 * @param patients patients, or pictures where patients are not known
 * @param patientsKnown whether the bootstrap draws patients
 * @param labels one a label
 * @param areas macro, findings, weighted: averages of AUROC, of raw scores or (single-label) softmax probabilities
 * @param micro AUROC over all (sample, label) pairs
 * @param softmax the same averages of softmax scores, as the walkthrough computed them
 * @param deLong the averages' intervals by DeLong's variance
 * @param intervals of AUROC by the bootstrap; empty while a run goes on
 * @param precision average precision with the bootstrap's intervals; empty while a run goes on
 * @param counts labels and their co-occurrence
 * @param calibration of the logits as they are, over all (sample, label) pairs or of the class held for most probable
 * @param scaling what the temperature does; empty where there is none
 * @param choices the thresholds, and where they were chosen
 * @param subgroups AUROC by sex, age and so on; none while a run goes on
 */
record EvaluationNumbers(
        String split,
        int samples,
        int patients,
        boolean patientsKnown,
        boolean singleLabel,
        List<Label> labels,
        RocAuc areas,
        OptionalDouble micro,
        RocAuc softmax,
        Map<AverageDeLong.Average, Estimate> deLong,
        Optional<Bootstrap.Intervals> intervals,
        Optional<Bootstrap.Intervals> precision,
        LabelCounts counts,
        Optional<Calibration> calibration,
        Optional<Scaling> scaling,
        ThresholdChoices choices,
        List<Subgroups.Group> subgroups) {

    static final double LEVEL = 0.95;
    private static final int BINS = 10;

    /** Fewer patients than this are no group that an interval could be told of. */
    static final int FEWEST_PATIENTS = 10;

    /**
     * One label.
     *
     * @param auc DeLong's estimate; empty where the label has one class only, and then so are curve and thresholds
     * @param averagePrecision NaN without positives
     * @param calibration of the logits as they are
     * @param scaled the same after the temperature; empty where there is none
     * @param points by the titles of {@link ThresholdChoices}, what the thresholds come to here
     */
    record Label(
            String name,
            long positives,
            long negatives,
            long unknown,
            Optional<Estimate> auc,
            double averagePrecision,
            Optional<RocCurve> roc,
            Optional<PrecisionRecallCurve> precisionRecall,
            Optional<Calibration> calibration,
            Optional<Calibration> scaled,
            Map<String, OperatingPoint> points) {
        double prevalence() {
            return positives / (double) (positives + negatives);
        }
    }

    /**
     * A temperature measured here.
     *
     * @param loss before and after it
     * @param calibration after it
     */
    record Scaling(TemperatureScaling loss, Calibration calibration) {}

    /**
     * @param measured what is measured
     * @param choices thresholds and temperature, chosen elsewhere or on validation
     * @param title what the split may be called
     * @param rounds of the bootstrap; 0 for none
     */
    static EvaluationNumbers of(RunData.Evaluation measured, ThresholdChoices choices, String title, int rounds) {
        EvalPrediction given = measured.predictions().prediction();
        EvalPrediction prediction = given.ranked();
        List<String> names = measured.predictions().labels();
        EvalPrediction raw = given.probabilities();
        Optional<EvalPrediction> scaled = choices.decision().map(decision -> decision.probabilities(given));
        LabelCounts counts = LabelCounts.of(names, prediction);
        List<Label> labels = IntStream.range(0, names.size())
                .parallel()
                .mapToObj(j -> label(names.get(j), j, prediction, raw, scaled, choices, counts))
                .toList();
        Optional<Bootstrap> bootstrap = rounds < 2
                ? Optional.empty()
                : Optional.of(new Bootstrap(
                        rounds, LEVEL, RandomKey.of(0).with("report").with(measured.split())));
        int[] clusters = measured.groups().clusters();
        return new EvaluationNumbers(
                title,
                prediction.samples(),
                measured.groups().patients(),
                measured.groups().patientsKnown(),
                prediction.singleLabel(),
                labels,
                RocAuc.of(prediction, names),
                RocAuc.micro(prediction, names),
                RocAuc.of(prediction.softmax(), names),
                deLong(prediction, names),
                bootstrap.map(b -> b.rocAuc(prediction, names, clusters)),
                bootstrap.map(b -> b.averagePrecision(prediction, names, clusters)),
                counts,
                overall(raw),
                choices.decision().flatMap(decision -> scaling(decision, given)),
                choices,
                bootstrap
                        .map(b -> subgroups(prediction, names, measured.groups(), b))
                        .orElse(List.of()));
    }

    private static Map<AverageDeLong.Average, Estimate> deLong(EvalPrediction prediction, List<String> names) {
        Map<AverageDeLong.Average, Estimate> intervals = new EnumMap<>(AverageDeLong.Average.class);
        for (AverageDeLong.Average average : AverageDeLong.Average.values()) {
            AverageDeLong.interval(prediction, names, average, LEVEL)
                    .filter(estimate -> !Double.isNaN(estimate.standardError()))
                    .ifPresent(estimate -> intervals.put(average, estimate));
        }
        return intervals;
    }

    private static Optional<Scaling> scaling(Decision decision, EvalPrediction prediction) {
        return overall(decision.probabilities(prediction))
                .map(calibration -> new Scaling(decision.lossOn(prediction), calibration));
    }

    private static Label label(
            String name,
            int j,
            EvalPrediction prediction,
            EvalPrediction raw,
            Optional<EvalPrediction> scaled,
            ThresholdChoices choices,
            LabelCounts counts) {
        float[] scores = prediction.scores(j);
        float[] truth = prediction.truth(j);
        boolean bothClasses = counts.positives()[j] > 0 && counts.negatives()[j] > 0;
        boolean known = counts.positives()[j] + counts.negatives()[j] > 0;
        return new Label(
                name,
                counts.positives()[j],
                counts.negatives()[j],
                counts.unknown()[j],
                bothClasses ? Optional.of(DeLong.interval(scores, truth, LEVEL)) : Optional.empty(),
                PrecisionRecallCurve.averagePrecision(scores, truth).orElse(Double.NaN),
                bothClasses ? Optional.of(RocCurve.of(scores, truth, true)) : Optional.empty(),
                bothClasses ? Optional.of(PrecisionRecallCurve.of(scores, truth)) : Optional.empty(),
                known ? Optional.of(calibration(raw.scores(j), truth)) : Optional.empty(),
                known ? scaled.map(s -> calibration(s.scores(j), truth)) : Optional.empty(),
                bothClasses ? points(name, scaled.orElse(raw).scores(j), truth, choices) : Map.of());
    }

    private static Calibration calibration(float[] probabilities, float[] truth) {
        return Calibration.of(probabilities, truth, BINS, Calibration.Edges.UNIFORM);
    }

    /** Thresholds were chosen where choosing is allowed, and are measured here. */
    private static Map<String, OperatingPoint> points(
            String label, float[] probabilities, float[] truth, ThresholdChoices choices) {
        Thresholds meter = new Thresholds(probabilities, truth, LEVEL);
        Map<String, OperatingPoint> points = new LinkedHashMap<>();
        choices.thresholds().forEach((rule, ofLabel) -> {
            if (ofLabel.containsKey(label)) {
                points.put(rule, meter.at(rule, ofLabel.get(label)));
            }
        });
        return points;
    }

    /** Over all pairs of multi-label data; of single-label data, that of the class held for most probable. */
    private static Optional<Calibration> overall(EvalPrediction probabilities) {
        if (!probabilities.hasKnown()) {
            return Optional.empty();
        }
        return Optional.of(
                probabilities.singleLabel()
                        ? Calibration.ofTopLabel(probabilities, BINS, Calibration.Edges.UNIFORM)
                        : calibration(probabilities.predictions(), probabilities.labelIds()));
    }

    private static List<Subgroups.Group> subgroups(
            EvalPrediction prediction, List<String> names, SampleGroups groups, Bootstrap bootstrap) {
        List<Subgroups.Group> all = new ArrayList<>();
        for (Map.Entry<String, List<String>> column : groups.columns().entrySet()) {
            all.addAll(
                    Subgroups.of(prediction, names, column.getKey(), column.getValue(), groups.clusters(), bootstrap));
        }
        return all;
    }
}
