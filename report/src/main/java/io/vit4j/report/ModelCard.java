package io.vit4j.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.Json;
import io.vit4j.base.OpenFiles;
import io.vit4j.data.Split;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.RegressionMetric;
import io.vit4j.metrics.RegressionScores;
import io.vit4j.model.ModelDefinition;
import io.vit4j.train.checkpoint.LogEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The model card {@code README.md} of a run's output folder: the front matter that the Hugging Face hub reads, what the
 * model is for and not for, its results with their uncertainty, and how it was made. Nothing in it names a patient.
 */
public final class ModelCard {
    /** The file in the output folder. */
    public static final String FILE = "README.md";

    private static final String MARK = "<!-- Written by vit4j from the files of the run";

    /** More labels than anybody reads in a card. */
    private static final int MOST_ROWS = 200;

    private static final List<String> HYPERPARAMETERS = List.of(
            "learning_rate",
            "per_device_train_batch_size",
            "gradient_accumulation_steps",
            "num_train_epochs",
            "max_steps",
            "optim",
            "adam_beta1",
            "adam_beta2",
            "adam_epsilon",
            "weight_decay",
            "lr_scheduler_type",
            "warmup_ratio",
            "warmup_steps",
            "loss",
            "label_smoothing_factor",
            "augment",
            "seed");

    private final RunData run;
    private final Optional<Evaluation> numbers;
    private final Markdown card = new Markdown();

    private ModelCard(RunData run) {
        this.run = run;
        numbers = run.measured().map(measured -> run.evaluations().evaluate(measured, 0));
    }

    /**
     * Writes the card of a run from the files in its folder; one that somebody else wrote, or took in hand, is kept.
     *
     * @return whether it was written
     */
    public static boolean write(Path folder) {
        Path file = folder.resolve(FILE);
        if (Files.exists(file) && !isOurs(file)) {
            return false;
        }
        DurableFiles.SYSTEM.write(file, text(RunData.read(folder)));
        return true;
    }

    static String text(RunData run) {
        return new ModelCard(run).write();
    }

    private static boolean isOurs(Path file) {
        try {
            return OpenFiles.text(file).contains(MARK);
        } catch (java.io.IOException e) {
            return false; // no text: somebody else's
        }
    }

    private String write() {
        frontMatter();
        card.markup(MARK).markup("; remove this line to keep your own changes. -->\n\n");
        card.markup("# ").text(Html.shown(run.name())).markup("\n\n");
        summary();
        card.markup("""
                ## Intended use and limits

                For research only. It is not a medical device: it has not been tested for diagnosis, and its output is not advice
                for any patient.\
                """);
        card.markup(isPretrained() ? "" : """
                 Its labels are those of its training data, including that data's errors (labels of chest X-rays are often extracted
                from reports by programs).\
                """);
        card.markup("""
                 The model can be confidently wrong about pictures from other machines, hospitals or patients than those in its
                training data. Measure it on your own data before you rely on any number here.

                """);
        results();
        use();
        training();
        return card.toString();
    }

    private void frontMatter() {
        String task = isPretrained() ? "image-feature-extraction" : "image-classification";
        card.markup(
                "---\nlibrary_name: " + (isEnsemble() ? "vit4j" : "transformers") + "\npipeline_tag: " + task + "\n");
        card.markup("tags:\n- " + task + "\n- vision\n- vit4j\n");
        JsonNode base = run.facts().path("started_from");
        if (base.isTextual() && base.textValue().matches("[\\w.-]+/[\\w.-]+")) {
            card.markup("base_model: ").yaml(base.textValue()).markup("\n");
        }
        List<String[]> metrics = metrics();
        if (!metrics.isEmpty()) {
            card.markup("metrics:\n");
            metrics.stream()
                    .map(metric -> metric[0])
                    .distinct()
                    .forEach(m -> card.markup("- ").markup(m).markup("\n"));
            card.markup("model-index:\n- name: ").yaml(run.name()).markup("\n  results:\n");
            card.markup("  - task:\n      type: image-classification\n      name: Image Classification\n");
            card.markup("    dataset:\n      type: imagefolder\n      name: imagefolder\n");
            card.markup("      split: ").yaml(split()).markup("\n    metrics:\n");
            for (String[] metric : metrics) {
                card.markup("    - type: ")
                        .markup(metric[0])
                        .markup("\n      name: ")
                        .yaml(metric[1]);
                card.markup("\n      value: ").markup(metric[2]).markup("\n");
            }
        }
        card.markup("---\n\n");
    }

    /** Type, name and value, as the hub's model index has them. */
    private List<String[]> metrics() {
        List<String[]> metrics = new java.util.ArrayList<>();
        numbers.ifPresent(n -> {
            if (Double.isFinite(n.rocAuc().macro())) {
                metrics.add(new String[] {
                    "roc_auc", "Macro AUROC", Numbers.fixed(n.rocAuc().macro(), 4)
                });
            }
        });
        for (RegressionMetric metric : RegressionMetric.values()) {
            add(metrics, metric.key(), metric.title(), "eval_" + metric.key());
        }
        add(metrics, "accuracy", "Accuracy", "eval_accuracy");
        add(metrics, "f1", "Macro F1", "eval_f1_macro");
        add(metrics, "loss", "Loss", "eval_loss");
        return metrics;
    }

    private void add(List<String[]> metrics, String type, String name, String key) {
        JsonNode value = run.results().path(key);
        if (value.isNumber() && Double.isFinite(value.doubleValue())) {
            metrics.add(new String[] {type, name, Numbers.fixed(value.doubleValue(), 4)});
        }
    }

    private String split() {
        return numbers.map(Evaluation::title).orElse(Split.VALIDATION);
    }

    private void summary() {
        JsonNode config = run.config();
        List<String> labels = labels();
        String model = config.has("model_type")
                ? ModelDefinition.describe(Json.typed((ObjectNode) config, "config.json"))
                : isEnsemble() ? "Ensemble of vision models" : "Vision model";
        if (isPretrained()) {
            card.text(model)
                    .markup(", pretrained on pictures without labels. It scores nothing until it is fine-tuned.\n\n");
            return;
        }
        card.text(model)
                .markup(". It scores pictures for ")
                .markup(Integer.toString(labels.size()))
                .markup(labels.size() == 1 ? " label" : " labels");
        if (labels.size() <= 40) {
            card.markup(": ").text(labels.stream().map(Html::shown).collect(Collectors.joining(", ")));
        }
        card.markup(".\n\n");
    }

    private List<String> labels() {
        List<String> labels = new java.util.ArrayList<>();
        run.config().path("id2label").forEach(label -> labels.add(label.asText()));
        return isEnsemble() ? numbers.orElseThrow().measured().labels() : labels;
    }

    /** Whether the folder stands for several models and contains none. */
    private boolean isEnsemble() {
        return run.config().isEmpty()
                && numbers.filter(n -> !n.measured().method().models().isEmpty())
                        .isPresent();
    }

    /** Whether the model was pretrained without labels, so that it has none. */
    private boolean isPretrained() {
        return Json.line(run.config().path("architectures")).contains("ForPreTraining")
                || run.config().has("self_distillation");
    }

    private void results() {
        if (numbers.isEmpty()) {
            return;
        }
        Evaluation n = numbers.get();
        card.markup("## Results\n\nOn the ").text(Html.shown(n.title())).markup(" split, ");
        card.markup(Numbers.count(n.samples())).markup(" pictures");
        card.markup(n.patientsKnown() ? " of " + Numbers.count(n.patients()) + " patients" : "");
        card.markup(n.regression().isPresent() ? "." : "; intervals are DeLong's 95% intervals.");
        if (run.measured()
                .map(SplitPredictions::split)
                .filter(run::choseTheCheckpoint)
                .isPresent()) {
            card.markup(" The checkpoint was chosen on this split, so expect lower numbers on new pictures.");
        }
        String method = n.measured().method().sentence();
        if (!method.isEmpty()) {
            card.markup(" ").text(method);
        }
        int shared = run.evaluations().patientsInTwoSplits().orElse(0);
        if (shared > 0) {
            card.markup(" Some patients are also in the training split, so expect lower numbers on new patients.");
        }
        if (n.regression().isPresent()) {
            regression(n.regression().get());
            return;
        }
        card.markup("\n\n| label | AUROC | 95% interval | average precision | positives |\n|---|---|---|---|---|\n");
        for (Evaluation.Label label :
                n.labels().subList(0, Math.min(MOST_ROWS, n.labels().size()))) {
            Optional<Estimate> auc = label.auc();
            card.markup("| ").text(Html.shown(label.name())).markup(" | ");
            card.markup(auc.map(e -> Numbers.three(e.value())).orElse(Numbers.NONE))
                    .markup(" | ");
            card.markup(auc.map(e -> Numbers.three(e.low()) + " to " + Numbers.three(e.high()))
                            .orElse(Numbers.NONE))
                    .markup(" | ");
            card.markup(Numbers.three(label.averagePrecision())).markup(" | ");
            card.markup(Numbers.count(label.positives())).markup(" |\n");
        }
        card.markup("| **macro average** | **")
                .markup(Numbers.three(n.rocAuc().macro()))
                .markup("** | | | |\n\n");
        leftOut(n.labels().size());
        n.calibration()
                .ifPresent(c -> card.markup("Expected calibration error over all labels: ")
                        .markup(Numbers.three(c.expectedError()))
                        .markup(".\n\n"));
    }

    private void leftOut(int labels) {
        if (labels > MOST_ROWS) {
            card.markup("The first " + MOST_ROWS + " of " + Numbers.count(labels) + " are shown.\n\n");
        }
    }

    private void regression(RegressionScores scores) {
        card.markup("\n\n| output |");
        for (RegressionMetric metric : RegressionMetric.values()) {
            card.markup(" ").markup(metric.title()).markup(" |");
        }
        card.markup("\n|---|---|---|---|---|---|\n");
        for (RegressionScores.Output output :
                scores.outputs().subList(0, Math.min(MOST_ROWS, scores.outputs().size()))) {
            card.markup("| ").text(Html.shown(output.name())).markup(" |");
            for (RegressionMetric metric : RegressionMetric.values()) {
                card.markup(" ")
                        .markup(Optional.ofNullable(output.scores().get(metric))
                                .map(estimate -> Numbers.significant(estimate.value()))
                                .orElse(Numbers.NONE))
                        .markup(" |");
            }
            card.markup("\n");
        }
        card.markup("\n");
        leftOut(scores.outputs().size());
    }

    /** What turns logits into scores in Python. */
    private String activation() {
        if (numbers.isPresent() && numbers.get().regression().isPresent()) {
            return "";
        }
        return numbers.map(Evaluation::singleLabel).orElse(false) ? ".softmax(-1)" : ".sigmoid()";
    }

    private void use() {
        if (isPretrained()) {
            card.markup("## How to use it\n\nFine-tune it with vit4j:"
                    + " `vit4j train --model THIS_FOLDER --dataset DATASET --output tuned`. For the features of its encoder in"
                    + " Python:\n\n```python\nfrom transformers import AutoModel\n\n"
                    + "encoder = AutoModel.from_pretrained(\"THIS_FOLDER/encoder\")\n```\n\n");
            return;
        }
        card.markup("## How to use it\n\nWith vit4j: `vit4j predict --model THIS_FOLDER picture.png`. It applies"
                + " the temperature and thresholds in `decision.json`, if that file exists."
                + (isEnsemble()
                        ? " The models in `ensemble.json` must be where it names them.\n\n"
                        : " transformers does not use them:\n\n"));
        if (isEnsemble()) {
            return;
        }
        card.markup(
                "```python\nfrom PIL import Image\nfrom transformers import AutoImageProcessor, AutoModelForImageClassification\n\n");
        card.markup("processor = AutoImageProcessor.from_pretrained(\"THIS_FOLDER\")\n");
        card.markup("model = AutoModelForImageClassification.from_pretrained(\"THIS_FOLDER\")\n");
        card.markup("inputs = processor(Image.open(\"picture.png\").convert(\"RGB\"), return_tensors=\"pt\")\n");
        card.markup("scores = model(**inputs).logits").markup(activation()).markup("\n```\n\n");
    }

    private void training() {
        ObjectNode arguments = run.arguments();
        if (!arguments.isEmpty()) {
            card.markup("## Training\n\n| argument | value |\n|---|---|\n");
            for (String name : HYPERPARAMETERS) {
                JsonNode value = arguments.path(name);
                if (value.isValueNode() && !value.isNull()) {
                    card.markup("| ")
                            .markup(name)
                            .markup(" | ")
                            .text(Html.shown(value.asText()))
                            .markup(" |\n");
                }
            }
            card.markup("\n");
        }
        List<LogEntry> evaluations =
                run.logHistory().stream().filter(e -> e.has("eval_loss")).toList();
        if (!evaluations.isEmpty()) {
            card.markup("| epoch | step | evaluation loss | macro AUROC |\n|---|---|---|---|\n");
            for (LogEntry e : evaluations.subList(Math.max(0, evaluations.size() - 20), evaluations.size())) {
                card.markup(String.format(
                        Locale.ROOT,
                        "| %s | %s | %s | %s |%n",
                        Numbers.significant(e.epoch()),
                        e.step(),
                        Numbers.fixed(e.get("eval_loss"), 4),
                        Numbers.fixed(e.find("eval_roc_auc").orElse(Double.NaN), 4)));
            }
            card.markup("\n");
        }
        card.markup("## Versions\n\n");
        for (String name : List.of("vit4j", "libtorch", "java")) {
            if (run.facts().has(name)) {
                card.markup("- ")
                        .markup(name)
                        .markup(" ")
                        .text(Html.shown(run.facts().path(name).asText()))
                        .markup("\n");
            }
        }
    }
}
