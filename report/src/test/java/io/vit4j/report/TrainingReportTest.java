package io.vit4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.evaluate.ThresholdChoices;
import io.vit4j.image.ImageProcessor;
import io.vit4j.infer.Decision;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.MultilabelMetrics;
import io.vit4j.metrics.OperatingPoint;
import io.vit4j.metrics.PredictionsFile;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.train.Trainer;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.TrainerControl;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.RunLock;
import io.vit4j.train.checkpoint.TrainerState;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingReportTest {
    private static final Pattern DATA =
            Pattern.compile("<script type=\"application/json\" id=\"report-data\">(.*?)</script>", Pattern.DOTALL);

    private static final ModelDefinition CONFIG = ModelDefinition.of(
                    SmallModels.vit(12, 2, 2, 24, TinyRelease.SIZE, 4).with("initializer_range", 0.05))
            .withLabels(TinyRelease.LABELS, ProblemType.MULTI_LABEL);

    @TempDir
    Path folder;

    /** Trains a very small model for two epochs, with whatever else listens. */
    private Path train(ArrowDataset data, TrainerCallback... others) {
        Path output = folder.resolve("run");
        try (VisionModel model = VisionModel.fromScratch(
                CONFIG.withLabels(data.labels().names(), data.info().problemType()),
                ImageProcessor.of(data.info().processor()),
                Device.CPU,
                1)) {
            TrainingArguments arguments = TrainingArguments.builder()
                    .set(Map.of(
                            "output_dir", output.toString(),
                            "num_train_epochs", "2",
                            "per_device_train_batch_size", "4",
                            "learning_rate", "3e-3",
                            "logging_steps", "1",
                            "eval_strategy", "epoch",
                            "save_strategy", "no",
                            "dtype", "float32",
                            "threads", "1"))
                    .build();
            var builder = Trainer.builder(model, arguments)
                    .trainDataset(data.split(Split.TRAIN))
                    .evalDataset(data.split(Split.VALIDATION))
                    .metrics(new MultilabelMetrics(data.labels().names()))
                    .callback(TrainingReport.of(model, arguments, data, Split.VALIDATION));
            for (TrainerCallback other : others) {
                builder.callback(other);
            }
            try (Trainer trainer = builder.build()) {
                trainer.train();
                trainer.saveModel();
                trainer.saveMetrics("eval", trainer.evaluate());
            }
        }
        return output;
    }

    @Test
    void aLogEntryOfALongRunAllocatesNoMoreThanThatOfAShortOne() throws Exception {
        try (VisionModel model = VisionModel.fromScratch(CONFIG, ImageProcessor.defaults(), Device.CPU, 1)) {
            TrainingReport report = TrainingReport.of(
                    model, TrainingArguments.builder().outputDir(folder).build(), Split.VALIDATION);
            long[] allocated = new long[1501];
            for (int step = 1; step < allocated.length; step++) {
                TrainerState state = stateAt(step, step / 100 == 1 || step / 100 == 14 ? step : 0);
                long before = allocatedHere();
                report.onLog(state, Metrics.NONE);
                allocated[step] = allocatedHere() - before;
            }
            report.onTrainEnd(stateAt(1500, 0));
            assertThat(median(allocated, 1400, 1500)).isLessThan(2 * median(allocated, 100, 200));
        }
    }

    private TrainerState stateAt(long step, int entries) throws IOException {
        ObjectNode json = Json.untyped(
                new TrainerState().toJson().with("global_step", step).with("epoch", step / 24.0));
        for (int entry = 1; entry <= entries; entry++) {
            json.withArray("log_history").addObject().put("loss", 0.5).put("step", entry);
        }
        return TrainerState.read(Files.writeString(folder.resolve(TrainerState.FILE), Json.line(json)));
    }

    private static long median(long[] values, int from, int to) {
        return Arrays.stream(values, from, to)
                .sorted()
                .skip((to - from) / 2)
                .findFirst()
                .orElseThrow();
    }

    private static long allocatedHere() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    /** The pictures within a page as the JDK reads them, null for one that it cannot. */
    private static List<BufferedImage> images(String page) throws IOException {
        List<BufferedImage> images = new ArrayList<>();
        Matcher image =
                Pattern.compile("src=\"data:image/\\w+;base64,([^\"]*)\"").matcher(page);
        while (image.find()) {
            images.add(ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(image.group(1)))));
        }
        return images;
    }

    @Test
    void aRunWritesAReportAndTheSameComesFromItsFiles() throws Exception {
        try (ArrowDataset data = TinyRelease.write(folder, 24, "")) {
            List<String> whileRunning = new ArrayList<>();
            List<Boolean> held = new ArrayList<>();
            Path output = train(data, new TrainerCallback() {
                @Override
                public void onEpochEnd(TrainerState state, TrainerControl control) {
                    Path page = folder.resolve("run").resolve(TrainingReport.FILE);
                    for (int i = 0; i < 500 && !Files.exists(page); i++) {
                        sleep();
                    }
                    whileRunning.add(read(page));
                    held.add(RunLock.isHeld(page.getParent()));
                }
            });

            assertThat(held).containsExactly(true, true);
            assertThat(RunLock.isHeld(output)).isFalse();
            assertThat(whileRunning.get(0)).contains(">running<").contains("\"running\":true");
            String page = read(output.resolve(TrainingReport.FILE));
            assertThat(page).contains(">finished<").contains("\"running\":false");
            JsonNode charts = charts(page);
            assertThat(charts.fieldNames())
                    .toIterable()
                    .contains("loss", "learning_rate", "grad_norm", "roc", "precision_recall", "calibration");
            JsonNode state = Json.read(output.resolve(TrainerState.FILE));
            assertThat(charts.path("learning_rate")
                            .path("series")
                            .get(0)
                            .path("x")
                            .size())
                    .isEqualTo(state.path("max_steps").asInt());
            assertThat(page).contains("Sex", "female", "View position", "Does it work equally well for everyone");
            assertThat(count(page, "src=\"data:image/jpeg")).isBetween(3, 18);
            assertThat(images(page)).hasSize(count(page, "src=\"data:image/")).doesNotContainNull();

            TrainingReport.rewrite(output, data, TrainingArguments.ReportImages.AUTO);
            String again = read(output.resolve(TrainingReport.FILE));
            assertThat(charts(again)).isEqualTo(charts);
            assertThat(table(again, "auroc")).isEqualTo(table(page, "auroc"));
            assertThat(table(again, "subgroups")).isEqualTo(table(page, "subgroups"));
            assertThat(count(again, "src=\"data:image/jpeg")).isEqualTo(count(page, "src=\"data:image/jpeg"));

            opensInABrowserWithoutAnError(output.resolve(TrainingReport.FILE), charts.size());
        }
    }

    @Test
    void aUsersOwnPicturesAreNotShownAndNothingNamesAPatient() {
        try (ArrowDataset data = TinyRelease.write(folder, 24, "clinic_")) {
            Path output = train(data);
            String page = read(output.resolve(TrainingReport.FILE));
            assertThat(page).doesNotContain("src=\"data:image").contains("--report-images all");
            assertThat(page)
                    .doesNotContain("clinic_")
                    .doesNotContain("_000.png")
                    .doesNotContain("Patient ID");
            assertThat(read(output.resolve("groups-validation.csv")).lines().findFirst())
                    .contains("patient,Sex,Age,View position,Follow-up");

            TrainingReport.rewrite(output, data, TrainingArguments.ReportImages.ALL);
            assertThat(read(output.resolve(TrainingReport.FILE))).contains("src=\"data:image/jpeg");
        }
    }

    /** Labels, names and arguments may hold anything. */
    @Test
    void hostileTextStaysText() throws Exception {
        List<String> labels = List.of(
                "</script><script>alert(1)</script>",
                "\"><img src=x onerror=alert(1)>",
                "=cmd|' /C calc'!A0",
                "\u202Etxt.exe & <u>",
                "</style><style>body{display:none}");
        Path output = evaluated(labels, 60, "validation");
        ObjectNode arguments = Json.object();
        arguments.put("run_name", "<svg onload=alert(1)>");
        arguments.put("learning_rate", 2e-4);
        arguments.put("metric_for_best_model", "</dl><script>x</script>");
        DurableFiles.SYSTEM.write(output.resolve("training_args.json"), Json.pretty(arguments));

        String page = read(TrainingReport.rewrite(output));

        assertThat(count(page, "<script")).isEqualTo(3);
        assertThat(count(page, "<style")).isEqualTo(1);
        assertThat(page)
                .doesNotContain("<svg")
                .doesNotContain("<img")
                .doesNotContain("<u>")
                .doesNotContain("\u202E");
        assertThat(page).contains("&lt;svg onload=alert(1)&gt;");
        assertThat(charts(page).path("roc").path("series").get(0).path("name").asText())
                .isEqualTo(labels.get(0));
        opensInABrowserWithoutAnError(output.resolve(TrainingReport.FILE), 3);
    }

    @Test
    void thePageAsksForNothingFromAnywhere() {
        Path output = evaluated(TinyRelease.LABELS, 60, "validation");
        String page = read(TrainingReport.rewrite(output));
        assertThat(page).contains("default-src &#39;none&#39;");
        assertThat(page).doesNotContainPattern("(?:src|href)=\"(?!data:|#)");
        assertThat(page)
                .doesNotContainPattern("url\\((?!data:)")
                .doesNotContain("@import")
                .doesNotContain("fetch(");
    }

    @Test
    void thresholdsAreChosenOnValidationAndMeasuredOnTest() {
        Path output = evaluated(TinyRelease.LABELS, 80, "validation");
        String onValidation = read(TrainingReport.rewrite(output));
        assertThat(onValidation).contains("chosen and measured on the same pictures (validation)");

        evaluated(TinyRelease.LABELS, 90, "test");
        String onTest = read(TrainingReport.rewrite(output));
        assertThat(onTest).contains("AUROC on test (90 pictures)", "chosen on validation and measured on test");

        RunData run = RunData.read(output);
        Evaluation numbers = run.evaluations().evaluate(run.measured().orElseThrow(), 0);
        Evaluation chosen =
                run.evaluations().evaluate(run.evaluations().validation().orElseThrow(), 0);
        ThresholdChoices choices = numbers.choices();
        assertThat(chosen.choices()).isEqualTo(choices);
        assertThat(choices.rules()).containsExactly("Youden", "Sensitivity ≥ 0.9", "Specificity ≥ 0.9");
        for (int j = 0; j < 3; j++) {
            for (String rule : choices.rules()) {
                OperatingPoint point = numbers.labels().get(j).points().get(rule);
                assertThat(point.threshold())
                        .isEqualTo(chosen.labels().get(j).points().get(rule).threshold());
                assertThat(point.sensitivity().trials())
                        .isEqualTo(numbers.labels().get(j).positives());
            }
            assertThat(chosen.labels()
                            .get(j)
                            .points()
                            .get("Sensitivity ≥ 0.9")
                            .sensitivity()
                            .value())
                    .isGreaterThanOrEqualTo(0.9);
        }
    }

    @Test
    void withoutValidationNothingIsChosen() {
        Path output = evaluated(TinyRelease.LABELS, 90, "test");
        String page = read(TrainingReport.rewrite(output));
        assertThat(page).contains("AUROC on test (90 pictures)").doesNotContain("id=\"thresholds\"");
        RunData run = RunData.read(output);
        Evaluation numbers = run.evaluations().evaluate(run.measured().orElseThrow(), 0);
        assertThat(numbers.scaling()).isEmpty();
        assertThat(numbers.labels()).allMatch(label -> label.points().isEmpty());
    }

    @Test
    void whatIsKeptWithTheModelIsMeasuredBesideTheRules() {
        Path output = evaluated(TinyRelease.LABELS, 90, "test");
        new Decision(2, Map.of("Mass", 0.25)).write(DurableFiles.SYSTEM, output);
        String page = read(TrainingReport.rewrite(output));
        assertThat(page).contains("Stored with the model", "a temperature of 2.00, set by hand");
        RunData run = RunData.read(output);
        Evaluation numbers = run.evaluations().evaluate(run.measured().orElseThrow(), 0);
        OperatingPoint mass = numbers.labels().get(1).points().get("Stored with the model");
        EvalPrediction prediction = run.measured().orElseThrow().predictions().prediction();
        long found = 0;
        for (int i = 0; i < prediction.samples(); i++) {
            double probability = 1 / (1 + Math.exp(-prediction.scores(1)[i] / 2));
            found += prediction.truth(1)[i] == 1 && probability >= 0.25 ? 1 : 0;
        }
        assertThat(mass.sensitivity().successes()).isEqualTo(found);
    }

    /** Whoever trains from Java may evaluate on what the data calls test, and keep the checkpoint that did best there. */
    @Test
    void aSplitThatAChoiceWasMadeOnIsNotCalledTest() {
        Path output = evaluated(TinyRelease.LABELS, 90, "test");
        DurableFiles.SYSTEM.write(output.resolve("report.json"), "{\"evaluated_in_training\": \"test\"}");
        assertThat(read(TrainingReport.rewrite(output))).contains("AUROC on test (90");
        DurableFiles.SYSTEM.write(output.resolve("training_args.json"), "{\"load_best_model_at_end\": true}");
        String page = read(TrainingReport.rewrite(output));
        assertThat(page)
                .doesNotContain("AUROC on test")
                .contains("AUROC on validation (named test, but the checkpoint was chosen on it)")
                .contains("The checkpoint was chosen by its evaluation");
    }

    @Test
    void aSplitThatChoseTheCheckpointIsNamedAsSuch() {
        Path output = evaluated(TinyRelease.LABELS, 60, "validation");
        DurableFiles.SYSTEM.write(
                output.resolve("training_args.json"), "{\"load_best_model_at_end\": true, \"run_name\": \"r\"}");
        assertThat(read(TrainingReport.rewrite(output))).contains("The checkpoint was chosen by its evaluation");
    }

    @Test
    void aFolderWithoutARunIsSaidToBeOne() {
        assertThatThrownBy(() -> TrainingReport.rewrite(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("output folder of a run");
        assertThatThrownBy(() -> TrainingReport.rewrite(folder.resolve("absent")))
                .isInstanceOf(InputException.class);
    }

    @Test
    void curvesOnAGridPassThroughTheCurvesPoints() {
        float[] scores = {0.9f, 0.8f, 0.7f, 0.6f, 0.55f, 0.54f, 0.53f, 0.52f, 0.51f, 0.505f};
        float[] truth = {1, 1, 0, 1, 1, 1, 0, 0, 1, 0};
        double[] at = CurveGrid.sensitivities(
                io.vit4j.metrics.RocCurve.of(scores, truth, false), new double[] {0, 0.2, 0.25, 0.5, 1});
        assertThat(at).containsExactly(2 / 6.0, 2 / 6.0, 5 / 6.0, 5 / 6.0, 1);
        double[] precision = CurveGrid.precisions(
                io.vit4j.metrics.PrecisionRecallCurve.of(scores, truth), new double[] {0, 2 / 6.0, 0.4, 1});
        assertThat(precision).containsExactly(1, 1, 3 / 4.0, 6 / 9.0);
    }

    /** A folder of a run with nothing but predictions. */
    private Path evaluated(List<String> labels, int samples, String split) {
        Random random = new Random(samples);
        float[] logits = new float[samples * labels.size()];
        float[] truth = new float[logits.length];
        List<String> files = new ArrayList<>();
        for (int i = 0; i < logits.length; i++) {
            truth[i] = random.nextInt(3) == 0 ? 1 : 0;
            logits[i] = (float) (random.nextGaussian() + truth[i] - 1);
        }
        for (int i = 0; i < samples; i++) {
            files.add("00000" + i + "_000.png");
        }
        try {
            Path output = Files.createDirectories(folder.resolve("evaluated"));
            new PredictionsFile(labels, files, EvalPrediction.multiLabel(samples, labels.size(), logits, truth))
                    .write(DurableFiles.SYSTEM, SplitPredictions.file(output, split));
            return output;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Where a Chromium is installed: it runs the page's script to its end, draws every chart and complains of nothing. */
    private void opensInABrowserWithoutAnError(Path page, int charts) throws Exception {
        try (HeadlessChromium browser = HeadlessChromium.start(Files.createDirectories(folder.resolve("browser")))) {
            browser.open(page.toUri());
            assertThat(browser.evaluate("document.documentElement.dataset.ready")
                            .asText())
                    .isEqualTo("true");
            assertThat(browser.evaluate("document.querySelectorAll('canvas').length")
                            .asInt())
                    .isEqualTo(charts);
            assertThat(browser.complaints()).isEmpty();
        }
    }

    private static JsonNode charts(String page) {
        Matcher data = DATA.matcher(page);
        assertThat(data.find()).isTrue();
        return Json.parse(data.group(1), "page").path("charts");
    }

    private static String table(String page, String id) {
        int start = page.indexOf("<table id=\"" + id + "\"");
        assertThat(start).isPositive();
        return page.substring(start, page.indexOf("</table>", start));
    }

    private static int count(String text, String part) {
        return text.split(Pattern.quote(part), -1).length - 1;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
