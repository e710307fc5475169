package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.data.ArrowDataset;
import io.vit4j.report.TrainingReport;
import io.vit4j.train.arguments.TrainingArguments.ReportImages;
import io.vit4j.train.checkpoint.RunLock;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vit4j report}: writes a run's report again. */
@Command(
        name = "report",
        description = "Writes a run's report.html again, from the files in its output folder.",
        footer = {
            "",
            "The report is one file for the browser and needs no network: curves, metrics with intervals,"
                    + " thresholds, groups.",
            "",
            "Examples:",
            "  vit4j report tuned",
            "  vit4j report tuned --dataset dataset --report-images all"
        },
        sortOptions = false)
final class ReportCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "Output folder of train, or the folder of an evaluated model.")
    private Path folder;

    @Option(
            names = "--dataset",
            paramLabel = "DATASET",
            description = "The data set that was evaluated, to show its pictures.")
    private Optional<Path> dataset;

    @Option(
            names = "--report-images",
            paramLabel = "auto|none|all",
            defaultValue = "auto",
            description = "Whether to show pictures; auto shows only synthetic ones and those of the NIH release."
                    + " Default: ${DEFAULT-VALUE}.")
    private ReportImages images;

    @Override
    public void run() {
        if (RunLock.isHeld(folder)) {
            throw InputException.in(
                    folder,
                    "a run is writing there and keeps " + folder.resolve(TrainingReport.FILE)
                            + " up to date; open that file, or wait until the run ends");
        }
        Path written;
        if (dataset.isPresent()) {
            try (ArrowDataset data = ArrowDataset.open(dataset.get())) {
                written = TrainingReport.rewrite(folder, data, images);
            }
        } else {
            written = TrainingReport.rewrite(folder);
        }
        spec.commandLine().getOut().println(written);
    }
}
