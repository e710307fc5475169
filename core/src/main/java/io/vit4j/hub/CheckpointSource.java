package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.base.NearestName;
import io.vit4j.base.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Turns a user's name for a model (the path of a folder, or a name on the hub) into the folder or file that contains it. */
public final class CheckpointSource {
    /** What most people start from, for hints. */
    private static final List<String> WELL_KNOWN = List.of(
            "google/vit-base-patch16-224-in21k",
            "google/vit-base-patch16-224",
            "google/vit-base-patch16-384",
            "google/vit-base-patch32-224-in21k",
            "google/vit-base-patch32-384",
            "google/vit-large-patch16-224-in21k",
            "google/vit-large-patch16-224",
            "google/vit-large-patch16-384",
            "google/vit-large-patch32-224-in21k",
            "google/vit-large-patch32-384",
            "google/vit-huge-patch14-224-in21k");

    private static final int MOST_SIBLINGS = 1000;

    private CheckpointSource() {}

    /**
     * The folder of a checkpoint, or its file of weights alone. A folder or file of that path wins; then {@code ORGANISATION/NAME[@REVISION]} is looked up on the
     * hub and in its cache.
     *
     * @param progress draws the downloads
     */
    public static Path resolve(String nameOrFolder, HubSettings settings, Progress.Factory progress) {
        Path path = path(nameOrFolder);
        if (CheckpointFiles.isCheckpoint(path)) {
            return path;
        }
        if (Files.exists(path)) {
            throw InputException.in(
                    path,
                    "is a file; name the folder that contains it and config.json: "
                            + path.toAbsolutePath().getParent());
        }
        return HubName.parse(nameOrFolder)
                .map(name -> new HuggingFaceHub(settings).folder(name, progress))
                .orElseThrow(() -> new InputException(nameOrFolder
                        + ": neither a folder nor a name on the hub (ORGANISATION/NAME[@REVISION]); did you mean "
                        + NearestName.to(nameOrFolder, candidates(path)) + "?"));
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new InputException(text + ": neither a path nor a name on the hub; check it", e);
        }
    }

    private static List<String> candidates(Path path) {
        List<String> candidates = new ArrayList<>(WELL_KNOWN);
        Path parent = path.getParent() == null ? Path.of("") : path.getParent();
        try (Stream<Path> siblings = Files.list(parent)) {
            siblings.filter(Files::isDirectory)
                    .limit(MOST_SIBLINGS)
                    .map(sibling -> path.getParent() == null ? sibling.getFileName() : sibling)
                    .map(Path::toString)
                    .forEach(candidates::add);
        } catch (IOException noHints) {
            return candidates;
        }
        return candidates;
    }
}
