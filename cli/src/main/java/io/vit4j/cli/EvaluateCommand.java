package io.vit4j.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Datasets;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.MultilabelMetrics;
import io.vit4j.metrics.PredictionsFile;
import io.vit4j.metrics.RocAuc;
import io.vit4j.metrics.SingleLabelMetrics;
import io.vit4j.model.Pretrained;
import io.vit4j.model.ViTForImageClassification;
import io.vit4j.report.TrainingReport;
import io.vit4j.train.TrainingArguments;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
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
            "Prints a table, and writes eval_results.json and report.html into the model's folder.",
            "",
            "Examples:",
            "  vit4j evaluate --model tuned --dataset dataset",
            "  vit4j evaluate --model tuned --dataset dataset --split test --predictions predictions.csv"
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

    @Option(
            names = "--dataset",
            required = true,
            paramLabel = "DATASET",
            description = "Folder that prepare has written.")
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
            description = "Whether the report shows pictures; auto: only synthetic ones and those of the NIH release."
                    + " Default: ${DEFAULT-VALUE}.")
    private TrainingArguments.ReportImages reportImages;

    @Option(names = "--max-eval-samples", paramLabel = "N", description = "Only the first N pictures of the split.")
    private int mostSamples = Integer.MAX_VALUE;

    @Mixin
    private ModelOptions options;

    @Override
    public void run() {
        try (ArrowDataset data = ArrowDataset.open(dataset);
                ViTForImageClassification model = Pretrained.load(
                                modelFolder, Pretrained.Options.asItIs(options.device()))
                        .model()) {
            List<String> labels = model.config().labels();
            requireSameLabels(labels, data);
            int[] rows = data.rows(split);
            if (rows.length == 0) {
                throw InputException.in(
                        dataset, "has no pictures in its split '" + split + "'; name another with --split");
            }
            int[] used = Arrays.copyOf(rows, Math.min(rows.length, mostSamples));
            long start = System.nanoTime();
            Predictor.Predicted predicted = new Predictor(model, options.settings())
                    .predict(Datasets.subset(data, used), ImageTransform.named("none", data.info()), vit4j.progress());
            double seconds = (System.nanoTime() - start) / 1e9;
            ObjectNode metrics = metrics(data, labels, predicted, seconds);
            DurableFiles.SYSTEM.write(modelFolder.resolve("eval_results.json"), Json.pretty(metrics));
            PredictionsFile file = new PredictionsFile(
                    labels, Arrays.stream(used).mapToObj(data::fileName).toList(), predicted.prediction());
            predictions.ifPresent(path -> file.write(DurableFiles.SYSTEM, path.toAbsolutePath()));
            print(labels, predicted.prediction(), metrics);
            if (!split.equals(Split.TRAIN)) {
                Path report = TrainingReport.add(modelFolder, split, file, data, used, reportImages);
                spec.commandLine().getOut().println("Report: " + report);
            }
        }
    }

    private void requireSameLabels(List<String> labels, ArrowDataset data) {
        List<String> other = data.labels().names();
        if (!labels.equals(other)) {
            throw InputException.in(
                    dataset,
                    "has the labels " + other + ", the model " + labels + "; prepare the data set with --model "
                            + modelFolder);
        }
    }

    private ObjectNode metrics(ArrowDataset data, List<String> labels, Predictor.Predicted predicted, double seconds) {
        MetricFunction function = data.info().problemType() == ProblemType.SINGLE_LABEL
                ? new SingleLabelMetrics(labels)
                : new MultilabelMetrics(labels);
        int samples = predicted.prediction().samples();
        ObjectNode json = Json.object();
        json.put("eval_loss", predicted.loss());
        function.compute(predicted.prediction())
                .forEach((name, value) -> json.put(name.startsWith("eval_") ? name : "eval_" + name, value));
        json.put("eval_runtime", seconds);
        json.put("eval_samples", samples);
        json.put("eval_samples_per_second", samples / seconds);
        json.put("eval_split", split);
        return json;
    }

    private void print(List<String> labels, EvalPrediction prediction, ObjectNode metrics) {
        PrintWriter out = spec.commandLine().getOut();
        if (!prediction.singleLabel()) {
            int width = labels.stream().mapToInt(String::length).max().orElse(5);
            out.printf("  %-" + width + "s  %9s  %8s  %8s%n", "label", "positives", "AUROC", "AP");
            for (MultilabelMetrics.Row row : new MultilabelMetrics(labels).rows(prediction)) {
                out.printf(
                        "  %-" + width + "s  %9d  %8s  %8s%n",
                        row.label(),
                        row.positives(),
                        number(row.rocAuc()),
                        number(row.averagePrecision()));
            }
            List<String> undefined = RocAuc.of(prediction, labels).undefinedLabels();
            if (!undefined.isEmpty()) {
                LOG.warn(
                        "Left out of the AUROC, as all pictures of the split agree on them: {}",
                        String.join(", ", undefined));
            }
        }
        ObjectNode summary = Json.object();
        metrics.properties().stream()
                .filter(metric ->
                        labels.stream().noneMatch(label -> metric.getKey().endsWith("_" + label)))
                .forEach(metric -> summary.set(metric.getKey(), metric.getValue()));
        ResultTable.print(out, summary);
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.4f", value);
    }
}
