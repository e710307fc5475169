package io.vit4j.parallel;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.hub.HubName;
import io.vit4j.hub.HubSettings;
import io.vit4j.hub.HuggingFaceHub;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Turns what a user calls a parallel configuration into where it is: a file, a folder that has one, a name on the hub. */
public final class ParallelConfigSource {
    private ParallelConfigSource() {}

    /**
     * The file, or the folder that contains {@code ipu_config.json}. A path of that name wins; then
     * {@code ORGANISATION/NAME[@REVISION]} is looked up on the hub and in its cache.
     */
    public static Path resolve(String fileFolderOrName, HubSettings settings, Progress.Factory progress) {
        try {
            Path path = Path.of(fileFolderOrName);
            if (Files.exists(path)) {
                return path;
            }
        } catch (InvalidPathException noPath) {
            // nor is it a name on the hub, then
        }
        if (fileFolderOrName.endsWith(".json")) {
            throw new InputException(fileFolderOrName + ": no such file; check the path");
        }
        return HubName.parse(fileFolderOrName)
                .map(name -> new HuggingFaceHub(settings).file(name, ParallelConfig.FILE_NAME, progress))
                .orElseThrow(() -> new InputException(fileFolderOrName + ": neither a file, nor a folder with "
                        + ParallelConfig.FILE_NAME + ", nor a name on the hub (ORGANISATION/NAME[@REVISION]);"
                        + " check the path"));
    }
}
