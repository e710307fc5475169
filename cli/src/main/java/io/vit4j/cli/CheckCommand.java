package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.data.ArrowDataset;
import io.vit4j.train.Checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vit4j check}: whether every byte of a data set, a checkpoint or a run's checkpoints is as it was written. */
@Command(
        name = "check",
        description =
                "Reads every byte of data sets and checkpoints and compares with the sums they were written with.",
        footer = {
            "",
            "Exits with 0 where all is as it was written, and with 2 and a line that names the file where it is not.",
            "",
            "Examples:",
            "  vit4j check dataset",
            "  vit4j check tuned/checkpoint-500",
            "  vit4j check tuned"
        },
        sortOptions = false)
final class CheckCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "DATASET|CHECKPOINT|RUN",
            description = "Folder that prepare has written, a checkpoint-STEP, or a run's output folder with such.")
    private List<Path> folders;

    @Override
    public void run() {
        folders.forEach(this::check);
    }

    private void check(Path folder) {
        if (Files.exists(folder.resolve(ArrowDataset.FILE))) {
            try (ArrowDataset data = ArrowDataset.open(folder)) {
                data.verify();
                whole(folder, data.size() + " rows");
            }
            return;
        }
        if (Files.exists(folder.resolve(Checkpoint.MANIFEST))) {
            whole(folder, "step " + Checkpoint.open(folder).step());
            return;
        }
        List<Checkpoint> checkpoints = Checkpoint.in(folder);
        if (checkpoints.isEmpty()) {
            throw InputException.in(
                    folder,
                    "holds neither " + ArrowDataset.FILE + " nor " + Checkpoint.MANIFEST
                            + " nor checkpoints; name a data set, a checkpoint-STEP or a run's output folder");
        }
        List<String> damages = checkpoints.stream()
                .flatMap(checkpoint -> checkpoint.damage().stream())
                .toList();
        if (!damages.isEmpty()) {
            throw new InputException(String.join("; ", damages));
        }
        checkpoints.forEach(checkpoint -> whole(checkpoint.folder(), "step " + checkpoint.step()));
    }

    private void whole(Path folder, String extent) {
        spec.commandLine().getOut().println(folder + ": whole (" + extent + ")");
    }
}
