package io.vit4j.cli;

import io.vit4j.EvaluateRequest;
import io.vit4j.Evaluated;
import io.vit4j.Vit4j;
import io.vit4j.base.JsonObject;
import io.vit4j.data.Split;
import io.vit4j.evaluate.RankLayout;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.ThresholdRule;
import io.vit4j.report.EvaluationText;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
            "  vit4j evaluate --model tuned --dataset dataset --split test --tta flip,crops",
            "  vit4j evaluate --model a --model b --ensemble-weights fitted --output both --dataset dataset",
            "  vit4j evaluate --model tuned --dataset dataset --calibrate --threshold-rule sensitivity=0.9",
            "  vit4j launch --nproc-per-node 2 -- evaluate --model tuned --dataset dataset"
        },
        sortOptions = false)
final class EvaluateCommand implements Runnable {
    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "Folder of the tuned model; several, each with its --model, are evaluated as an ensemble.")
    private List<Path> models;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Folder of the ensemble and of its evaluation; it can then be given as --model.")
    private Optional<Path> output;

    @Mixin
    private ViewOptions views;

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

    @Option(
            names = "--rendezvous-secret",
            paramLabel = "FILE",
            description = "File with a secret that all ranks share and strangers do not know; required on a network"
                    + " unless VIT4J_RENDEZVOUS_SECRET is set.")
    private Optional<String> rendezvousSecret;

    @Option(
            names = "--interface",
            paramLabel = "NAME",
            description = "Network interface on which this rank listens. Default: the one through which it reaches"
                    + " rank 0.")
    private Optional<String> networkInterface;

    @Override
    public void run() {
        EvaluateRequest request = Vit4j.evaluate(models)
                .on(dataset)
                .split(split)
                .samples(mostSamples)
                .settings(options.settings())
                .device(options.device())
                .reportImages(reportImages)
                .tta(views.tta());
        output.ifPresent(request::output);
        views.weights().ifPresent(request::ensembleWeights);
        if (calibrate || rule.isPresent()) {
            request.calibrate(rule.map(ThresholdRule::parse).orElse(ThresholdRule.YOUDEN));
        }
        request.layout(new RankLayout(
                layout.given()
                        ? Optional.of(layout.config(Optional.empty(), Optional.empty(), vit4j.progress()))
                        : Optional.empty(),
                rendezvousTimeout,
                rendezvousSecret,
                networkInterface));
        predictions.ifPresent(request::predictions);
        request.run(vit4j.progress()).ifPresent(this::print); // on the first rank
    }

    private void print(Evaluated evaluated) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            JsonObject numbers = evaluated.evaluation().toJson();
            JsonObject metrics = evaluated.metrics().toJson().with("eval_split", split);
            out.println(numbers.with("metrics", metrics).line());
        } else {
            out.println(EvaluationText.of(evaluated.evaluation()));
            ResultTable.print(out, averages(evaluated));
            evaluated.report().ifPresent(page -> out.println("Report: " + page));
        }
        out.flush();
    }

    /** Labels, and the numbers of a regression, have their own table. */
    private static Metrics averages(Evaluated evaluated) {
        Map<String, Double> values = new LinkedHashMap<>(evaluated.metrics().values());
        values.keySet()
                .removeIf(name -> evaluated.evaluation().measured().labels().stream()
                        .anyMatch(label -> name.endsWith("_" + label)));
        return new Metrics(values);
    }
}
