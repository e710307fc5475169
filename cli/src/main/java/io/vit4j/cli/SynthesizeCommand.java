package io.vit4j.cli;

import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j synthesize}: X-rays to try everything on. */
@Command(
        name = "synthesize",
        description =
                "Draws chest X-rays with findings and writes their label file, in the layout of NIH" + " ChestX-ray14.",
        footer = {
            "A second call with the same arguments draws only what is missing.",
            "",
            "Examples:",
            "  vit4j synthesize --output xrays --count 1200",
            "  vit4j synthesize --output rare --count 5000 --prevalence nih --seed 7",
            "  vit4j prepare --data xrays --output dataset"
        },
        sortOptions = false)
final class SynthesizeCommand implements Runnable {
    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "DIR",
            description = "Folder for the images and the label file.")
    private Path output;

    @Option(names = "--count", required = true, paramLabel = "N", description = "Number of X-rays to draw.")
    private int count;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "42",
            description = "Random seed for patients and findings. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--prevalence",
            paramLabel = "balanced|nih",
            defaultValue = "balanced",
            description = "balanced: every finding is common enough to learn; nih: findings are as rare, and occur"
                    + " together as often, as in the real data. Default: ${DEFAULT-VALUE}.")
    private String prevalence;

    @Option(names = "--workers", paramLabel = "N", description = "Threads that draw. Default: one per core.")
    private int workers = Runtime.getRuntime().availableProcessors();

    @Override
    public void run() {
        SyntheticRelease release = SyntheticRelease.write(
                new SyntheticRelease.Options(output, count, seed, Prevalence.of(prevalence)),
                workers,
                vit4j.progress());
        spec.commandLine()
                .getOut()
                .printf(
                        Locale.ROOT,
                        "%s: %,d X-rays of %,d patients, %,d of them new; label file %s%n",
                        release.folder(),
                        release.pictures(),
                        release.patients(),
                        release.drawn(),
                        release.labelFile().getFileName());
    }
}
