package io.vit4j.cli;

import io.vit4j.data.ArrowDataset;
import io.vit4j.data.augment.Augmentation;
import io.vit4j.report.DatasetInspection;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vit4j inspect}: what is in a prepared data set. */
@Command(
        name = "inspect",
        description = "Shows what a prepared data set contains, and warns of problems.",
        footer = {
            "",
            "Prints the first rows, split sizes, label counts and warnings, and draws twelve pictures as a PNG."
                    + " With --augment, also shows training pictures as training would see them.",
            "",
            "Examples:",
            "  vit4j inspect --dataset dataset",
            "  vit4j inspect --dataset dataset --duplicates",
            "  vit4j inspect --dataset dataset --augment crop-flip+randaugment"
        },
        sortOptions = false)
final class InspectCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(names = "--dataset", required = true, paramLabel = "DATASET", description = "Folder written by prepare.")
    private Path dataset;

    @Option(
            names = "--output",
            paramLabel = "PNG",
            description = "File for the twelve pictures. Default: pictures.png in DATASET.")
    private Optional<Path> output;

    @Option(
            names = "--augment",
            paramLabel = "STEPS",
            description =
                    "Draw training pictures as train would see them with this --augment: augmented.png, beside the"
                            + " twelve pictures.")
    private Optional<String> augment;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "42",
            description =
                    "Seed of what --augment draws; with that of a run, its own pictures. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--duplicates",
            description = "List pictures that are the same, or nearly, and write them to duplicates.csv in DATASET.")
    private boolean duplicates;

    @Override
    public void run() {
        Optional<Augmentation> augmentation = augment.map(Augmentation::parse);
        PrintWriter out = spec.commandLine().getOut();
        try (ArrowDataset data = ArrowDataset.open(dataset)) {
            out.println(DatasetInspection.of(data).text());
            Path png = output.orElse(dataset.resolve("pictures.png"));
            DatasetInspection.pictures(data, png.toAbsolutePath());
            out.println("Twelve pictures: " + png);
            if (duplicates) {
                DuplicatesList.of(data).write(dataset.resolve("duplicates.csv"), out);
            }
            augmentation.ifPresent(steps -> {
                Path sheet = png.resolveSibling("augmented.png");
                DatasetInspection.augmented(data, steps, seed, sheet.toAbsolutePath());
                out.println("What training would see with " + steps + ": " + sheet);
            });
        }
        out.flush();
    }
}
