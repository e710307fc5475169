package io.vit4j.spark;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.train.arguments.Argument;
import io.vit4j.train.arguments.ArgumentTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** {@code train}: fine-tunes a checkpoint. */
@Command(
        name = "train",
        description = "Fine-tunes a checkpoint on a prepared data set. Takes every training argument of vit4j train.",
        sortOptions = false)
final class TrainCommand implements Runnable {
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
            names = {"--output", "--output-dir"},
            required = true,
            paramLabel = "DIR",
            description = "Folder for checkpoints and the tuned model.")
    private String output;

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

    @Option(
            names = "--args",
            paramLabel = "FILE.json",
            description = "Read training arguments from a JSON file on the driver's machine; options override it.")
    private Optional<Path> file;

    @Unmatched
    private List<String> words = new ArrayList<>();

    @Override
    public void run() {
        ViTClassifier classifier = new ViTClassifier()
                .setCheckpoint(model)
                .setDataset(dataset)
                .setOutput(output)
                .setRanks(ranks)
                .setReplaceClassifier(ignoreMismatchedSizes)
                .setArguments(file.map(JsonObject::read)
                        .orElse(JsonObject.empty())
                        .withAll(given(words))
                        .line());
        localDir.ifPresent(classifier::setLocalDir);
        ViTClassificationModel tuned = classifier.fit(Main.session("train"));
        spec.commandLine().getOut().println("Tuned model: " + tuned.folder());
    }

    /** Training arguments as options: {@code --name value}, {@code --name=value}; a switch alone is true; lists have several values. */
    static JsonObject given(List<String> words) {
        JsonObject given = JsonObject.empty();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            int equals = word.indexOf('=');
            String option = (equals < 0 ? word : word.substring(0, equals)).toLowerCase(Locale.ROOT);
            Argument argument = Optional.of(option)
                    .filter(name -> name.startsWith("--"))
                    .flatMap(name -> ArgumentTable.find(name.substring(2).replace('-', '_')))
                    .orElseThrow(() -> new InputException(word + " is not an option of train (see --help, and"
                            + " docs/arguments.md for training arguments)"));
            List<String> values = new ArrayList<>();
            if (equals >= 0) {
                values.add(word.substring(equals + 1));
            }
            boolean list = argument.type() == Argument.Type.LIST;
            while (i + 1 < words.size() && !words.get(i + 1).startsWith("--") && (values.isEmpty() || list)) {
                values.add(words.get(++i));
            }
            given = given.with(argument.name(), values.isEmpty() ? "true" : String.join(",", values));
        }
        return given;
    }
}
