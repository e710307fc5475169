package io.vit4j.cli;

import io.vit4j.FineTuneRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.model.ModelDefinition;
import io.vit4j.train.arguments.TrainingArguments;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is trained and on what: the options that train, crossval and sweep have in common, beside the training arguments. */
final class TrainingStart {
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

    FineTuneRequest request(TrainingArguments arguments) {
        if (checkpoint.isPresent() == fromScratch.isPresent()) {
            throw new InputException("give either --model CKPT or --from-scratch NAME|FILE");
        }
        return checkpoint
                .map(name -> Vit4j.fineTune(name))
                .orElseGet(() -> Vit4j.fromScratch(config(fromScratch.orElseThrow())))
                .on(dataset)
                .device(device.device(arguments.useCpu()))
                .replaceClassifier(ignoreMismatchedSizes);
    }

    static ModelDefinition config(String name) {
        boolean file = name.endsWith(".json") || Files.exists(Path.of(name));
        return file ? ModelDefinition.read(Path.of(name)) : ModelDefinition.preset(name);
    }
}
