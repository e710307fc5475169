package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns a user's name for data into the folder or file that contains it: a path, or {@code hf:OWNER/NAME[@REVISION][/CONFIGURATION]},
 * a data set on the hub.
 *
 * @param path the folder or file
 * @param configuration of the data set, if the name has one
 */
public record DatasetSource(Path path, Optional<String> configuration) {
    /** What the name of a data set on the hub begins with. */
    public static final String HUB = "hf:";

    /** Of revisions with slashes, those that the hub itself makes are known; the slashes of others are written %2F. */
    private static final Pattern NAME =
            Pattern.compile("([^/@]+/[^/@]+)(?:@(refs/(?:convert|pr)/[^/]+|[^/]+))?(?:/([^/]+))?");

    /** Whether a name is one of a data set on the hub. */
    public static boolean isOnHub(String name) {
        return name.startsWith(HUB);
    }

    /**
     * The folder of the data. A data set on the hub is downloaded as far as the cache lacks it.
     *
     * @param progress draws the downloads
     */
    public static DatasetSource resolve(String name, HubSettings settings, Progress.Factory progress) {
        if (!isOnHub(name)) {
            try {
                return new DatasetSource(Path.of(name), Optional.empty());
            } catch (InvalidPathException e) {
                throw new InputException(name + ": not a valid path; check it", e);
            }
        }
        Matcher parts = NAME.matcher(name.substring(HUB.length()));
        Optional<HubName> repository = parts.matches()
                ? HubName.parse(parts.group(1)
                        + (parts.group(2) == null ? "" : "@" + parts.group(2).replace("%2F", "/")))
                : Optional.empty();
        HubName found = repository.orElseThrow(() -> new InputException(
                name + ": not a data set on the hub; write hf:OWNER/NAME[@REVISION][/CONFIGURATION], such as"
                        + " hf:ethz/food101"));
        HubName dataset = new HubName(found.repository(), found.revision(), HubName.Kind.DATASET);
        Optional<String> configuration = Optional.ofNullable(parts.group(3));
        return new DatasetSource(new HuggingFaceHub(settings).dataset(dataset, configuration, progress), configuration);
    }
}
