package io.vit4j.train;

import io.vit4j.base.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Does what most of the tests' processes do, so that their classes are known (see {@code SharedClasses}). */
public final class WarmUp {
    private WarmUp() {}

    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("warm-up");
        new TinyRun(folder.resolve("run")).run();
        ranks(folder);
        DurableFiles.SYSTEM.delete(folder);
        System.exit(0);
    }

    /** What two replicas of two stages do. */
    public static void ranks(Path folder) {
        new RankedRun(folder.resolve("ranks"))
                .with("max_steps", "2")
                .with("per_device_train_batch_size", "4")
                .layout(4, "layers_per_ipu=[2 2],replication_factor=2")
                .run();
    }
}
