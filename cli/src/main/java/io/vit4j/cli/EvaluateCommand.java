package io.vit4j.cli;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Datasets;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.ModelEvaluations;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.infer.Decision;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.PredictionsFile;
import io.vit4j.metrics.ThresholdRule;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.report.EvaluationText;
import io.vit4j.report.TrainingReport;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j evaluate}: how good a tuned model is on a split of a data set. */
@Command(
        name = "evaluate",
        description = "Measures a tuned model on a split of a prepared data set.",
        footer = {
            "",
            "Prints tables, and writes eval_results.json, evaluation-SPLIT.json and report.html into the model's folder.",
            "If the model has no temperature and thresholds yet, they are fitted on the validation split"
                    + " and stored in",
            "decision.json. Nothing is ever fitted on the test split.",
            "",
            "Examples:",
            "  vit4j evaluate --model tuned --dataset dataset",
            "  vit4j evaluate --model tuned --dataset dataset --split test --json > evaluation.json",
            "  vit4j evaluate --model tuned --dataset dataset --calibrate --threshold-rule sensitivity=0.9",
            "  vit4j launch --nproc-per-node 2 -- evaluate --model tuned --dataset dataset"
        },
        sortOptions = false)
final class EvaluateCommand implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(EvaluateCommand.class);

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Folder of the tuned model.")
    private Path modelFolder;

    @Option(names = "--dataset", required = true, paramLabel = "DATASET", description = "Folder written by prepare.")
    private Path dataset;

    @Option(
            names = "--split",
            paramLabel = "NAME",
            defaultValue = Split.VALIDATION,
            description = "train, validation or test. Default: ${DEFAULT-VALUE}.")
    private String split;

    @Option(
            names = "--predictions",
            paramLabel = "FILE.csv",
            description = "Also write every picture's truth, logits and scores.")
    private Optional<Path> predictions;

    @Option(
            names = "--report-images",
            paramLabel = "auto|none|all",
            defaultValue = "auto",
            description = "Whether the report shows pictures; auto shows only synthetic ones and those of the NIH"
                    + " release. Default: ${DEFAULT-VALUE}.")
    private TrainingArguments.ReportImages reportImages;

    @Option(
            names = "--calibrate",
            description =
                    "Fit temperature and thresholds again on the validation split, and store them with the model.")
    private boolean calibrate;

    @Option(
            names = "--threshold-rule",
            paramLabel = "RULE",
            description = "How --calibrate chooses thresholds: youden, f1, or a target such as sensitivity=0.9 or"
                    + " specificity=0.9. Default: youden.")
    private Optional<String> rule;

    @Option(names = "--json", description = "Print everything as one JSON object instead of tables.")
    private boolean json;

    @Option(names = "--max-eval-samples", paramLabel = "N", description = "Use only the first N pictures of the split.")
    private int mostSamples = Integer.MAX_VALUE;

    @Mixin
    private ModelOptions options;

    @Mixin
    private LayoutOptions layout;

    @Option(
            names = "--rendezvous-timeout",
            paramLabel = "SECONDS",
            defaultValue = "300",
            description = "Time within which all ranks must connect. Default: ${DEFAULT-VALUE}.")
    private int rendezvousTimeout;

    @Override
    public void run() {
        ThresholdRule chosen = rule.map(ThresholdRule::parse).orElse(ThresholdRule.YOUDEN);
        if ((calibrate || rule.isPresent()) && !split.equals(Split.VALIDATION)) {
            throw new InputException(
                    "temperature and thresholds can be fitted only on the validation split; leave out either"
                            + " --split " + split + " or --calibrate and --threshold-rule");
        }
        Optional<ParallelConfig> ranks = layout.given()
                ? Optional.of(layout.config(Optional.empty(), Optional.empty(), vit4j.progress()))
                : Optional.empty();
        try (ArrowDataset data = ArrowDataset.open(dataset);
                VisionModel model = Pretrained.load(
                                modelFolder,
                                Pretrained.Options.asItIs(
                                        options.device(), data.info().problemType()),
                                RankedPrediction.weightsHere(options, ranks, rendezvousTimeout))
                        .model()) {
            if ((calibrate || rule.isPresent()) && data.info().problemType() == ProblemType.REGRESSION) {
                throw new InputException(
                        "a regression predicts numbers, which have neither a temperature nor thresholds;"
                                + " leave out --calibrate and --threshold-rule");
            }
            List<String> labels = model.definition().labels();
            requireSameLabels(modelFolder, labels, dataset, data);
            int[] rows = data.rows(split);
            if (rows.length == 0) {
                throw InputException.in(
                        dataset, "has no pictures in its split '" + split + "'; name another with --split");
            }
            int[] used = Arrays.copyOf(rows, Math.min(rows.length, mostSamples));
            long start = System.nanoTime();
            Optional<Predictor.Predicted> result = predicted(model, data, used, ranks);
            if (result.isEmpty()) {
                return; // the first rank goes on
            }
            Predictor.Predicted predicted = result.get();
            double seconds = (System.nanoTime() - start) / 1e9;
            Metrics metrics = metrics(data, labels, predicted, seconds);
            DurableFiles.SYSTEM.write(
                    modelFolder.resolve("eval_results.json"),
                    metrics.toJson().with("eval_split", split).pretty());
            PredictionsFile file = new PredictionsFile(
                    labels, Arrays.stream(used).mapToObj(data::fileName).toList(), predicted.prediction());
            predictions.ifPresent(path -> file.write(DurableFiles.SYSTEM, path.toAbsolutePath()));
            if (split.equals(Split.VALIDATION)) {
                decide(predicted.prediction(), labels, chosen);
            }
            Evaluation evaluation = ModelEvaluations.keep(
                    modelFolder, SplitPredictions.of(split, labels, data, used, predicted.prediction()), data);
            Optional<Path> report = split.equals(Split.TRAIN)
                    ? Optional.empty()
                    : Optional.of(TrainingReport.add(modelFolder, evaluation, data, reportImages));
            print(labels, metrics, evaluation, report);
        }
    }

    /** Keeps temperature and thresholds with a model that has none, or where that was asked for. */
    private void decide(EvalPrediction prediction, List<String> labels, ThresholdRule chosen) {
        if (prediction.regression()) {
            return;
        }
        Path kept = modelFolder.resolve(Decision.FILE);
        if (calibrate || rule.isPresent() || !Files.exists(kept)) {
            Decision.fit(prediction, labels, chosen, split).write(DurableFiles.SYSTEM, modelFolder);
            LOG.info("Temperature and thresholds ({}), fitted on {}: {}", chosen, split, kept);
        }
    }

    /** Of the pictures; empty where this rank has only helped with them. */
    private Optional<Predictor.Predicted> predicted(
            VisionModel model, ArrowDataset data, int[] used, Optional<ParallelConfig> ranks) {
        ImageTransform transform = ImageTransform.named("none", data.info());
        if (ranks.isEmpty() && !RankedPrediction.isRank()) {
            return Optional.of(new Predictor(model, options.settings())
                    .predict(Datasets.subset(data, used), transform, vit4j.progress()));
        }
        return RankedPrediction.of(model, Datasets.subset(data, used), transform, options, ranks, rendezvousTimeout);
    }

    /** InputException where a model and a data set do not speak of the same labels. */
    static void requireSameLabels(Path model, List<String> labels, Path dataset, ArrowDataset data) {
        List<String> other = data.labels().names();
        if (!labels.equals(other)) {
            throw InputException.in(
                    dataset,
                    "has the labels " + other + ", but the model has " + labels + "; prepare the data set with --model "
                            + model);
        }
    }

    private Metrics metrics(ArrowDataset data, List<String> labels, Predictor.Predicted predicted, double seconds) {
        MetricFunction function = MetricFunction.of(data.info().problemType(), labels);
        int samples = predicted.prediction().samples();
        return Metrics.ofEvaluation(predicted.loss(), function.compute(predicted.prediction()), samples, seconds)
                .with("eval_samples", samples);
    }

    private void print(List<String> labels, Metrics metrics, Evaluation evaluation, Optional<Path> report) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(evaluation
                    .toJson()
                    .with("metrics", metrics.toJson().with("eval_split", split))
                    .line());
        } else {
            out.println(EvaluationText.of(evaluation));
            Map<String, Double> summary = new LinkedHashMap<>(metrics.values());
            summary.keySet().removeIf(name -> labels.stream().anyMatch(label -> name.endsWith("_" + label)));
            ResultTable.print(out, new Metrics(summary));
            report.ifPresent(page -> out.println("Report: " + page));
        }
        out.flush();
    }
}
