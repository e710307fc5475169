package io.vit4j.hub;

import io.vit4j.base.DeviceNames;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A model or data set on the hub: {@code google/vit-base-patch16-224-in21k}, with {@code @REVISION} behind it if it is not the
 * newest. What is not shaped like one is none, so that no name leads out of the cache folder or to another address.
 *
 * @param repository {@code ORGANISATION/NAME}
 * @param revision branch, tag or commit
 * @param kind what it holds
 */
public record HubName(String repository, String revision, HubName.Kind kind) {
    /** What a repository on the hub holds. */
    public enum Kind {
        /** A model. */
        MODEL("model", "models--", ""),
        /** A data set. */
        DATASET("data set", "datasets--", "datasets/");

        private final String word;
        private final String folder;
        private final String address;

        Kind(String word, String folder, String address) {
            this.word = word;
            this.folder = folder;
            this.address = address;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** The branch that is used if none is named. */
    public static final String NEWEST = "main";

    // huggingface_hub's _validators.py, validate_repo_id; that it begins and ends with a letter, digit or _ is its \b
    private static final Pattern REPOSITORY = Pattern.compile("\\w(?:[\\w.-]{0,94}\\w)?/\\w(?:[\\w.-]{0,94}\\w)?");

    private static final Pattern REVISION = Pattern.compile("[\\w+][\\w.+-]*(?:/[\\w+][\\w.+-]*)*");
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    private static final int LONGEST_REVISION = 200;

    /** Checks that the parts can stand in an address and a file name. */
    public HubName {
        if (!isRepository(repository) || !isRevision(revision)) {
            throw new IllegalArgumentException(repository + "@" + revision + " is not a valid name on the hub");
        }
    }

    /** A model. */
    public HubName(String repository, String revision) {
        this(repository, revision, Kind.MODEL);
    }

    /** The model that a text names, if it has the shape of such a name. */
    public static Optional<HubName> parse(String text) {
        int at = text.indexOf('@');
        String repository = at < 0 ? text : text.substring(0, at);
        String revision = at < 0 ? NEWEST : text.substring(at + 1);
        return isRepository(repository) && isRevision(revision)
                ? Optional.of(new HubName(repository, revision))
                : Optional.empty();
    }

    private static boolean isRepository(String text) {
        return REPOSITORY.matcher(text).matches()
                && !text.contains("--")
                && !text.contains("..")
                && !text.endsWith(".git");
    }

    private static boolean isRevision(String text) {
        return text.length() <= LONGEST_REVISION
                && REVISION.matcher(text).matches()
                && !text.contains("..")
                && !text.endsWith(".")
                && !text.endsWith(".lock")
                && Arrays.stream(text.split("/")).noneMatch(DeviceNames::is);
    }

    static boolean isCommit(String text) {
        return COMMIT.matcher(text).matches();
    }

    /** Its folder in the cache: {@code models--google--vit-base-patch16-224}. */
    String cacheFolder() {
        return kind.folder + repository.replace("/", "--");
    }

    /** Its path at the hub's address. */
    String address() {
        return kind.address + repository;
    }

    @Override
    public String toString() {
        return revision.equals(NEWEST) ? repository : repository + "@" + revision;
    }
}
