package io.vit4j.evaluate;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
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
import io.vit4j.metrics.RegressionScores;
import io.vit4j.metrics.RocAuc;
import io.vit4j.metrics.RocCurve;
import io.vit4j.metrics.Subgroups;
import io.vit4j.metrics.TemperatureScaling;
import io.vit4j.metrics.Thresholds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * How good a model is on a split of a data set: areas, curves, calibration, thresholds and groups, with their intervals. From it
 * come the files of a tuned model's folder, the tables of a terminal, the report and the model card.
 *
 * <pre>{@code
 * Evaluation evaluation = Evaluation.of(predictions).rounds(1000).compute();
 * System.out.println(evaluation.rocAuc().macro());
 * }</pre>
 *
 * @param measured the predictions and what is known of their samples
 * @param title what the split may be called; see {@link CheckpointChoice#title}
 * @param labels one a label
 * @param averages over the labels
 * @param resampled intervals by the bootstrap, and groups; empty if no rounds were asked for
 * @param counts labels and their co-occurrence
 * @param calibration of the logits as they are, over all (sample, label) pairs or of the class held for most probable
 * @param scaling what the temperature does; empty if there is none
 * @param choices the thresholds, and where they were chosen
 * @param walkthrough the number of the 2022 walkthrough, computed as it was there; empty for single-label data
 * @param regression errors and correlations of a regression, which has no labels, areas, calibration or thresholds; else
 *     empty
 */
public record Evaluation(
        SplitPredictions measured,
        String title,
        List<Label> labels,
        Averages averages,
        Optional<Resampled> resampled,
        LabelCounts counts,
        Optional<Calibration> calibration,
        Optional<Scaling> scaling,
        ThresholdChoices choices,
        Optional<WalkthroughsNumber> walkthrough,
        Optional<RegressionScores> regression) {

    /** Of the intervals. */
    public static final double LEVEL = 0.95;

    /** Resamples of the bootstrap in files and reports. */
    public static final int ROUNDS = 1000;

    /** Fewer patients than this are no group that an interval could be told of. */
    public static final int FEWEST_PATIENTS = 10;

    private static final int BINS = 10;

    /**
     * One label.
     *
     * @param name of the label
     * @param positives samples that have it
     * @param negatives samples that have it not
     * @param unknown samples of which it is not known
     * @param auc DeLong's estimate; empty if the label has one class only, and then so are curve and thresholds
     * @param averagePrecision NaN without positives
     * @param roc the ROC curve
     * @param precisionRecall the precision-recall curve
     * @param calibration of the logits as they are
     * @param scaled the same after the temperature; empty if there is none
     * @param points by the titles of {@link ThresholdChoices}, what the thresholds come to here
     */
    public record Label(
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
        /** {@return the share of positives among the samples of which the label is known} */
        public double prevalence() {
            return positives / (double) (positives + negatives);
        }
    }

    /**
     * AUROC over all labels.
     *
     * @param areas macro, findings, weighted: averages of AUROC, of raw scores or (single-label) softmax probabilities
     * @param micro AUROC over all (sample, label) pairs
     * @param softmax the averages of softmax scores, as the 2022 walkthrough computed them
     * @param deLong the averages' intervals by DeLong's variance
     */
    public record Averages(
            RocAuc areas, OptionalDouble micro, RocAuc softmax, Map<AverageDeLong.Average, Estimate> deLong) {}

    /**
     * What the bootstrap adds.
     *
     * @param rocAuc AUROC with its intervals
     * @param averagePrecision average precision with its intervals
     * @param subgroups AUROC by sex, age and so on
     */
    public record Resampled(
            Bootstrap.Intervals rocAuc, Bootstrap.Intervals averagePrecision, List<Subgroups.Group> subgroups) {}

    /**
     * A temperature measured here.
     *
     * @param loss before and after it
     * @param calibration after it
     */
    public record Scaling(TemperatureScaling loss, Calibration calibration) {}

    /** Begins an evaluation of these predictions. */
    public static Builder of(SplitPredictions measured) {
        return new Builder(measured);
    }

    /** Settings of an evaluation; each method returns this builder. */
    public static final class Builder {
        private final SplitPredictions measured;
        private ThresholdChoices choices = ThresholdChoices.NONE;
        private String title;
        private int rounds;
        private OptionalInt patientsInTwoSplits = OptionalInt.empty();

        private Builder(SplitPredictions measured) {
            this.measured = measured;
            this.title = measured.split();
        }

        /** Thresholds and temperature, chosen elsewhere or on validation; by default none. */
        public Builder choices(ThresholdChoices chosen) {
            choices = chosen;
            return this;
        }

        /** What the split may be called; by default its name. */
        public Builder title(String name) {
            title = name;
            return this;
        }

        /** Rounds of the bootstrap; by default none. */
        public Builder rounds(int count) {
            rounds = count;
            return this;
        }

        /** How many patients have pictures in more than one split of the data set; by default that is not known. */
        public Builder patientsInTwoSplits(int patients) {
            patientsInTwoSplits = OptionalInt.of(patients);
            return this;
        }

        /** Computes all of it. */
        public Evaluation compute() {
            return Evaluation.compute(this);
        }
    }

    private static Evaluation compute(Builder asked) {
        SplitPredictions measured = asked.measured;
        if (measured.prediction().regression()) {
            return ofNumbers(asked);
        }
        ThresholdChoices choices = asked.choices;
        EvalPrediction given = measured.prediction();
        EvalPrediction prediction = given.ranked();
        List<String> names = measured.labels();
        EvalPrediction raw = given.probabilities();
        Optional<EvalPrediction> scaled = choices.decision().map(decision -> decision.probabilities(given));
        LabelCounts counts = LabelCounts.of(names, prediction);
        List<Label> labels = IntStream.range(0, names.size())
                .parallel()
                .mapToObj(j -> label(names.get(j), j, prediction, raw, scaled, choices, counts))
                .toList();
        Averages averages = new Averages(
                RocAuc.of(prediction, names),
                RocAuc.micro(prediction, names),
                RocAuc.of(prediction.softmax(), names),
                deLong(prediction, names));
        return new Evaluation(
                measured,
                asked.title,
                labels,
                averages,
                asked.rounds < 2 ? Optional.empty() : Optional.of(resampled(measured, asked.rounds)),
                counts,
                overall(raw),
                choices.decision().flatMap(decision -> scaling(decision, given)),
                choices,
                WalkthroughsNumber.of(averages, prediction.singleLabel(), asked.title, asked.patientsInTwoSplits),
                Optional.empty());
    }

    private static Evaluation ofNumbers(Builder asked) {
        SplitPredictions measured = asked.measured;
        RegressionScores scores = asked.rounds < 2
                ? RegressionScores.of(measured.prediction(), measured.labels())
                : bootstrap(measured, asked.rounds)
                        .regression(
                                measured.prediction(),
                                measured.labels(),
                                measured.groups().clusters());
        RocAuc none = new RocAuc(Map.of(), List.of(), Double.NaN, Double.NaN, Double.NaN);
        return new Evaluation(
                measured,
                asked.title,
                List.of(),
                new Averages(none, OptionalDouble.empty(), none, Map.of()),
                Optional.empty(),
                new LabelCounts.Builder(List.of()).build(),
                Optional.empty(),
                Optional.empty(),
                ThresholdChoices.NONE,
                Optional.empty(),
                Optional.of(scores));
    }

    private static Bootstrap bootstrap(SplitPredictions measured, int rounds) {
        return new Bootstrap(rounds, LEVEL, RandomKey.of(0).with("report").with(measured.split()));
    }

    private static Resampled resampled(SplitPredictions measured, int rounds) {
        EvalPrediction prediction = measured.prediction().ranked();
        List<String> names = measured.labels();
        int[] clusters = measured.groups().clusters();
        Bootstrap bootstrap = bootstrap(measured, rounds);
        return new Resampled(
                bootstrap.rocAuc(prediction, names, clusters),
                bootstrap.averagePrecision(prediction, names, clusters),
                subgroups(prediction, names, measured.groups(), bootstrap));
    }

    /** {@return pictures} */
    public int samples() {
        return measured.prediction().samples();
    }

    /** {@return patients, or pictures if patients are not known} */
    public int patients() {
        return measured.groups().patients();
    }

    /** Whether the bootstrap draws patients. */
    public boolean patientsKnown() {
        return measured.groups().patientsKnown();
    }

    /** Whether every sample has one class. */
    public boolean singleLabel() {
        return measured.prediction().singleLabel();
    }

    /** {@return AUROC of raw scores: per label, macro, of the findings, weighted} */
    public RocAuc rocAuc() {
        return averages.areas();
    }

    /** {@return AUROC with intervals by the bootstrap; empty without rounds} */
    public Optional<Bootstrap.Intervals> intervals() {
        return resampled.map(Resampled::rocAuc);
    }

    /** {@return average precision with intervals by the bootstrap; empty without rounds} */
    public Optional<Bootstrap.Intervals> precision() {
        return resampled.map(Resampled::averagePrecision);
    }

    /** {@return AUROC by group; none without rounds} */
    public List<Subgroups.Group> subgroups() {
        return resampled.map(Resampled::subgroups).orElse(List.of());
    }

    /** {@return temperature and thresholds that predictions go by; empty if there are none} */
    public Optional<Decision> decision() {
        return choices.decision();
    }

    /** The file that {@link #write} writes into a model's folder. */
    public static Path file(Path folder, String split) {
        return folder.resolve("evaluation-" + split + ".json");
    }

    /** Writes {@code evaluation-SPLIT.json} into a model's folder. */
    public void write(DurableFiles files, Path folder) {
        files.ofPatients().write(file(folder, measured.split()), toJson().pretty());
    }

    /** Everything, per label, averaged and by group, with intervals. */
    public JsonObject toJson() {
        return measured.method().addTo(Json.typed(new EvaluationJson(this).write(), "evaluation"));
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
