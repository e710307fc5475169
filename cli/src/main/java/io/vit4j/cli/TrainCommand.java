package io.vit4j.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Dataset;
import io.vit4j.data.DatasetInfo;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.image.ImageProcessor;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.MultilabelMetrics;
import io.vit4j.metrics.SingleLabelMetrics;
import io.vit4j.model.Pretrained;
import io.vit4j.model.ViTConfig;
import io.vit4j.model.ViTForImageClassification;
import io.vit4j.torch.Device;
import io.vit4j.train.Trainer;
import io.vit4j.train.TrainerBuilder;
import io.vit4j.train.TrainingArguments;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j train}: fine-tunes a checkpoint, or trains a model from scratch, on a prepared data set. */
@Command(
        name = "train",
        description = "Fine-tunes a checkpoint, or trains a model from scratch, on a prepared data set.",
        footer = {
            "",
            "Writes checkpoints, logs and the tuned model into --output; evaluates on the validation split at the end.",
            "Stopped by Ctrl-C it saves a checkpoint first; go on with --resume-from-checkpoint true.",
            "",
            "Examples:",
            "  vit4j train --model google/vit-base-patch16-224-in21k --dataset dataset --output tuned \\",
            "      --num-train-epochs 3 --learning-rate 2e-4 --warmup-ratio 0.25 --lr-scheduler-type cosine",
            "  vit4j train --from-scratch vit-tiny --dataset dataset --output tiny --args arguments.json",
            "  vit4j train --model base --dataset dataset --output tuned --resume-from-checkpoint true"
        },
        modelTransformer = TrainingArgumentOptions.class,
        sortOptions = false)
final class TrainCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(TrainCommand.class);

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"--model", "--model-name-or-path"},
            paramLabel = "CKPT",
            description = "Checkpoint to fine-tune: a Hugging Face folder.")
    private Optional<Path> checkpoint;

    @Option(
            names = "--from-scratch",
            paramLabel = "NAME|FILE",
            description = "Train a new model instead: vit-tiny, vit-small, vit-base, or a config.json.")
    private Optional<String> fromScratch;

    @Option(
            names = "--dataset",
            required = true,
            paramLabel = "DATASET",
            description = "Folder that prepare has written.")
    private Path dataset;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "cpu",
            description = "cpu, cuda or cuda:N. Default: ${DEFAULT-VALUE}.")
    private String device;

    @Option(
            names = "--ignore-mismatched-sizes",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            defaultValue = "false",
            description = "Replace a classifier that the checkpoint has for another number of labels.")
    private boolean ignoreMismatchedSizes;

    @Override
    public Integer call() {
        TrainingArguments arguments =
                TrainingArgumentOptions.read(spec.commandLine().getParseResult());
        arguments.notes().forEach(LOG::info);
        if (checkpoint.isPresent() == fromScratch.isPresent()) {
            throw new InputException("give either --model CKPT or --from-scratch NAME|FILE");
        }
        try (ArrowDataset data = ArrowDataset.open(dataset);
                ViTForImageClassification model = model(data.info(), arguments);
                Trainer trainer = trainer(model, data, arguments);
                Interrupts interrupts = new Interrupts(trainer::interrupt)) {
            ObjectNode trained = trainer.train();
            if (trainer.wasInterrupted()) {
                LOG.info(
                        "Interrupted after step {}; go on with --resume-from-checkpoint true",
                        trainer.state().globalStep());
                return interrupts.exitCode();
            }
            trainer.saveModel();
            trainer.saveMetrics("train", trained);
            if (data.rows(Split.VALIDATION).length > 0) {
                ObjectNode evaluated = trainer.evaluate();
                evaluated.put("epoch", trainer.state().epoch());
                trainer.saveMetrics("eval", evaluated);
                ResultTable.print(spec.commandLine().getOut(), evaluated);
            }
            spec.commandLine().getOut().println("Tuned model: " + arguments.outputDir());
            return 0;
        }
    }

    private ViTForImageClassification model(DatasetInfo info, TrainingArguments arguments) {
        Device where = Device.parse(device);
        if (fromScratch.isPresent()) {
            String name = fromScratch.get();
            boolean file = name.endsWith(".json") || Files.exists(Path.of(name));
            ViTConfig config = file ? ViTConfig.read(Path.of(name)) : ViTConfig.preset(name.toLowerCase(Locale.ROOT));
            return ViTForImageClassification.fromScratch(
                    config.withImageSize(info.cropHeight(), info.cropWidth())
                            .withLabels(info.labels().names(), info.problemType()),
                    ImageProcessor.of(info.processor(), dataset.toString()),
                    where,
                    arguments.seed());
        }
        Pretrained.Loaded loaded = Pretrained.load(
                checkpoint.orElseThrow(),
                new Pretrained.Options(
                        where,
                        Optional.of(info.labels().names()),
                        Optional.of(info.problemType()),
                        ignoreMismatchedSizes,
                        arguments.seed()));
        loaded.report().lines().forEach(LOG::info);
        return loaded.model();
    }

    private Trainer trainer(ViTForImageClassification model, ArrowDataset data, TrainingArguments arguments) {
        DatasetInfo info = data.info();
        MetricFunction metrics = info.problemType() == ProblemType.SINGLE_LABEL
                ? new SingleLabelMetrics(info.labels().names())
                : new MultilabelMetrics(info.labels().names());
        String augment = arguments.augment().name().toLowerCase(Locale.ROOT).replace('_', '-');
        TrainerBuilder builder = Trainer.builder(model, arguments)
                .trainDataset(data.split(Split.TRAIN))
                .transforms(ImageTransform.named(augment, info), ImageTransform.named("none", info))
                .metrics(metrics)
                .progress(arguments.disableTqdm() ? io.vit4j.base.Progress.NONE : vit4j.progress());
        Dataset validation = data.split(Split.VALIDATION);
        if (validation.size() > 0) {
            builder.evalDataset(validation);
        }
        return builder.build();
    }
}
