package io.vit4j.spark;

import io.vit4j.base.InputException;
import io.vit4j.train.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The output folder of a run on the shared file system: whole checkpoints, and at the end the tuned model. */
final class RunFolder {
    private static final Logger LOG = LoggerFactory.getLogger(RunFolder.class);
    private static final String UPLOADING = "_uploading";
    private static final String CHECKPOINT = "checkpoint-";

    private final HadoopFolder shared;

    RunFolder(HadoopFolder shared) {
        this.shared = shared;
    }

    /** Names of the checkpoints, the newest first. */
    List<String> checkpoints() {
        try {
            return shared.names().stream()
                    .filter(name -> name.matches(CHECKPOINT + "\\d{1,18}"))
                    .sorted(Comparator.comparingLong(
                                    (String name) -> Long.parseLong(name.substring(CHECKPOINT.length())))
                            .reversed())
                    .toList();
        } catch (IOException e) {
            throw cannot("be read", e);
        }
    }

    /** Whether it holds a run, ended or not. */
    boolean holdsRun() {
        try {
            return !checkpoints().isEmpty() || shared.has("trainer_state.json");
        } catch (IOException e) {
            throw cannot("be read", e);
        }
    }

    /** Removes the checkpoints of an earlier run. */
    void forget() {
        try {
            for (String name : checkpoints()) {
                shared.delete(name);
            }
            shared.delete("trainer_state.json");
        } catch (IOException e) {
            throw cannot("be written", e);
        }
    }

    /**
     * Copies the newest checkpoint whose every byte is as it was written into a local output folder.
     *
     * @return its name; empty if there is none
     */
    String fetchNewest(Path output) {
        for (String name : checkpoints()) {
            fetch(name, output);
            Optional<String> damage = new Checkpoint(output.resolve(name), 0).damage();
            if (damage.isEmpty()) {
                return name;
            }
            LOG.warn("Ignoring a damaged checkpoint: {}", damage.get());
        }
        return "";
    }

    /** Copies a checkpoint into a local output folder, unless another rank of this machine has. */
    void fetch(String name, Path output) {
        LocalFolders.once(output.resolve(name), into -> shared.resolve(name).download(into, file -> true));
    }

    /** A checkpoint gets its name when all of it is there. */
    void upload(Path checkpoint) {
        String name = checkpoint.getFileName().toString();
        try {
            shared.delete(UPLOADING);
            shared.resolve(UPLOADING).upload(checkpoint, file -> true);
            shared.delete(name);
            shared.rename(UPLOADING, name);
        } catch (IOException e) {
            throw cannot("be written", e);
        }
    }

    /** Removes checkpoints that the run has removed from its own folder. */
    void removeOthers(Path output) {
        try {
            for (String name : checkpoints()) {
                if (!Files.exists(output.resolve(name))) {
                    shared.delete(name);
                }
            }
        } catch (IOException e) {
            throw cannot("be written", e);
        }
    }

    /** Brings what the run left beside its checkpoints: the tuned model, its results and reports. */
    void publish(Path output) {
        try {
            shared.upload(
                    output, file -> !file.startsWith(CHECKPOINT) && !file.startsWith(".") && !file.endsWith(".lock"));
        } catch (IOException e) {
            throw cannot("be written", e);
        }
    }

    private InputException cannot(String what, IOException e) {
        return new InputException(shared + ": cannot " + what + ": " + e.getMessage(), e);
    }
}
