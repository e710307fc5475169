package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.Datasets;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.evaluate.DatasetFit;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.ModelEvaluations;
import io.vit4j.evaluate.Predictions;
import io.vit4j.evaluate.RankLayout;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.infer.Decision;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.ThresholdRule;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.torch.Device;
import io.vit4j.train.arguments.TrainingArguments.ReportImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A tuned model measured on a split of a prepared data set. Its folder keeps {@code eval_results.json}, the predictions, the
 * evaluation, and, of the validation split, temperature and thresholds in {@code decision.json}, if it has none yet.
 *
 * <pre>{@code
 * Evaluated test = Vit4j.evaluate(Path.of("tuned")).on(Path.of("dataset")).split(Split.TEST).run(Progress.NONE).orElseThrow();
 * System.out.println(test.evaluation().rocAuc().macro());
 * }</pre>
 */
public final class EvaluateRequest {
    private static final Logger LOG = LoggerFactory.getLogger(EvaluateRequest.class);

    private final Path folder;
    private Optional<Path> dataset = Optional.empty();
    private String split = Split.VALIDATION;
    private int mostSamples = Integer.MAX_VALUE;
    private Predictor.Settings settings = Predictor.Settings.defaults();
    private Optional<Device> device = Optional.empty();
    private RankLayout layout = RankLayout.REPLICAS;
    private Optional<ThresholdRule> calibrate = Optional.empty();
    private Optional<Path> predictions = Optional.empty();
    private ReportImages pictures = ReportImages.AUTO;

    EvaluateRequest(Path folder) {
        this.folder = folder;
    }

    /** The prepared data set, which must be given. */
    public EvaluateRequest on(Path prepared) {
        dataset = Optional.of(prepared);
        return this;
    }

    /** {@code train}, {@code validation} (the default) or {@code test}. */
    public EvaluateRequest split(String name) {
        split = name;
        return this;
    }

    /** Only the first pictures of the split; by default all. */
    public EvaluateRequest samples(int most) {
        mostSamples = most;
        return this;
    }

    /** How to compute; by default in float32 on every core. */
    public EvaluateRequest settings(Predictor.Settings chosen) {
        settings = chosen;
        return this;
    }

    /** Where to compute; by default on an NVIDIA GPU if this build can use one, else on the CPU. */
    public EvaluateRequest device(Device chosen) {
        device = Optional.of(chosen);
        return this;
    }

    /** How the work is shared out, if this process is one of several ranks. */
    public EvaluateRequest layout(RankLayout ranks) {
        layout = ranks;
        return this;
    }

    /** Fits temperature and thresholds again, also if the model has some; on the validation split only. */
    public EvaluateRequest calibrate(ThresholdRule rule) {
        calibrate = Optional.of(rule);
        return this;
    }

    /** Also writes the predictions into this CSV file. */
    public EvaluateRequest predictions(Path csv) {
        predictions = Optional.of(csv);
        return this;
    }

    /** Whether a report shows pictures; by default only those of public data. */
    public EvaluateRequest reportImages(ReportImages which) {
        pictures = which;
        return this;
    }

    /** Does it; empty on ranks other than the first, which only help. */
    public Optional<Evaluated> run(Progress.Factory progress) {
        Path prepared = dataset.orElseThrow(
                () -> new InputException("evaluate " + folder + ": no data set was given; name a prepared one"));
        if (calibrate.isPresent() && !split.equals(Split.VALIDATION)) {
            throw new InputException(
                    "temperature and thresholds can be fitted only on the validation split; leave out either"
                            + " --split " + split + " or --calibrate and --threshold-rule");
        }
        try (ArrowDataset data = ArrowDataset.open(prepared)
                .inOrderOf(Pretrained.definition(folder).labels())) {
            ProblemType type = data.info().problemType();
            if (calibrate.isPresent() && type == ProblemType.REGRESSION) {
                throw new InputException(
                        "a regression predicts numbers, which have neither a temperature nor thresholds;"
                                + " leave out --calibrate and --threshold-rule");
            }
            int[] rows;
            Optional<Predictor.Predicted> made;
            double seconds;
            Predictions predictor = new Predictions(settings, layout);
            try (VisionModel model = Pretrained.load(
                            folder, Pretrained.Options.asItIs(device(), type), predictor.weightsHere())
                    .model()) {
                DatasetFit.requireLabels(prepared, data.labels().names(), folder, model.labels());
                DatasetFit.requirePictures(prepared, data.info(), folder, model.definition());
                rows = rows(prepared, data);
                long start = System.nanoTime();
                made = predictor.of(model, Datasets.subset(data, rows), CentreCrop.of(data.info()), progress);
                seconds = (System.nanoTime() - start) / 1e9;
            }
            return made.map(predicted -> evaluated(data, rows, predicted, seconds));
        }
    }

    private Device device() {
        return device.orElseGet(() -> RankEnvironment.device("auto"));
    }

    private int[] rows(Path prepared, ArrowDataset data) {
        int[] rows = data.rows(split);
        if (rows.length == 0) {
            throw InputException.in(
                    prepared, "has no pictures in its split '" + split + "'; name another with --split");
        }
        return Arrays.copyOf(rows, Math.min(rows.length, mostSamples));
    }

    private Evaluated evaluated(ArrowDataset data, int[] rows, Predictor.Predicted predicted, double seconds) {
        SplitPredictions made = SplitPredictions.of(split, data.labels().names(), data, rows, predicted.prediction());
        Metrics metrics = Metrics.ofEvaluation(
                        predicted.loss(),
                        MetricFunction.of(
                                        data.info().problemType(), data.labels().names())
                                .compute(predicted.prediction()),
                        rows.length,
                        seconds)
                .with("eval_samples", rows.length);
        DurableFiles.SYSTEM.write(
                folder.resolve("eval_results.json"),
                metrics.toJson()
                        .with("eval_samples", rows.length)
                        .with("eval_split", split)
                        .pretty());
        predictions.ifPresent(file -> made.predictions().write(DurableFiles.SYSTEM, file.toAbsolutePath()));
        if (split.equals(Split.VALIDATION) && !made.prediction().regression()) {
            decide(made);
        }
        long start = System.nanoTime();
        Evaluation evaluation = ModelEvaluations.keep(folder, made, data);
        Reporter.EvaluatedModel told = new Reporter.EvaluatedModel(
                folder, evaluation, data, device(), pictures, (System.nanoTime() - start) / 1e9);
        return new Evaluated(folder, split, metrics, evaluation, report(told));
    }

    /** Tells every reporter of an evaluation that is reported, and returns the first page. */
    static Optional<Path> report(Reporter.EvaluatedModel told) {
        if (told.evaluation().measured().split().equals(Split.TRAIN)) {
            return Optional.empty();
        }
        return Reporter.all().stream()
                .map(reporter -> reporter.evaluated(told))
                .flatMap(Optional::stream)
                .reduce((first, other) -> first);
    }

    /** Keeps temperature and thresholds with a model that has none, or if that was asked for. */
    private void decide(SplitPredictions made) {
        Path kept = folder.resolve(Decision.FILE);
        if (calibrate.isPresent() || !Files.exists(kept)) {
            ThresholdRule rule = calibrate.orElse(ThresholdRule.YOUDEN);
            Decision.fit(made.prediction(), made.labels(), rule, split).write(DurableFiles.SYSTEM, folder);
            LOG.info("Temperature and thresholds ({}), fitted on {}: {}", rule, split, kept);
        }
    }
}
