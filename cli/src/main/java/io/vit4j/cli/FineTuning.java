package io.vit4j.cli;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.Json;
import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Dataset;
import io.vit4j.data.DatasetInfo;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.data.Split;
import io.vit4j.image.ImageProcessor;
import io.vit4j.infer.Decision;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.ThresholdRule;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.report.LogFiles;
import io.vit4j.report.ModelCard;
import io.vit4j.report.TrainingReport;
import io.vit4j.torch.Device;
import io.vit4j.train.Trainer;
import io.vit4j.train.TrainerBuilder;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Training and evaluation from a prepared data set: what {@code train} and {@code walkthrough} have in common. */
final class FineTuning {
    private static final Logger LOG = LoggerFactory.getLogger(FineTuning.class);

    private final Progress.Factory progress;
    private final PrintWriter out;

    /**
     * What is to be trained, on what.
     *
     * @param checkpoint to start from
     * @param fromScratch shape of a new model, where there is no checkpoint
     * @param shuffleLabels deal the training labels out at random
     */
    record Request(
            ArrowDataset data,
            Optional<Path> checkpoint,
            Optional<ModelDefinition> fromScratch,
            boolean ignoreMismatchedSizes,
            Device device,
            boolean shuffleLabels) {}

    FineTuning(Progress.Factory progress, PrintWriter out) {
        this.progress = progress;
        this.out = out;
    }

    /** Trains, saves, evaluates, prints; returns the command's exit code. */
    int run(Request request, TrainingArguments arguments) {
        LastEvaluation last = new LastEvaluation();
        long start = System.nanoTime();
        Optional<ParallelConfig> layout = ParallelArguments.config(arguments);
        try (VisionModel model = model(request, arguments, layout);
                Trainer trainer = trainer(model, request, arguments, layout, last, (System.nanoTime() - start) / 1e9);
                Interrupts interrupts = new Interrupts(trainer::interrupt)) {
            if (arguments.compileOnly()) {
                trainer.compileOnly().forEach(out::println);
                out.flush();
                return 0;
            }
            Metrics trained = trainer.train();
            if (trainer.wasInterrupted()) {
                LOG.info(
                        "Interrupted after step {}; continue with --resume-from-checkpoint true",
                        trainer.state().globalStep());
                return interrupts.exitCode();
            }
            trainer.saveModel();
            if (trainer.isWorldProcessZero()) {
                DurableFiles.SYSTEM.delete(arguments.outputDir().resolve(Decision.FILE)); // an earlier model's
            }
            trainer.saveMetrics("train", trained);
            interrupts.close(); // all is saved: from here on a signal ends the process, as it does elsewhere
            if (interrupts.asked()) {
                LOG.info(
                        "Interrupted after training; the tuned model is in {}, but has not been evaluated",
                        arguments.outputDir());
                return interrupts.exitCode();
            }
            if (request.data().rows(Split.VALIDATION).length > 0) {
                Metrics evaluated =
                        trainer.evaluate().with("epoch", trainer.state().epoch());
                trainer.saveMetrics("eval", evaluated);
                // told to the first rank alone
                last.prediction.ifPresent(seen -> keepDecision(arguments.outputDir(), model.definition(), seen));
                ResultTable.print(out, evaluated);
            }
            if (trainer.isWorldProcessZero()) {
                ModelCard.write(arguments.outputDir());
            }
            out.println("Tuned model: " + arguments.outputDir());
            out.println("Report:      " + arguments.outputDir().resolve(TrainingReport.FILE));
            out.flush();
            return 0;
        }
    }

    /** What the trainer evaluated last; told to the first rank only. */
    private static final class LastEvaluation implements TrainerCallback {
        private Optional<EvalPrediction> prediction = Optional.empty();

        @Override
        public void onEvaluate(TrainerState state, Metrics metrics, EvalPrediction evaluated) {
            prediction = Optional.of(evaluated);
        }
    }

    /** Temperature and thresholds, fitted on validation: predictions go by them. */
    private static void keepDecision(Path folder, ModelDefinition config, EvalPrediction validation) {
        boolean classifies = !config.problemType().equals(Optional.of(ProblemType.REGRESSION));
        if (classifies) {
            Decision.fit(validation, config.labels(), ThresholdRule.YOUDEN, Split.VALIDATION)
                    .write(DurableFiles.SYSTEM, folder);
        }
    }

    /** Of a pipeline stage its own weights alone are loaded. */
    private VisionModel model(Request request, TrainingArguments arguments, Optional<ParallelConfig> layout) {
        DatasetInfo info = request.data().info();
        Function<ModelDefinition, Predicate<String>> here =
                ParallelArguments.weightsHere(layout, RankEnvironment.read(System.getenv()), arguments, false);
        if (request.fromScratch().isPresent()) {
            ModelDefinition config = request.fromScratch()
                    .get()
                    .withImageSize(info.cropHeight(), info.cropWidth())
                    .withLabels(info.labels().names(), info.problemType());
            return VisionModel.fromScratch(
                    config,
                    ImageProcessor.of(Json.typed(info.processor(), "the data set")),
                    request.device(),
                    arguments.seed(),
                    here.apply(config));
        }
        Pretrained.Loaded loaded = Pretrained.load(
                request.checkpoint().orElseThrow(),
                new Pretrained.Options(
                        request.device(),
                        Optional.of(info.labels().names()),
                        Optional.of(info.problemType()),
                        request.ignoreMismatchedSizes(),
                        arguments.seed()),
                here);
        loaded.report().lines().forEach(LOG::info);
        return loaded.model();
    }

    private Trainer trainer(
            VisionModel model,
            Request request,
            TrainingArguments arguments,
            Optional<ParallelConfig> layout,
            TrainerCallback last,
            double secondsToOpen) {
        DatasetInfo info = request.data().info();
        MetricFunction metrics =
                MetricFunction.of(info.problemType(), info.labels().names());
        String augment = arguments.augment().name().toLowerCase(Locale.ROOT).replace('_', '-');
        Dataset train = request.data().split(Split.TRAIN);
        TrainerBuilder builder = Trainer.builder(model, arguments)
                .trainDataset(request.shuffleLabels() ? shuffled(train, arguments.seed()) : train)
                .transforms(ImageTransform.named(augment, info), ImageTransform.named("none", info))
                .metrics(metrics)
                .callback(report(model, request, arguments).phase("Opening the model", secondsToOpen))
                .callback(last)
                .progress(arguments.disableTqdm() ? Progress.NONE : progress);
        LogFiles.of(arguments).forEach(builder::callback);
        layout.ifPresent(builder::parallel);
        Dataset validation = request.data().split(Split.VALIDATION);
        if (validation.size() > 0) {
            builder.evalDataset(validation);
        }
        return builder.build();
    }

    private static TrainingReport report(VisionModel model, Request request, TrainingArguments arguments) {
        TrainingReport report = TrainingReport.of(model, arguments, request.data(), Split.VALIDATION);
        return request.checkpoint().map(report::startedFrom).orElse(report);
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
        };
    }
}
