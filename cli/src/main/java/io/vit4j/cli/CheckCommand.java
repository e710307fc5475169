package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.data.ArrowDataset;
import io.vit4j.hub.FolderManifest;
import io.vit4j.train.checkpoint.Checkpoint;
import io.vit4j.train.checkpoint.TrainerState;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vit4j check}: whether every byte of a data set, a checkpoint, a tuned model or a whole run is as it was written. */
@Command(
        name = "check",
        description = "Checks every byte of data sets, checkpoints and tuned models against the checksums written"
                + " with them.",
        footer = {
            "",
            "Exits with 0 if everything is unchanged. If not, it prints a line that names the file, and"
                    + " exits with 2.",
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
            description = "A folder written by prepare, a checkpoint-STEP, or the output folder of a run, whose tuned"
                    + " model and checkpoints are all checked.")
    private List<Path> folders;

    @Override
    public void run() {
        folders.forEach(this::check);
    }

    private void check(Path folder) {
        if (ArrowDataset.isIn(folder)) {
            try (ArrowDataset data = ArrowDataset.open(folder)) {
                data.verify();
                whole(folder, data.size() + " rows");
            }
            return;
        }
        Optional<FolderManifest> manifest = FolderManifest.of(folder);
        if (manifest.isPresent() && manifest.get().lists(TrainerState.FILE)) {
            whole(folder, "step " + Checkpoint.open(folder).step());
            return;
        }
        List<Checkpoint> checkpoints = Checkpoint.in(folder);
        if (manifest.isEmpty() && checkpoints.isEmpty()) {
            throw InputException.in(
                    folder,
                    "contains neither " + ArrowDataset.FILE + " nor " + FolderManifest.FILE
                            + " nor checkpoints; name a data set, a checkpoint-STEP, a tuned model or a run's output"
                            + " folder");
        }
        List<String> damages = Stream.concat(
                        manifest.stream().map(FolderManifest::damage),
                        checkpoints.stream().map(Checkpoint::damage))
                .flatMap(Optional::stream)
                .toList();
        if (!damages.isEmpty()) {
            throw new InputException(String.join("; ", damages));
        }
        manifest.ifPresent(of -> whole(folder, "the tuned model"));
        checkpoints.forEach(checkpoint -> whole(checkpoint.folder(), "step " + checkpoint.step()));
    }

    private void whole(Path folder, String extent) {
        spec.commandLine().getOut().println(folder + ": intact (" + extent + ")");
    }
}
