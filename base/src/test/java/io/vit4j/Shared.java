package io.vit4j;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Reference values: small ones lie in the repository, large ones and real X-rays beside it where it is developed. */
public final class Shared {
    private Shared() {}

    private static Path root() {
        Path root = Path.of("").toAbsolutePath();
        while (root.getParent() != null && !Files.exists(root.resolve("LICENSE"))) {
            root = root.getParent();
        }
        return root;
    }

    /** A small model with transformers' values of it: of the repository, or, skipping the test in a clone, beside it. */
    public static Path model(String name) {
        Path committed = root().resolve("core/src/test/fixtures").resolve(name);
        return Files.exists(committed) ? committed : path("fixtures/" + name);
    }

    /** The folders with transformers' values of a family's small models: of the repository, and beside it where it is developed. */
    public static Stream<Path> family(String name) {
        Path committed = root().resolve("core/src/test/fixtures/families").resolve(name);
        Path beside =
                root().resolveSibling("shared").resolve("fixtures/families").resolve(name);
        return Files.exists(beside) ? Stream.of(committed, beside) : Stream.of(committed);
    }

    /** A path below {@code ../shared}; skips the test, saying so, where it is absent. */
    public static Path path(String below) {
        Path path = root().resolveSibling("shared").resolve(below);
        assumeTrue(Files.exists(path), "skipped: the reference files (../shared/" + below + ") are not here");
        return path;
    }
}
