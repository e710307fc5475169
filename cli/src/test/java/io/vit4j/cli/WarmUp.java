package io.vit4j.cli;

import io.vit4j.base.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Does what most of the tests' processes do, so that their classes are known (see {@code SharedClasses}). */
final class WarmUp {
    private WarmUp() {}

    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("warm-up");
        Path model = Files.writeString(
                folder.resolve("model.json"),
                "{\"model_type\":\"vit\",\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":1,"
                        + "\"intermediate_size\":8,\"image_size\":224,\"patch_size\":56}");
        String release = folder.resolve("release").toString();
        String dataset = folder.resolve("dataset").toString();
        String tuned = folder.resolve("tuned").toString();
        for (List<String> command : List.of(
                List.of("synthesize", "--output", release, "--count", "12"),
                List.of("prepare", "--data", release, "--output", dataset, "--validation", "0.3", "--test", "0"),
                List.of(
                        "train",
                        "--from-scratch",
                        model.toString(),
                        "--dataset",
                        dataset,
                        "--output",
                        tuned,
                        "--max-steps",
                        "2",
                        "--per-device-train-batch-size",
                        "2"),
                List.of("evaluate", "--model", tuned, "--dataset", dataset))) {
            CommandRun run = CommandRun.of(command.toArray(String[]::new));
            if (run.exitCode() != 0) {
                throw new IllegalStateException(run.err());
            }
        }
        io.vit4j.train.WarmUp.ranks(folder); // in processes of their own, which launch starts, they would not be seen
        DurableFiles.SYSTEM.delete(folder);
        System.exit(0);
    }
}
