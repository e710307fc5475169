package io.vit4j.train.checkpoint;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.hub.FolderManifest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder {@code checkpoint-STEP} that is either complete or absent: written under another name, synced, renamed, with a
 * manifest of every file's size and SHA-256 that reveals damage.
 *
 * @param folder where it is
 * @param step optimizer steps done when it was written
 */
public record Checkpoint(Path folder, long step) {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoint.class);
    private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{1,18})");

    /** All folders named like checkpoints in an output folder, newest first, whole or not. */
    public static List<Checkpoint> in(Path outputDir) {
        if (!Files.isDirectory(outputDir)) {
            return List.of();
        }
        List<Checkpoint> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(outputDir)) {
            files.filter(Files::isDirectory).forEach(folder -> of(folder).ifPresent(found::add));
        } catch (IOException | UncheckedIOException e) {
            throw InputException.in(outputDir, "cannot be listed (" + e.getMessage() + "); check its permissions", e);
        }
        found.sort(Comparator.comparingLong(Checkpoint::step).reversed());
        return found;
    }

    /** Of the checkpoint after so many steps. */
    public static String name(long step) {
        return "checkpoint-" + step;
    }

    /** Whether a folder with that name is a checkpoint's. */
    static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** A folder that is named like a checkpoint's; empty for another. */
    public static Optional<Checkpoint> of(Path folder) {
        Matcher name = NAME.matcher(folder.getFileName().toString());
        return name.matches() ? Optional.of(new Checkpoint(folder, Long.parseLong(name.group(1)))) : Optional.empty();
    }

    /** The newest whole checkpoint of an output folder; damaged ones are named in the log and passed over. */
    public static Optional<Checkpoint> newestWhole(Path outputDir) {
        for (Checkpoint checkpoint : in(outputDir)) {
            Optional<String> damage = checkpoint.damage();
            if (damage.isEmpty()) {
                return Optional.of(checkpoint);
            }
            LOG.warn("Ignoring a damaged checkpoint: {}", damage.get());
        }
        return Optional.empty();
    }

    /** The checkpoint in that folder, after checking every byte; InputException if it is damaged. */
    public static Checkpoint open(Path folder) {
        if (!FolderManifest.of(folder)
                .map(manifest -> manifest.lists(TrainerState.FILE))
                .orElse(false)) {
            throw InputException.in(
                    folder,
                    "is not a training checkpoint (it has no " + FolderManifest.FILE + " that lists "
                            + TrainerState.FILE + "); name a folder checkpoint-STEP, or true for the newest");
        }
        Path file = folder.resolve(TrainerState.FILE);
        JsonObject state = JsonObject.read(file);
        if (!state.has("global_step")) {
            throw InputException.in(file, "has no global_step; resume from another checkpoint");
        }
        Checkpoint checkpoint = new Checkpoint(folder, state.count("global_step"));
        checkpoint.damage().ifPresent(damage -> {
            throw new InputException(damage + "; resume from another checkpoint");
        });
        return checkpoint;
    }

    /** Step and folder, for another rank. */
    public String toText() {
        return step + " " + folder;
    }

    /**
     * Of {@link #toText}; InputException if this machine does not have it.
     *
     * @param fetch brings it if it is absent
     */
    public static Checkpoint ofText(String text, Consumer<Path> fetch) {
        int space = text.indexOf(' ');
        Path folder = Path.of(text.substring(space + 1));
        if (!Files.exists(folder)) {
            fetch.accept(folder);
        }
        if (!Files.isRegularFile(folder.resolve(FolderManifest.FILE))) {
            throw InputException.in(
                    folder,
                    "is what rank 0 resumes from, but it does not exist here; use a folder that all ranks can see");
        }
        return new Checkpoint(folder, Long.parseLong(text.substring(0, space)));
    }

    /** What is wrong with it, naming the file; empty if every byte is unchanged. */
    public Optional<String> damage() {
        try {
            Optional<FolderManifest> manifest = FolderManifest.of(folder);
            return manifest.isPresent()
                    ? manifest.get().damage()
                    : Optional.of(folder + ": has no " + FolderManifest.FILE + " to check it against");
        } catch (InputException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** Writes a checkpoint into an output folder: whatever {@code content} puts there, and its manifest. */
    public static Checkpoint write(DurableFiles files, Path outputDir, long step, DurableFiles.FolderContent content) {
        Path folder = outputDir.resolve(name(step));
        files.replaceFolder(folder, draft -> {
            content.writeInto(draft);
            FolderManifest.writeOfAll(files, draft);
        });
        return new Checkpoint(folder, step);
    }

    /** Removes old checkpoints beyond the limit, never the one just written nor the one to keep. */
    public static void rotate(
            DurableFiles files, Path outputDir, int limit, Checkpoint written, Optional<String> keep) {
        beyond(limit, in(outputDir), written, keep).forEach(checkpoint -> files.delete(checkpoint.folder()));
    }

    /**
     * Old checkpoints beyond the limit, never the one just written nor the one to keep.
     *
     * @param all newest first
     * @param keep the name of its folder
     */
    public static List<Checkpoint> beyond(int limit, List<Checkpoint> all, Checkpoint written, Optional<String> keep) {
        List<Checkpoint> removable = all.stream()
                .filter(checkpoint -> checkpoint.step() != written.step())
                .filter(checkpoint -> keep.isEmpty()
                        || !checkpoint.folder().getFileName().toString().equals(keep.get()))
                .toList();
        int excess = Math.max(0, all.size() - Math.max(1, limit));
        return removable.subList(Math.max(0, removable.size() - excess), removable.size());
    }
}
