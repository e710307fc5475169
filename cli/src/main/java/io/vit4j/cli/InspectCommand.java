package io.vit4j.cli;

import io.vit4j.data.ArrowDataset;
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
            "Prints the first rows, split sizes, label counts and warnings, and draws twelve pictures as a PNG.",
            "",
            "Example:",
            "  vit4j inspect --dataset dataset"
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

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        try (ArrowDataset data = ArrowDataset.open(dataset)) {
            out.println(DatasetInspection.of(data).text());
            Path png = output.orElse(dataset.resolve("pictures.png"));
            DatasetInspection.pictures(data, png.toAbsolutePath());
            out.println("Twelve pictures: " + png);
        }
        out.flush();
    }
}
