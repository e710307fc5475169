package io.vit4j.data;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Files of a data folder that lie elsewhere, and are in it as links only: whoever made the folder may have meant to get other
 * files of the user's into a data set. The folder may itself be a link, and links within it are fine. So are those of a
 * snapshot in the hub's cache to the blobs of the same repository.
 */
final class LeadingOut {
    private final Path data;
    private final Path real;
    private final Optional<Path> blobs;
    private Optional<Path> first = Optional.empty();
    private int count;

    LeadingOut(Path data) {
        this.data = data;
        try {
            real = data.toRealPath();
            Path parent = real.getParent();
            boolean snapshot = parent != null && parent.endsWith("snapshots") && parent.getParent() != null;
            blobs = snapshot ? Optional.of(parent.resolveSibling("blobs")) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a file or folder lies elsewhere. */
    boolean is(Path path) throws IOException {
        Path target = path.toRealPath();
        return !target.startsWith(real) && !blobs.map(target::startsWith).orElse(false);
    }

    /** Takes note of a file that does. */
    void add(Path file) {
        count++;
        first = first.filter(other -> other.compareTo(file) <= 0).or(() -> Optional.of(file));
    }

    /** The same, if it does. */
    void look(Path file) {
        try {
            if (Files.exists(file) && is(file)) {
                add(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** InputException if there is any such file. */
    void refuse() {
        if (first.isPresent()) {
            throw InputException.in(
                    data,
                    (count == 1 ? "1 file in it is" : count + " files in it are")
                            + " reached through links that lead out of the folder (" + (count == 1 ? "" : "the first: ")
                            + first.get() + " -> " + target(first.get())
                            + "); copy what they lead to into it, or allow them with prepare --follow-links");
        }
    }

    private static Path target(Path file) {
        try {
            return file.toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
