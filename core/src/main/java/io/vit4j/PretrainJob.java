package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.Dataset;
import io.vit4j.data.DatasetInfo;
import io.vit4j.data.Datasets;
import io.vit4j.data.Split;
import io.vit4j.evaluate.DatasetFit;
import io.vit4j.image.ImageProcessor;
import io.vit4j.infer.EncoderFolder;
import io.vit4j.infer.PictureFeatures;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.Metrics;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.Pretraining;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.train.Trainer;
import io.vit4j.train.TrainerBuilder;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of pretraining: opens the model, trains, saves it and its encoder, and measures on pictures held back. */
final class PretrainJob {
    private static final Logger LOG = LoggerFactory.getLogger(PretrainJob.class);

    /** Pictures whose features are measured: more hardly change the numbers. */
    private static final int MOST_MEASURED = 1000;

    private final FineTuneJob.Model start;
    private final Data data;
    private final Pretraining method;
    private final Optional<EncoderProbe> probe;
    private final TrainingArguments arguments;
    private final List<TrainerCallback> callbacks;
    private final Progress.Factory progress;
    private final Interruption interruption;
    private final Optional<ParallelConfig> layout;
    private final List<Reporter> reporters = Reporter.all();

    /**
     * What checkpoints are asked.
     *
     * @param dataset prepared, with labels
     * @param epochs between two probes
     */
    record Probing(Path dataset, int epochs) {}

    /** What it is pretrained on. */
    record Data(Path folder, ArrowDataset dataset) {}

    PretrainJob(
            FineTuneJob.Model start,
            Data data,
            Pretraining method,
            Optional<Probing> probing,
            TrainingArguments arguments,
            List<TrainerCallback> callbacks,
            Progress.Factory progress,
            Interruption interruption) {
        this.start = start;
        this.data = data;
        this.method = method;
        this.probe = probing.map(asked -> new EncoderProbe(
                asked.dataset(),
                asked.epochs(),
                arguments.outputDir(),
                start.device(),
                data.dataset().info()));
        this.arguments = arguments;
        this.callbacks = List.copyOf(callbacks);
        this.progress = progress;
        this.interruption = interruption;
        layout = ParallelArguments.config(arguments);
    }

    PretrainedModel run() {
        long opening = System.nanoTime();
        try (VisionModel model = model();
                Trainer trainer = trainer(model, (System.nanoTime() - opening) / 1e9)) {
            interruption.begin(trainer);
            Metrics trained = trainer.train();
            if (trainer.wasInterrupted()) {
                return left(trainer, Tuned.End.INTERRUPTED, trained, Metrics.NONE);
            }
            trainer.saveModel();
            trainer.saveMetrics("train", trained);
            if (trainer.isWorldProcessZero()) {
                EncoderFolder.write(DurableFiles.SYSTEM, arguments.outputDir(), encoder());
            }
            if (interruption.saved()) {
                return left(trainer, Tuned.End.NOT_EVALUATED, trained, Metrics.NONE);
            }
            Metrics evaluated = Metrics.NONE;
            if (heldBack().size() > 0) {
                evaluated = trainer.evaluate().with("epoch", trainer.state().epoch());
                trainer.saveMetrics("eval", evaluated);
            }
            if (trainer.isWorldProcessZero()) {
                evaluated = measured(evaluated, trainer.state().globalStep());
            }
            if (!evaluated.values().isEmpty()) {
                trainer.saveMetrics("eval", evaluated);
            }
            return left(trainer, Tuned.End.COMPLETE, trained, evaluated);
        }
    }

    List<String> compile() {
        try (VisionModel model = model();
                Trainer trainer = trainer(model, 0)) {
            return trainer.compileOnly();
        }
    }

    private Path encoder() {
        return arguments.outputDir().resolve(EncoderFolder.NAME);
    }

    private Dataset heldBack() {
        return data.dataset().split(Split.VALIDATION);
    }

    /** How many directions the encoder's features take, and how far they spread, and what a probe finds in them. */
    private Metrics measured(Metrics evaluated, long step) {
        Metrics measured = evaluated;
        if (heldBack().size() > 0) {
            try (VisionModel model = EncoderFolder.open(encoder(), start.device())) {
                PictureFeatures features = PictureFeatures.of(
                        model,
                        Datasets.first(heldBack(), MOST_MEASURED),
                        CentreCrop.of(data.dataset().info()),
                        Predictor.Settings.defaults());
                measured = measured.with("eval_feature_rank", features.effectiveRank())
                        .with("eval_feature_deviation", features.deviation());
            }
        }
        if (probe.isPresent()) {
            Metrics found = arguments.loadBestModelAtEnd()
                    ? probe.get().probe(encoder())
                    : probe.get().probe(step, encoder());
            for (Map.Entry<String, Double> each : found.values().entrySet()) {
                measured = measured.with(each.getKey(), each.getValue());
            }
        }
        return measured;
    }

    private PretrainedModel left(Trainer trainer, Tuned.End end, Metrics trained, Metrics evaluated) {
        boolean tells = end == Tuned.End.COMPLETE && trainer.isWorldProcessZero();
        Optional<Path> page = !tells
                ? Optional.empty()
                : reporters.stream()
                        .flatMap(reporter -> reporter
                                .pretrained(new Reporter.PretrainedRun(
                                        arguments.outputDir(),
                                        data.dataset(),
                                        start.device(),
                                        arguments.reportImages()))
                                .stream())
                        .findFirst();
        if (tells) {
            reporters.forEach(reporter -> reporter.finished(arguments.outputDir()));
        }
        return new PretrainedModel(
                arguments.outputDir(),
                end == Tuned.End.INTERRUPTED ? Optional.empty() : Optional.of(encoder()),
                end,
                trainer.state().globalStep(),
                trained,
                evaluated,
                page);
    }

    /** Of a pipeline stage its own weights alone are loaded. */
    private VisionModel model() {
        DatasetInfo info = data.dataset().info();
        Function<ModelDefinition, Predicate<String>> here =
                ParallelArguments.weightsHere(layout, RankEnvironment.read(System.getenv()), arguments, false);
        if (start.scratch().isPresent()) {
            arguments.imageSize().ifPresent(size -> DatasetFit.requireSize(data.folder(), info, size));
            ModelDefinition definition =
                    method.around(start.scratch().get().withImageSize(info.cropHeight(), info.cropWidth()));
            return VisionModel.fromScratch(
                    definition,
                    ImageProcessor.of(info.processor()),
                    start.device(),
                    arguments.seed(),
                    here.apply(definition));
        }
        Path checkpoint = start.checkpoint().orElseThrow();
        DatasetFit.requirePictures(
                data.folder(), info, checkpoint, Pretrained.definition(checkpoint), arguments.imageSize());
        Pretrained.Loaded loaded = Pretrained.load(
                checkpoint,
                Pretrained.Options.pretraining(start.device(), method, arguments.seed())
                        .withImageSize(arguments.imageSize()),
                here);
        loaded.report().lines().forEach(LOG::info);
        return loaded.model();
    }

    private Trainer trainer(VisionModel model, double secondsToOpen) {
        ArrowDataset dataset = data.dataset();
        TrainerBuilder builder = Trainer.builder(model, arguments)
                .trainDataset(dataset.split(Split.TRAIN))
                .progress(arguments.disableTqdm() ? Progress.NONE : progress);
        PretrainingInput.into(builder, model, arguments, dataset.info());
        Reporter.Run run = new Reporter.Run(model, arguments, dataset, start.checkpoint(), secondsToOpen);
        Reporter.listenersOf(reporters, run).forEach(builder::callback);
        callbacks.forEach(builder::callback);
        probe.ifPresent(builder::callback);
        layout.ifPresent(builder::parallel);
        if (heldBack().size() > 0) {
            builder.evalDataset(heldBack());
        }
        return builder.build();
    }
}
