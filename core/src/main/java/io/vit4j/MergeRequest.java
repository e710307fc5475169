package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.hub.AdapterFolder;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.CheckpointSource;
import io.vit4j.hub.HubSettings;
import io.vit4j.infer.Decision;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * An adapter and the model that it adapts become a plain checkpoint: {@code W + scale * B A} for each adapted matrix, in float32.
 *
 * <pre>{@code
 * Path merged = Vit4j.merge("tuned").output(Path.of("merged")).run(Progress.NONE);
 * }</pre>
 */
public final class MergeRequest {
    private final String adapter;
    private Optional<String> base = Optional.empty();
    private Optional<Path> output = Optional.empty();

    MergeRequest(String adapter) {
        this.adapter = adapter;
    }

    /** The model that is adapted, a folder or a name on the hub; by default the one that the adapter names. */
    public MergeRequest base(String checkpoint) {
        base = Optional.of(checkpoint);
        return this;
    }

    /** Folder for the checkpoint, which is required. */
    public MergeRequest output(Path folder) {
        output = Optional.of(folder);
        return this;
    }

    /** Writes the checkpoint, and returns its folder; InputException if there is nothing to merge. */
    public Path run(Progress.Factory progress) {
        Path into = output.orElseThrow(() -> new InputException("no output folder was given; name one"));
        for (String name : CheckpointFiles.WEIGHTS) {
            if (Files.exists(into.resolve(name))) {
                throw InputException.in(into, "already contains a model (" + name + "); choose another --output");
            }
        }
        Path folder = CheckpointSource.resolve(adapter, HubSettings.fromEnvironment(), progress);
        if (!AdapterFolder.is(folder)) {
            throw InputException.in(
                    folder, "contains no adapter (" + AdapterFolder.CONFIG + "); there is nothing to merge");
        }
        Pretrained.Adapting merged = base.map(
                        name -> CheckpointSource.resolve(name, HubSettings.fromEnvironment(), progress))
                .map(Pretrained.Adapting.MERGED::over)
                .orElse(Pretrained.Adapting.MERGED);
        try (VisionModel model = Pretrained.load(
                        folder, Pretrained.Options.asItIs(Device.CPU).withAdapting(merged))
                .model()) {
            Files.createDirectories(into);
            model.save(DurableFiles.SYSTEM, into);
        } catch (IOException e) {
            throw InputException.in(into, "cannot be created (" + e.getMessage() + "); check its permissions", e);
        }
        if (Files.exists(folder.resolve(Decision.FILE))) {
            Decision.read(folder).write(DurableFiles.SYSTEM, into);
        }
        return into;
    }
}
