package io.vit4j.spark;

import io.vit4j.base.InputException;
import io.vit4j.train.checkpoint.Checkpoint;
import java.io.IOException;
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

    /** The checkpoints, the newest first; their folders are names. */
    private List<Checkpoint> checkpoints() {
        try {
            return shared.names().stream()
                    .flatMap(name -> Checkpoint.of(Path.of(name)).stream())
                    .sorted(Comparator.comparingLong(Checkpoint::step).reversed())
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
            delete(checkpoints());
            shared.delete("trainer_state.json");
        } catch (IOException e) {
            throw cannot("be written", e);
        }
    }

    private void delete(List<Checkpoint> removed) throws IOException {
        for (Checkpoint each : removed) {
            shared.delete(each.folder().toString());
        }
    }

    /** Copies the newest checkpoint whose every byte is as it was written, if there is one, into a local output folder. */
    void fetchNewest(Path output) {
        for (Checkpoint checkpoint : checkpoints()) {
            Path copy = output.resolve(checkpoint.folder());
            fetch(copy);
            Optional<String> damage = new Checkpoint(copy, checkpoint.step()).damage();
            if (damage.isEmpty()) {
                return;
            }
            LOG.warn("Ignoring a damaged checkpoint: {}", damage.get());
        }
    }

    /** Copies a checkpoint to this machine, unless another rank of it has. */
    void fetch(Path checkpoint) {
        String name = checkpoint.getFileName().toString();
        LocalFolders.once(checkpoint, into -> shared.resolve(name).download(into, file -> true));
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

    /** Removes old checkpoints beyond the limit, as the run does in its own folder, where it may have fewer. */
    void rotate(int limit, Path written, Optional<String> best) {
        Checkpoint newest = Checkpoint.of(written.getFileName()).orElseThrow();
        try {
            delete(Checkpoint.beyond(limit, checkpoints(), newest, best));
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
