package io.vit4j.report;

import io.vit4j.base.RandomKey;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Everything a report says of one split's predictions.
 *
 * @param split its name
 * @param samples pictures
 * @param patients patients, or pictures where patients are not known
 * @param patientsKnown whether the bootstrap draws patients
 * @param labels one a label
 * @param areas macro, findings, weighted: averages of AUROC of raw scores
 * @param micro AUROC over all (sample, label) pairs
 * @param softmax the same averages of softmax scores, as the walkthrough computed them
 * @param intervals of the bootstrap; empty while a run goes on
 * @param counts labels and their co-occurrence
 * @param calibration over all (sample, label) pairs; empty of single-label data
 * @param temperature what scaling the logits would do, fitted on {@code chosenOn}
 * @param chosenOn the split that thresholds and temperature were chosen on; empty where there is none to choose on
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
        Optional<Bootstrap.Intervals> intervals,
        LabelCounts counts,
        Optional<Calibration> calibration,
        Optional<TemperatureScaling> temperature,
        Optional<String> chosenOn,
        List<Subgroups.Group> subgroups) {

    static final double LEVEL = 0.95;
    private static final int BINS = 10;

    /**
     * One label.
     *
     * @param auc DeLong's estimate; empty where the label has one class only, and then so are curve and thresholds
     * @param averagePrecision NaN without positives
     * @param points thresholds: Youden, sensitivity of at least 0.9, specificity of at least 0.9
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
            List<OperatingPoint> points) {
        double prevalence() {
            return positives / (double) (positives + negatives);
        }
    }

    /** The rules by which thresholds are chosen, in the order of {@link Label#points}. */
    static final List<String> RULES = List.of("Youden", "Sensitivity ≥ 0.9", "Specificity ≥ 0.9");

    /**
     * @param measured what is measured
     * @param choice where thresholds and temperature are chosen: the validation split, which may be {@code measured}
     * @param rounds of the bootstrap; 0 for none
     */
    static EvaluationNumbers of(RunData.Evaluation measured, Optional<RunData.Evaluation> choice, int rounds) {
        EvalPrediction prediction = measured.predictions().prediction();
        List<String> names = measured.predictions().labels();
        EvalPrediction probabilities = prediction.probabilities();
        Optional<EvalPrediction> choose =
                choice.map(c -> c.predictions().prediction().probabilities());
        LabelCounts counts = LabelCounts.of(names, prediction);
        List<Label> labels = IntStream.range(0, names.size())
                .parallel()
                .mapToObj(j -> label(names.get(j), j, prediction, probabilities, choose, counts))
                .toList();
        Optional<Bootstrap> bootstrap = rounds < 2
                ? Optional.empty()
                : Optional.of(new Bootstrap(
                        rounds, LEVEL, RandomKey.of(0).with("report").with(measured.split())));
        int[] clusters = measured.groups().clusters();
        Optional<TemperatureScaling> temperature = choice.filter(
                        c -> hasKnown(c.predictions().prediction()))
                .map(c -> TemperatureScaling.fit(c.predictions().prediction()));
        return new EvaluationNumbers(
                measured.split(),
                prediction.samples(),
                measured.groups().patients(),
                measured.groups().patientsKnown(),
                prediction.singleLabel(),
                labels,
                RocAuc.of(prediction, names),
                RocAuc.micro(prediction, names),
                RocAuc.of(prediction.softmax(), names),
                bootstrap.map(b -> b.rocAuc(prediction, names, clusters)),
                counts,
                overall(prediction, probabilities),
                temperature,
                choice.map(RunData.Evaluation::split),
                bootstrap
                        .map(b -> subgroups(prediction, names, measured.groups(), b))
                        .orElse(List.of()));
    }

    private static boolean hasKnown(EvalPrediction prediction) {
        for (float truth : prediction.labelIds()) {
            if (truth >= 0) {
                return true;
            }
        }
        return false;
    }

    private static Label label(
            String name,
            int j,
            EvalPrediction prediction,
            EvalPrediction probabilities,
            Optional<EvalPrediction> choose,
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
                known
                        ? Optional.of(Calibration.of(probabilities.scores(j), truth, BINS, Calibration.Edges.UNIFORM))
                        : Optional.empty(),
                bothClasses ? points(probabilities.scores(j), truth, choose, j) : List.of());
    }

    /** Thresholds are chosen where choosing is allowed, and measured here. */
    private static List<OperatingPoint> points(
            float[] measured, float[] truth, Optional<EvalPrediction> choose, int j) {
        if (choose.isEmpty()) {
            return List.of();
        }
        float[] truthToChoose = choose.get().truth(j);
        if (RocAuc.of(choose.get().scores(j), truthToChoose).isEmpty()) {
            return List.of();
        }
        Thresholds chooser = new Thresholds(choose.get().scores(j), truthToChoose, LEVEL);
        Thresholds meter = new Thresholds(measured, truth, LEVEL);
        List<OperatingPoint> points = new ArrayList<>();
        for (OperatingPoint chosen :
                List.of(chooser.youden(), chooser.atSensitivity(0.9), chooser.atSpecificity(0.9))) {
            points.add(meter.at(chosen.rule(), chosen.threshold()));
        }
        return points;
    }

    /** Over all pairs of multi-label data; of single-label data, that of the class held for most probable. */
    private static Optional<Calibration> overall(EvalPrediction prediction, EvalPrediction probabilities) {
        if (!hasKnown(prediction)) {
            return Optional.empty();
        }
        return Optional.of(
                prediction.singleLabel()
                        ? Calibration.ofTopLabel(prediction, BINS, Calibration.Edges.UNIFORM)
                        : Calibration.of(
                                probabilities.predictions(), prediction.labelIds(), BINS, Calibration.Edges.UNIFORM));
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
