package io.vit4j.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.Reporter;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.data.ArrowDataset;
import io.vit4j.evaluate.CheckpointChoice;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.ModelEvaluations;
import io.vit4j.evaluate.SampleGroups;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.infer.Ensemble;
import io.vit4j.infer.Reconstruction;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.Metrics;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.TrainerControl;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes {@code report.html} into a run's output folder: one file for the browser, up to date with the log during the run,
 * and complete after the final evaluation. Next to it are the files from which {@link #rewrite} can make it again:
 * {@code report.json}, {@code predictions-SPLIT.csv} and {@code groups-SPLIT.csv}; docs/privacy.md says what each contains.
 *
 * <pre>{@code
 * Trainer.builder(model, arguments)
 *         .callback(TrainingReport.of(model, arguments, data, Split.VALIDATION))
 * }</pre>
 *
 * If a report cannot be written, that is only a warning; the run continues.
 */
public final class TrainingReport implements TrainerCallback {
    /** The file in the output folder. */
    public static final String FILE = "report.html";

    private static final Logger LOG = LoggerFactory.getLogger(TrainingReport.class);
    private static final long MILLIS_BETWEEN = 2000;

    private final Path folder;
    private final TrainingArguments arguments;
    private final VisionModel model;
    private final Optional<ArrowDataset> data;
    private final String split;
    private final int[] evaluatedRows;
    private final Throughput throughput;
    private final ObjectNode facts;
    private final ObjectNode argumentsJson;
    private final ObjectNode config;
    private final CheckpointChoice choice;
    private final BackgroundWriter writer;

    private Optional<SplitPredictions> evaluation = Optional.empty();
    private Optional<Evaluation> numbers = Optional.empty();
    private boolean evaluationFollows;
    private List<ExamplePicture> pictures = List.of();
    private Optional<byte[]> contactSheet = Optional.empty();
    private String whyNoPictures = "Pictures will be added when training has ended.";
    private ReportPage.Status status = ReportPage.Status.RUNNING;
    private TrainerState state = new TrainerState();

    private TrainingReport(VisionModel model, TrainingArguments arguments, Optional<ArrowDataset> data, String split) {
        this.folder = arguments.outputDir();
        this.writer = new BackgroundWriter(folder.resolve(FILE), MILLIS_BETWEEN);
        this.arguments = arguments;
        this.model = model;
        this.data = data;
        this.split = split;
        this.evaluatedRows = data.map(d -> d.rows(split)).orElse(new int[0]);
        this.throughput =
                new Throughput(arguments.perDeviceTrainBatchSize() * (long) arguments.gradientAccumulationSteps());
        this.facts = RunFacts.machine();
        this.argumentsJson = Json.untyped(arguments.toJson());
        this.config = Json.untyped(model.definition().config());
        facts.put(CheckpointChoice.EVALUATED_IN_TRAINING, split);
        this.choice = CheckpointChoice.of(Json.typed(argumentsJson, "arguments"), Json.typed(facts, RunFacts.FILE));
        facts.put("device", model.parameters().device().toString());
        data.ifPresent(d -> facts.set("data", RunFacts.data(d)));
    }

    /**
     * For a run on a data set.
     *
     * @param split that the trainer evaluates on
     */
    public static TrainingReport of(VisionModel model, TrainingArguments arguments, ArrowDataset data, String split) {
        return new TrainingReport(model, arguments, Optional.of(data), split);
    }

    /** For a run on pictures from elsewhere: without groups, patients and pictures. */
    public static TrainingReport of(VisionModel model, TrainingArguments arguments, String split) {
        return new TrainingReport(model, arguments, Optional.empty(), split);
    }

    /** Names the checkpoint that the run started from: its folder's name, or its name on the hub where it was got there. */
    public TrainingReport startedFrom(Path checkpoint) {
        facts.put("started_from", checkpointName(checkpoint));
        return this;
    }

    /** Tells how long something took that the trainer knows nothing of, for the table of time and cost. */
    public TrainingReport phase(String name, double seconds) {
        facts.withObject("/phases").put(name, seconds);
        return this;
    }

    /** Tells that the saved model will be evaluated once the run has ended, so that intervals and pictures come then. */
    TrainingReport evaluationFollows() {
        evaluationFollows = true;
        return this;
    }

    static String checkpointName(Path checkpoint) {
        Path absolute = checkpoint.toAbsolutePath().normalize();
        for (Path part : absolute) { // the hub's cache: models--google--vit-base-patch16-224/snapshots/...
            String[] names = part.toString().split("--");
            if (names.length == 3 && names[0].equals("models")) {
                return names[1] + "/" + names[2];
            }
        }
        return String.valueOf(absolute.getFileName());
    }

    @Override
    public void onTrainBegin(TrainerState state, TrainerControl control) {
        this.state = state;
        throughput.begin(state.globalStep());
        contactSheet = data.flatMap(d -> contactSheet(argumentsJson, d, arguments.reportImages()));
        writeSoon();
    }

    @Override
    public void onLog(TrainerState state, Metrics entry) {
        this.state = state;
        throughput.logged(state.globalStep(), state.epoch());
        if (status == ReportPage.Status.RUNNING) {
            writeSoon();
        }
    }

    @Override
    public void onEvaluate(TrainerState state, Metrics metrics, EvalPrediction prediction) {
        this.state = state;
        throughput.pause();
        attempt(() -> {
            if (prediction.samples() > 0) { // pretraining keeps none
                evaluated(prediction);
            }
            if (status == ReportPage.Status.RUNNING) {
                writeSoon();
            } else if (evaluationFollows) {
                writer.now(ReportPage.write(content().get())); // not later: the evaluation writes this page again
            } else {
                finish();
            }
        });
    }

    @Override
    public void onTrainEnd(TrainerState state) {
        this.state = state;
        status = state.globalStep() < state.maxSteps() ? ReportPage.Status.STOPPED : ReportPage.Status.FINISHED;
        attempt(this::finish);
    }

    /** Numbers of an evaluation; while the run goes on without the bootstrap, which would hold it up. */
    private void evaluated(EvalPrediction prediction) {
        List<String> labels = model.definition().labels();
        boolean known = data.isPresent() && prediction.samples() <= evaluatedRows.length;
        evaluation = Optional.of(
                known
                        ? SplitPredictions.of(
                                split,
                                labels,
                                data.get(),
                                Arrays.copyOf(evaluatedRows, prediction.samples()),
                                prediction)
                        : SplitPredictions.of(split, labels, prediction));
        numbers = evaluation.map(e -> evaluate(e, 0));
    }

    private Evaluation evaluate(SplitPredictions made, int rounds) {
        return run().get().evaluations().evaluate(made, rounds);
    }

    /** After the end: intervals by bootstrap, pictures, and the files that the report can be written from again. */
    private void finish() {
        facts.set("throughput", throughput.toJson());
        facts.put("status", status.name().toLowerCase(Locale.ROOT));
        DurableFiles.SYSTEM.write(folder.resolve(RunFacts.FILE), Json.pretty(facts));
        long start = System.nanoTime();
        boolean later = evaluationFollows && status == ReportPage.Status.FINISHED;
        evaluation.filter(e -> !later).ifPresent(e -> {
            boolean stopped = status == ReportPage.Status.STOPPED; // whoever stopped it does not wait for more
            Evaluation measured = evaluate(e, stopped ? 0 : Evaluation.ROUNDS);
            numbers = Optional.of(measured);
            e.write(DurableFiles.SYSTEM, folder);
            measured.write(DurableFiles.SYSTEM, folder);
            Examples examples = stopped
                    ? new Examples(List.of(), "The run was stopped before its end.")
                    : Examples.of(measured, data, model, arguments.reportImages());
            pictures = examples.pictures();
            whyNoPictures = examples.whyNone();
            phase("Intervals and pictures of this report", (System.nanoTime() - start) / 1e9);
            DurableFiles.SYSTEM.write(folder.resolve(RunFacts.FILE), Json.pretty(facts));
        });
        writer.now(ReportPage.write(content().get()));
    }

    private static void attempt(Runnable work) {
        try {
            work.run();
        } catch (InputException e) {
            LOG.warn("The report is not up to date: {}", e.getMessage());
        }
    }

    private void writeSoon() {
        Supplier<ReportPage.Content> now = content();
        writer.soon(() -> ReportPage.write(now.get()));
    }

    /** Everything as it stands, for any thread. */
    private Supplier<ReportPage.Content> content() {
        Supplier<RunData> run = run();
        ReportPage.Status statusNow = status;
        Optional<Evaluation> numbersNow = numbers;
        List<ExamplePicture> picturesNow = pictures;
        String whyNoPicturesNow = whyNoPictures;
        Optional<byte[]> sheet = contactSheet;
        return () -> new ReportPage.Content(
                run.get(), statusNow, numbersNow, picturesNow, whyNoPicturesNow, sheet, Optional.empty());
    }

    /** The same of a run that ended, if this is the data set that it was trained on. */
    private static Optional<byte[]> contactSheet(
            RunData run, ArrowDataset data, TrainingArguments.ReportImages images) {
        String trainedOn = run.facts().path("data").path("digest").asText();
        boolean same =
                run.facts().has("throughput") && trainedOn.equals(data.info().digest());
        return same ? contactSheet(run.arguments(), data, images) : Optional.empty();
    }

    /** What training sees of its pictures, if they may be shown. */
    private static Optional<byte[]> contactSheet(
            ObjectNode arguments, ArrowDataset data, TrainingArguments.ReportImages images) {
        try {
            return arguments.isEmpty() || Examples.refused(data, images).isPresent()
                    ? Optional.empty()
                    : ContactSheet.of(arguments, data);
        } catch (InputException e) {
            LOG.warn("The report does not show what training sees: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /**
     * The run as it stands, for any thread. Its series are copied only once somebody asks, for they grow with the log and a page
     * is written at few of its entries; so they may end an entry later than the rest.
     */
    private Supplier<RunData> run() {
        ObjectNode now = facts.deepCopy();
        ObjectNode progress = Json.object();
        progress.put("global_step", state.globalStep());
        progress.put("max_steps", state.maxSteps());
        progress.put("epoch", state.epoch());
        TrainerState logged = state;
        ModelEvaluations evaluations = new ModelEvaluations(
                evaluation.map(List::of).orElse(List.of()),
                Optional.empty(),
                choice,
                data.map(SampleGroups::patientsInTwoSplits).orElse(OptionalInt.empty()));
        return () -> {
            now.set("throughput", throughput.toJson());
            return new RunData(
                    RunData.name(folder, argumentsJson),
                    progress,
                    logged.logHistory(),
                    argumentsJson,
                    config,
                    Json.object(),
                    now,
                    evaluations);
        };
    }

    /** Writes the report of a finished, stopped or evaluated run again from the files in its folder. */
    public static Path rewrite(Path folder) {
        return rewritten(folder, Optional.empty(), TrainingArguments.ReportImages.AUTO);
    }

    /**
     * The same, with pictures from the data set that the run was evaluated on.
     *
     * @param images whether they may be shown
     */
    public static Path rewrite(Path folder, ArrowDataset data, TrainingArguments.ReportImages images) {
        return rewritten(folder, Optional.of(data), images);
    }

    private static Path rewritten(Path folder, Optional<ArrowDataset> data, TrainingArguments.ReportImages images) {
        RunData run = RunData.read(folder);
        Optional<Evaluation> numbers =
                run.measured().map(measured -> run.evaluations().evaluate(measured, Evaluation.ROUNDS));
        Examples examples = numbers.isPresent() && data.isPresent()
                ? examples(folder, numbers.get(), data.get(), Device.CPU, images)
                : new Examples(List.of(), "Give the data set (--dataset) to see the pictures.");
        return write(
                folder,
                run,
                numbers,
                examples,
                data.flatMap(d -> contactSheet(run, d, images)),
                data.flatMap(d -> reconstructions(folder, d, Device.CPU, images)));
    }

    /** Writes the report again once a run of pretraining has saved its model. */
    static Path add(Reporter.PretrainedRun done) {
        Path folder = done.folder();
        RunData run = RunData.read(folder);
        Examples none = new Examples(List.of(), "");
        return write(
                folder,
                run,
                Optional.empty(),
                none,
                contactSheet(run, done.data(), done.pictures()),
                reconstructions(folder, done.data(), done.device(), done.pictures()));
    }

    /** What a masked autoencoder makes of pictures, if that is what the folder holds and they may be shown. */
    private static Optional<byte[]> reconstructions(
            Path folder, ArrowDataset data, Device device, TrainingArguments.ReportImages images) {
        return Reconstruction.isOf(folder) && Examples.refused(data, images).isEmpty()
                ? ReconstructionSheet.of(folder, data, device)
                : Optional.empty();
    }

    private static Path write(
            Path folder,
            RunData run,
            Optional<Evaluation> numbers,
            Examples examples,
            Optional<byte[]> contactSheet,
            Optional<byte[]> reconstructions) {
        long step = run.state().path("global_step").asLong();
        ReportPage.Status status =
                step < run.state().path("max_steps").asLong(0) ? ReportPage.Status.STOPPED : ReportPage.Status.FINISHED;
        Path file = folder.resolve(FILE);
        DurableFiles.SYSTEM
                .ofPatients()
                .write(
                        file,
                        ReportPage.write(new ReportPage.Content(
                                run,
                                status,
                                numbers,
                                examples.pictures(),
                                examples.whyNone(),
                                contactSheet,
                                reconstructions)));
        return file;
    }

    /** Writes the report again after an evaluation of a model: of the test split, say, with the thresholds of validation. */
    static Path add(Reporter.EvaluatedModel model) {
        Path folder = model.folder();
        Path told = folder.resolve(RunFacts.FILE);
        long start = System.nanoTime();
        if (!Files.exists(told)) {
            ObjectNode facts = RunFacts.machine();
            facts.set("data", RunFacts.data(model.data()));
            DurableFiles.SYSTEM.write(told, Json.pretty(facts));
        }
        RunData run = RunData.readModel(folder);
        SplitPredictions measured = run.measured().orElseThrow();
        Evaluation reported =
                measured.split().equals(model.evaluation().measured().split())
                        ? model.evaluation()
                        : run.evaluations().evaluate(measured, Evaluation.ROUNDS);
        Examples examples = examples(folder, reported, model.data(), model.device(), model.pictures());
        run.facts()
                .withObject("/phases")
                .put("Intervals and pictures of this report", model.seconds() + (System.nanoTime() - start) / 1e9);
        DurableFiles.SYSTEM.write(told, Json.pretty(run.facts()));
        return write(
                folder,
                run,
                Optional.of(reported),
                examples,
                contactSheet(run, model.data(), model.pictures()),
                Optional.empty());
    }

    /** Pictures that the model in a folder is asked about; it is opened only if they may be shown. */
    private static Examples examples(
            Path folder,
            Evaluation evaluation,
            ArrowDataset data,
            Device device,
            TrainingArguments.ReportImages images) {
        Optional<Examples> refused = Examples.refused(data, images);
        if (refused.isPresent()) {
            return refused.get();
        }
        if (Files.exists(folder.resolve(Ensemble.FILE))) {
            return new Examples(List.of(), "An ensemble has no single map of attention to show with its pictures.");
        }
        try (VisionModel model =
                Pretrained.load(folder, Pretrained.Options.asItIs(device)).model()) {
            return Examples.of(evaluation, Optional.of(data), model, images);
        }
    }
}
