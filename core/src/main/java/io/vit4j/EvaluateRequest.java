package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.Int8Cost;
import io.vit4j.evaluate.ModelEvaluations;
import io.vit4j.evaluate.PredictionMethod;
import io.vit4j.evaluate.RankLayout;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.infer.Decision;
import io.vit4j.infer.Ensemble;
import io.vit4j.infer.Predictor;
import io.vit4j.infer.TestTimeAugmentation;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.ThresholdRule;
import io.vit4j.model.Pretrained;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.train.arguments.TrainingArguments.ReportImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A tuned model, or an ensemble of several, measured on a split of a prepared data set. Its folder keeps {@code eval_results.json}, the predictions, the
 * evaluation, and, of the validation split, temperature and thresholds in {@code decision.json}, if it has none yet.
 *
 * <pre>{@code
 * Evaluated test = Vit4j.evaluate(Path.of("tuned")).on(Path.of("dataset")).split(Split.TEST).run(Progress.NONE).orElseThrow();
 * System.out.println(test.evaluation().rocAuc().macro());
 * }</pre>
 */
public final class EvaluateRequest {
    private static final Logger LOG = LoggerFactory.getLogger(EvaluateRequest.class);

    private final List<Path> models;
    private Optional<Path> output = Optional.empty();
    private Optional<String> weights = Optional.empty();
    private TestTimeAugmentation tta = TestTimeAugmentation.NONE;
    private Optional<Path> dataset = Optional.empty();
    private String split = Split.VALIDATION;
    private int mostSamples = Integer.MAX_VALUE;
    private Predictor.Settings settings = Predictor.Settings.defaults();
    private Optional<Device> device = Optional.empty();
    private RankLayout layout = RankLayout.REPLICAS;
    private Optional<ThresholdRule> calibrate = Optional.empty();
    private Optional<Path> predictions = Optional.empty();
    private ReportImages pictures = ReportImages.AUTO;
    private UnaryOperator<ArrowDataset> splits = UnaryOperator.identity();

    EvaluateRequest(List<Path> models) {
        this.models = List.copyOf(models);
    }

    /** The folder of an ensemble, which is required for several models: it will stand for them, and contains the evaluation's files. */
    public EvaluateRequest output(Path ensemble) {
        output = Optional.of(ensemble);
        return this;
    }

    /**
     * The weights of an ensemble's models.
     *
     * @param how {@code equal} (the default), {@code fitted} for the lowest log loss on the validation split, or numbers such as
     *     {@code 0.3,0.7}
     */
    public EvaluateRequest ensembleWeights(String how) {
        weights = Optional.of(how);
        return this;
    }

    /** Averages the logits of several views of each picture; by default there is one. */
    public EvaluateRequest tta(TestTimeAugmentation views) {
        tta = views;
        return this;
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

    /** Divides the data set's pictures in another way. */
    EvaluateRequest splits(UnaryOperator<ArrowDataset> division) {
        splits = division;
        return this;
    }

    /** Does it; empty on ranks other than the first, which only help. */
    public Optional<Evaluated> run(Progress.Factory progress) {
        EnsembleChoice ensemble = EnsembleChoice.of(models, weights);
        Path folder = ensemble.isOne() ? ensemble.models().get(0) : ensemble.folder(output);
        Path prepared = dataset.orElseThrow(
                () -> new InputException("evaluate " + folder + ": no data set was given; name a prepared one"));
        if (calibrate.isPresent() && !split.equals(Split.VALIDATION)) {
            throw new InputException(
                    "temperature and thresholds can be fitted only on the validation split; leave out either"
                            + " --split " + split + " or --calibrate and --threshold-rule");
        }
        if (ensemble.isOne() && output.isPresent()) {
            throw new InputException("--output is for an ensemble; the files of a single model's evaluation are written"
                    + " into its own folder");
        }
        try (ArrowDataset data = splits.apply(ArrowDataset.open(prepared))
                .inOrderOf(Pretrained.definition(ensemble.models().get(0)).labels())) {
            ProblemType type = data.info().problemType();
            if (calibrate.isPresent() && type == ProblemType.REGRESSION) {
                throw new InputException(
                        "a regression predicts numbers, which have neither a temperature nor thresholds;"
                                + " leave out --calibrate and --threshold-rule");
            }
            ModelPredictions predictor =
                    new ModelPredictions(prepared, data, tta, !ensemble.isOne(), settings, layout, device());
            tta.noteSides(data.labels().names());
            int[] rows = rows(prepared, data);
            long start = System.nanoTime();
            PredictionMethod method =
                    PredictionMethod.of(tta.toString(), predictor.views().size());
            if (ensemble.isOne()) {
                return predictor.of(folder, rows, progress).map(predicted -> {
                    double seconds = (System.nanoTime() - start) / 1e9;
                    PredictionMethod how = beside(
                            method,
                            predicted.prediction(),
                            data,
                            () -> inFloat32(predictor)
                                    .of(folder, rows, progress)
                                    .orElseThrow()
                                    .prediction());
                    return evaluated(folder, data, rows, predicted, how, seconds);
                });
            }
            List<EvalPrediction> members = predictor.ofAll(ensemble.models(), rows, progress);
            int[] validation = data.rows(Split.VALIDATION);
            Ensemble weighted = ensemble.weighted(() -> {
                if (validation.length == 0) {
                    throw InputException.in(
                            prepared, "has no validation split to fit weights on; use equal weights, or give them");
                }
                return Arrays.equals(rows, validation)
                        ? members
                        : predictor.ofAll(ensemble.models(), validation, progress);
            });
            EvalPrediction pooled = weighted.pooled(members);
            double seconds = (System.nanoTime() - start) / 1e9;
            ensemble.keep(folder, weighted);
            return Optional.of(evaluated(
                    folder,
                    data,
                    rows,
                    new Predictor.Predicted(pooled, pooled.meanLoss()),
                    beside(
                            method.by(weighted),
                            pooled,
                            data,
                            () -> weighted.pooled(inFloat32(predictor).ofAll(ensemble.models(), rows, progress))),
                    seconds));
        }
    }

    /** What int8 costs these predictions, if they were made in it. */
    private PredictionMethod beside(
            PredictionMethod method, EvalPrediction own, ArrowDataset data, Supplier<EvalPrediction> float32) {
        return settings.dtype() == Dtype.INT8 && !own.regression()
                ? method.in(Int8Cost.of(own, float32.get(), data.labels().names()))
                : method;
    }

    private ModelPredictions inFloat32(ModelPredictions predictor) {
        return new ModelPredictions(
                predictor.prepared(),
                predictor.data(),
                tta,
                predictor.ofEnsemble(),
                settings.withDtype(Dtype.FLOAT32),
                layout,
                predictor.device());
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

    private Evaluated evaluated(
            Path folder,
            ArrowDataset data,
            int[] rows,
            Predictor.Predicted predicted,
            PredictionMethod method,
            double seconds) {
        SplitPredictions made = SplitPredictions.of(split, data.labels().names(), data, rows, predicted.prediction())
                .by(method);
        Metrics own = Metrics.ofEvaluation(
                        predicted.loss(),
                        MetricFunction.of(
                                        data.info().problemType(), data.labels().names())
                                .compute(predicted.prediction()),
                        rows.length,
                        seconds)
                .with("eval_samples", rows.length);
        Metrics metrics = method.int8()
                .filter(Int8Cost::isDefined)
                .map(cost -> own.with("eval_roc_auc_float32", cost.float32()))
                .orElse(own);
        DurableFiles.SYSTEM.write(
                folder.resolve("eval_results.json"),
                metrics.toJson()
                        .with("eval_samples", rows.length)
                        .with("eval_split", split)
                        .pretty());
        predictions.ifPresent(file -> made.predictions().write(DurableFiles.SYSTEM, file.toAbsolutePath()));
        if (split.equals(Split.VALIDATION) && !made.prediction().regression()) {
            decide(folder, made);
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
    private void decide(Path folder, SplitPredictions made) {
        Path kept = folder.resolve(Decision.FILE);
        if (calibrate.isPresent() || !Files.exists(kept)) {
            ThresholdRule rule = calibrate.orElse(ThresholdRule.YOUDEN);
            Decision.fit(made.prediction(), made.labels(), rule, split).write(DurableFiles.SYSTEM, folder);
            LOG.info("Temperature and thresholds ({}), fitted on {}: {}", rule, split, kept);
        }
    }
}
