package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.Dataset;
import io.vit4j.data.DatasetInfo;
import io.vit4j.data.Sample;
import io.vit4j.data.Split;
import io.vit4j.data.UnlabelledPictures;
import io.vit4j.data.augment.Augmentation;
import io.vit4j.evaluate.DatasetFit;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.ModelEvaluations;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.image.ImageProcessor;
import io.vit4j.infer.Decision;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.ThresholdRule;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.model.WeightReport;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.torch.Device;
import io.vit4j.train.Trainer;
import io.vit4j.train.TrainerBuilder;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.arguments.AdapterArguments;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run: opens the model, trains, saves, evaluates, and tells reporters. If ranks share a model, each holds a part of it; what
 * is evaluated and reported is the model that was saved.
 */
final class FineTuneJob {
    private static final Logger LOG = LoggerFactory.getLogger(FineTuneJob.class);
    private static final int SHOWN_LABELS = 10;

    private final Model start;
    private final Data data;
    private final TrainingArguments arguments;
    private final Optional<RankEnvironment> rank;
    private final List<TrainerCallback> callbacks;
    private final Consumer<Path> absentCheckpoints;
    private final Progress.Factory progress;
    private final Interruption interruption;
    private final Optional<ParallelConfig> layout;
    private final Optional<ModelDefinition> before;
    private final List<Reporter> reporters = Reporter.all();

    /**
     * What is trained: a checkpoint, or a new model.
     *
     * @param name of the checkpoint, if it came from the hub
     */
    record Model(
            Optional<Path> checkpoint,
            Optional<String> name,
            Optional<ModelDefinition> scratch,
            Device device,
            boolean replacesClassifier) {}

    /** What it is trained on. */
    record Data(Path folder, ArrowDataset dataset, boolean shufflesLabels) {
        /** The labels in the checkpoint's order, if they are the same, so that its classifier means what it meant. */
        Data inOrderOf(List<String> labels) {
            return new Data(folder, dataset.inOrderOf(labels), shufflesLabels);
        }
    }

    FineTuneJob(
            Model start,
            Data data,
            TrainingArguments arguments,
            Optional<RankEnvironment> rank,
            List<TrainerCallback> callbacks,
            Consumer<Path> absentCheckpoints,
            Progress.Factory progress,
            Interruption interruption) {
        if (UnlabelledPictures.are(data.dataset().info())) {
            throw InputException.in(
                    data.folder(),
                    "was prepared without labels; pretrain on it (vit4j pretrain), or prepare the pictures with their labels");
        }
        this.start = start;
        this.before = start.checkpoint().map(Pretrained::definition);
        this.data =
                before.map(definition -> data.inOrderOf(definition.labels())).orElse(data);
        this.arguments = arguments;
        this.rank = rank;
        this.callbacks = List.copyOf(callbacks);
        this.absentCheckpoints = absentCheckpoints;
        this.progress = progress;
        this.interruption = interruption;
        layout = ParallelArguments.config(arguments);
    }

    /** What is left once the trainer is closed: on the first rank with the predictions of the validation split. */
    private record Trained(Tuned tuned, Optional<EvalPrediction> validation, boolean isFirst) {}

    Tuned run() {
        Trained trained = train();
        if (trained.tuned().end() != Tuned.End.COMPLETE || !trained.isFirst()) {
            return trained.tuned();
        }
        Tuned tuned = trained.validation()
                .map(prediction -> evaluated(trained.tuned(), prediction))
                .orElse(trained.tuned());
        reporters.forEach(reporter -> reporter.finished(tuned.folder()));
        return tuned;
    }

    List<String> compile() {
        try (VisionModel model = model();
                Trainer trainer = trainer(model, new LastEvaluation(), 0)) {
            return trainer.compileOnly();
        }
    }

    private Trained train() {
        LastEvaluation last = new LastEvaluation();
        long opening = System.nanoTime();
        try (VisionModel model = model();
                Trainer trainer = trainer(model, last, (System.nanoTime() - opening) / 1e9)) {
            interruption.begin(trainer);
            Metrics trained = trainer.train();
            if (trainer.wasInterrupted()) {
                return new Trained(
                        left(trainer, Tuned.End.INTERRUPTED, trained, Metrics.NONE),
                        Optional.empty(),
                        trainer.isWorldProcessZero());
            }
            trainer.saveModel();
            if (trainer.isWorldProcessZero()) {
                DurableFiles.SYSTEM.delete(arguments.outputDir().resolve(Decision.FILE)); // an earlier model's
            }
            trainer.saveMetrics("train", trained);
            if (interruption.saved()) {
                return new Trained(
                        left(trainer, Tuned.End.NOT_EVALUATED, trained, Metrics.NONE),
                        Optional.empty(),
                        trainer.isWorldProcessZero());
            }
            Metrics evaluated = Metrics.NONE;
            if (data.dataset().rows(Split.VALIDATION).length > 0) {
                evaluated = trainer.evaluate().with("epoch", trainer.state().epoch());
                trainer.saveMetrics("eval", evaluated);
            }
            return new Trained(
                    left(trainer, Tuned.End.COMPLETE, trained, evaluated),
                    last.prediction,
                    trainer.isWorldProcessZero());
        }
    }

    private Tuned left(Trainer trainer, Tuned.End end, Metrics trained, Metrics evaluated) {
        return new Tuned(
                arguments.outputDir(),
                end,
                trainer.state().globalStep(),
                trained,
                evaluated,
                Optional.empty(),
                Optional.empty());
    }

    /** The saved model's evaluation, its decision, and what reporters make of them. */
    private Tuned evaluated(Tuned tuned, EvalPrediction prediction) {
        List<String> labels = data.dataset().labels().names();
        int[] rows = Arrays.copyOf(data.dataset().rows(Split.VALIDATION), prediction.samples());
        if (!prediction.regression()) {
            Decision.fit(prediction, labels, ThresholdRule.YOUDEN, Split.VALIDATION)
                    .write(DurableFiles.SYSTEM, tuned.folder());
        }
        long begun = System.nanoTime();
        Evaluation evaluation = ModelEvaluations.keep(
                tuned.folder(),
                SplitPredictions.of(Split.VALIDATION, labels, data.dataset(), rows, prediction),
                data.dataset());
        Optional<Path> page = EvaluateRequest.report(new Reporter.EvaluatedModel(
                tuned.folder(),
                evaluation,
                data.dataset(),
                start.device(),
                arguments.reportImages(),
                (System.nanoTime() - begun) / 1e9));
        return new Tuned(
                tuned.folder(),
                tuned.end(),
                tuned.step(),
                tuned.trained(),
                tuned.evaluated(),
                Optional.of(evaluation),
                page);
    }

    /** What the trainer evaluated last; told to the first rank only. */
    private static final class LastEvaluation implements TrainerCallback {
        private Optional<EvalPrediction> prediction = Optional.empty();

        @Override
        public void onEvaluate(TrainerState state, Metrics metrics, EvalPrediction evaluated) {
            prediction = Optional.of(evaluated);
        }
    }

    /** Of a pipeline stage its own weights alone are loaded. */
    private VisionModel model() {
        DatasetInfo info = data.dataset().info();
        Function<ModelDefinition, Predicate<String>> here =
                ParallelArguments.weightsHere(layout, rank, arguments, false);
        if (start.scratch().isPresent()) {
            if (arguments.loraRank() > 0) {
                throw new InputException("lora_rank adapts what a checkpoint has learned; name one, or leave it out");
            }
            arguments.imageSize().ifPresent(size -> DatasetFit.requireSize(data.folder(), info, size));
            ModelDefinition sized = start.scratch().get().withImageSize(info.cropHeight(), info.cropWidth());
            ModelDefinition definition = arguments
                    .pooling()
                    .map(sized::withPooling)
                    .orElse(sized)
                    .withLabels(info.labels().names(), info.problemType());
            return VisionModel.fromScratch(
                    definition,
                    ImageProcessor.of(info.processor()),
                    start.device(),
                    arguments.seed(),
                    here.apply(definition));
        }
        Path checkpoint = start.checkpoint().orElseThrow();
        DatasetFit.requirePictures(data.folder(), info, checkpoint, before.orElseThrow(), arguments.imageSize());
        Pretrained.Loaded loaded = Pretrained.load(
                checkpoint,
                new Pretrained.Options(
                                start.device(),
                                Optional.of(info.labels().names()),
                                Optional.of(info.problemType()),
                                start.replacesClassifier(),
                                arguments.seed())
                        .withImageSize(arguments.imageSize())
                        .withPooling(arguments.pooling())
                        .withAdapting(adapting()),
                here);
        loaded.report().lines().forEach(LOG::info);
        noteOtherLabels(before.orElseThrow().labels(), info.labels().names(), loaded.report());
        return loaded.model();
    }

    private Pretrained.Adapting adapting() {
        Pretrained.Adapting adapting = AdapterArguments.lora(arguments)
                .map(lora -> Pretrained.Adapting.by(
                        lora,
                        AdapterArguments.frozenBlocks(
                                arguments, before.orElseThrow().layers())))
                .orElse(Pretrained.Adapting.KEPT);
        return start.name().map(adapting::named).orElse(adapting);
    }

    private static void noteOtherLabels(List<String> before, List<String> now, WeightReport report) {
        boolean keptClassifier = before.size() == now.size() && report.missing().isEmpty();
        if (keptClassifier && !before.equals(now)) {
            LOG.info(
                    "The checkpoint's classifier was trained for {}; it is now trained further for {}",
                    shown(before),
                    shown(now));
        }
    }

    private static String shown(List<String> labels) {
        return labels.size() <= SHOWN_LABELS
                ? labels.toString()
                : labels.subList(0, SHOWN_LABELS) + " and " + (labels.size() - SHOWN_LABELS) + " more";
    }

    private Trainer trainer(VisionModel model, TrainerCallback last, double secondsToOpen) {
        DatasetInfo info = data.dataset().info();
        Augmentation augment = Augmentation.parse(arguments.augment());
        Dataset train = data.dataset().split(Split.TRAIN);
        TrainerBuilder builder = Trainer.builder(model, arguments)
                .trainDataset(data.shufflesLabels() ? shuffled(train, arguments.seed()) : train)
                .transforms(augment.transform(info), CentreCrop.of(info))
                .erasing(augment.erasing())
                .metrics(MetricFunction.of(info.problemType(), info.labels().names()))
                .callback(last)
                .progress(arguments.disableTqdm() ? Progress.NONE : progress);
        Reporter.Run run = new Reporter.Run(model, arguments, data.dataset(), start.checkpoint(), secondsToOpen);
        Reporter.listenersOf(reporters, run).forEach(builder::callback);
        callbacks.forEach(builder::callback);
        builder.absentCheckpoints(absentCheckpoints);
        layout.ifPresent(builder::parallel);
        rank.ifPresent(builder::rank);
        Dataset validation = data.dataset().split(Split.VALIDATION);
        if (validation.size() > 0) {
            builder.evalDataset(validation);
        }
        return builder.build();
    }

    /** The pictures with each other's labels. */
    private static Dataset shuffled(Dataset data, long seed) {
        int[] other = new int[data.size()];
        Arrays.setAll(other, i -> i);
        RandomKey.of(seed).with("shuffle labels").stream().shuffle(other);
        return new Dataset() {
            @Override
            public int size() {
                return data.size();
            }

            @Override
            public Sample get(int index) {
                Sample sample = data.get(index);
                return new Sample(sample.file(), sample.picture(), data.labels(other[index]));
            }

            @Override
            public int shardOf(int index) {
                return data.shardOf(index);
            }
        };
    }
}
