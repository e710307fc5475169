package io.vit4j.spark;

import io.vit4j.base.InputException;
import io.vit4j.options.TrainingArgumentOptions;
import io.vit4j.train.arguments.TrainingArguments;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code train}: fine-tunes a checkpoint. */
@Command(
        name = "train",
        description = "Fine-tunes a checkpoint on a prepared data set. Takes every training argument of vit4j train.",
        modelTransformer = TrainingArgumentOptions.class,
        sortOptions = false)
final class TrainCommand implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(TrainCommand.class);
    private static final String OUTPUT = "--output";

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"--model", "--model-name-or-path"},
            required = true,
            paramLabel = "CKPT",
            description = "Checkpoint to fine-tune: a folder, or a name on the hub.")
    private String model;

    @Option(names = "--dataset", required = true, paramLabel = "DATASET", description = "Folder of the data set.")
    private String dataset;

    @Option(
            names = "--ranks",
            paramLabel = "N",
            defaultValue = "0",
            description = "Tasks that train together. Default: as many as the parallel configuration has.")
    private int ranks;

    @Option(
            names = "--local-dir",
            paramLabel = "DIR",
            description = "Folder on every executor's machine for copies. Default: java.io.tmpdir.")
    private Optional<String> localDir;

    @Option(
            names = "--ignore-mismatched-sizes",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            defaultValue = "false",
            description = "Replace the checkpoint's classifier if it is for another number of labels.")
    private boolean ignoreMismatchedSizes;

    @Override
    public void run() {
        ParseResult parsed = spec.commandLine().getParseResult();
        String output = parsed.matchedOptionValue(OUTPUT, "");
        if (output.isEmpty()) {
            throw new InputException(OUTPUT + ": is missing; name the folder for checkpoints and the tuned model");
        }
        TrainingArguments arguments = TrainingArgumentOptions.read(parsed);
        arguments.notes().forEach(LOG::info);
        ViTClassifier classifier = new ViTClassifier()
                .setCheckpoint(model)
                .setDataset(dataset)
                .setOutput(output)
                .setRanks(ranks)
                .setReplaceClassifier(ignoreMismatchedSizes)
                .setArguments(arguments.givenToJson().without("output_dir").line());
        localDir.ifPresent(classifier::setLocalDir);
        ViTClassificationModel tuned = classifier.fit(Main.session("train"));
        spec.commandLine().getOut().println("Tuned model: " + tuned.folder());
    }
}
