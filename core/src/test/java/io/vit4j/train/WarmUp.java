package io.vit4j.train;

import io.vit4j.base.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Does what most of the tests' processes do, so that their classes are known (see {@code SharedClasses}). */
final class WarmUp {
    private WarmUp() {}

    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("warm-up");
        new TinyRun(folder.resolve("run")).run();
        DurableFiles.SYSTEM.delete(folder);
        System.exit(0);
    }
}
