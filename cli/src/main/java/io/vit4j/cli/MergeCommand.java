package io.vit4j.cli;

import io.vit4j.MergeRequest;
import io.vit4j.Vit4j;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j merge}: an adapter and its model become a plain checkpoint. */
@Command(
        name = "merge",
        description = "Merges an adapter (LoRA) into the model that it adapts: writes a plain checkpoint.",
        footer = {
            "",
            "The adapter is one that train --lora-rank or peft has written. Merging is exact in float32.",
            "",
            "Examples:",
            "  vit4j merge --model tuned --output merged",
            "  vit4j merge --model tuned --base models/vit-base --output merged"
        },
        sortOptions = false)
final class MergeCommand implements Callable<Integer> {
    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "ADAPTER",
            description = "The adapter: a folder, or a name on the hub.")
    private String model;

    @Option(
            names = "--base",
            paramLabel = "CKPT",
            description = "The model that it adapts: a folder, or a name on the hub. Default: the one that the adapter"
                    + " names.")
    private Optional<String> base;

    @Option(names = "--output", required = true, paramLabel = "DIR", description = "Folder for the checkpoint.")
    private Path output;

    @Override
    public Integer call() {
        MergeRequest request = Vit4j.merge(model).output(output);
        base.ifPresent(request::base);
        Path merged = request.run(vit4j.progress());
        spec.commandLine().getOut().println("Merged model: " + merged);
        spec.commandLine().getOut().flush();
        return 0;
    }
}
