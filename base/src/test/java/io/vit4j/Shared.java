package io.vit4j;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Reference values and real X-rays that lie beside the project where it is developed; a user's clone lacks them. */
public final class Shared {
    private Shared() {}

    /** A path below {@code ../shared}; skips the test, saying so, where it is absent. */
    public static Path path(String below) {
        Path root = Path.of("").toAbsolutePath();
        while (root.getParent() != null && !Files.exists(root.resolve("LICENSE"))) {
            root = root.getParent();
        }
        Path path = root.resolveSibling("shared").resolve(below);
        assumeTrue(Files.exists(path), "skipped: the reference files (../shared/" + below + ") are not here");
        return path;
    }
}
