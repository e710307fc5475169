package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.data.ImageFolder;
import io.vit4j.data.ImageSource;
import io.vit4j.data.LabelTable;
import io.vit4j.data.NihLabelFile;
import io.vit4j.data.Problems;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Where images and labels are, and what the labels mean. */
final class LabelOptions {
    private static final String RELEASE_FILE = "Data_Entry_2017*.csv";

    /** What becomes of the label "No Finding". */
    enum NoFindingLabel {
        KEEP,
        DROP
    }

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "Folder with the label file, and the images in images/ or anywhere below. It is only read.")
    private Path data;

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description = "The label file. Default: " + RELEASE_FILE + " in DIR.")
    private Path labels;

    @Option(
            names = "--no-finding-label",
            paramLabel = "keep|drop",
            defaultValue = "keep",
            description =
                    "keep: \"No Finding\" is a label like the others, 15 in all; drop: 14. Default: ${DEFAULT-VALUE}.")
    private NoFindingLabel noFinding;

    LabelTable read(Problems problems) {
        return NihLabelFile.read(
                labels == null ? labelFileIn(data) : labels,
                noFinding == NoFindingLabel.KEEP ? NihLabelFile.NoFinding.KEEP : NihLabelFile.NoFinding.DROP,
                problems);
    }

    ImageSource images() {
        Path images = data.resolve("images");
        return new ImageFolder(Files.isDirectory(images) ? images : data);
    }

    Path folder() {
        return data;
    }

    private static Path labelFileIn(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw InputException.in(folder, "no such folder; check --data");
        }
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, RELEASE_FILE)) {
            files.forEach(found::add);
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be read; check its permissions", e);
        }
        if (found.size() == 1) {
            return found.get(0);
        }
        throw InputException.in(
                folder,
                (found.isEmpty() ? "holds no label file " + RELEASE_FILE : "holds several label files")
                        + "; name it with --labels FILE");
    }
}
