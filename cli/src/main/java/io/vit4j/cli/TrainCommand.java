package io.vit4j.cli;

import io.vit4j.FineTuneRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.model.ModelDefinition;
import io.vit4j.train.arguments.TrainingArguments;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
            "Writes checkpoints, logs and the tuned model into --output, and evaluates on the validation"
                    + " split at the end.",
            "If you stop it with Ctrl-C, it saves a checkpoint first; continue with"
                    + " --resume-from-checkpoint true.",
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
            description = "Checkpoint to fine-tune: a Hugging Face folder, a name on the hub, or a .npz or .pt file.")
    private Optional<String> checkpoint;

    @Option(
            names = "--from-scratch",
            paramLabel = "NAME|FILE",
            description = "Train a new model instead: one by name, such as vit-tiny or siglip-base, or a config.json.")
    private Optional<String> fromScratch;

    @Option(names = "--dataset", required = true, paramLabel = "DATASET", description = "Folder written by prepare.")
    private Path dataset;

    @Mixin
    private DeviceOption device;

    @Option(
            names = "--ignore-mismatched-sizes",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            defaultValue = "false",
            description = "Replace the checkpoint's classifier if it is for a different number of labels.")
    private boolean ignoreMismatchedSizes;

    @Override
    public Integer call() {
        TrainingArguments arguments =
                TrainingArgumentOptions.read(spec.commandLine().getParseResult());
        arguments.notes().forEach(LOG::info);
        if (checkpoint.isPresent() == fromScratch.isPresent()) {
            throw new InputException("give either --model CKPT or --from-scratch NAME|FILE");
        }
        FineTuneRequest request = checkpoint
                .map(name -> Vit4j.fineTune(name))
                .orElseGet(() -> Vit4j.fromScratch(config(fromScratch.orElseThrow())))
                .on(dataset)
                .device(device.device(arguments.useCpu()))
                .replaceClassifier(ignoreMismatchedSizes);
        return new FineTuning(vit4j.progress(), spec.commandLine().getOut()).run(request, arguments);
    }

    private static ModelDefinition config(String name) {
        boolean file = name.endsWith(".json") || Files.exists(Path.of(name));
        return file ? ModelDefinition.read(Path.of(name)) : ModelDefinition.preset(name);
    }
}
