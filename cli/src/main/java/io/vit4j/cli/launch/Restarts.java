package io.vit4j.cli.launch;

import io.vit4j.base.InputException;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * With which arguments a training that broke off is started again: from its own newest checkpoint, if it has written
 * one; otherwise as the first time.
 */
public final class Restarts {
    private final List<String> arguments;
    private final Optional<TrainingArguments> training;
    private final Set<String> before;

    /**
     * @param arguments the ranks' command line
     * @param training what it says, where the ranks train; otherwise they are started again as they were
     */
    public Restarts(List<String> arguments, Optional<TrainingArguments> training) {
        this.arguments = List.copyOf(arguments);
        this.training = training;
        before = training.map(args -> new HashSet<>(checkpoints(args.outputDir())))
                .orElseGet(HashSet::new);
    }

    /** The name of the newest checkpoint that was not there when the job began. */
    public Optional<String> newest() {
        return training.flatMap(args -> Checkpoint.in(args.outputDir()).stream()
                .filter(checkpoint -> !before.contains(identity(checkpoint.folder())))
                .map(checkpoint -> checkpoint.folder().getFileName().toString())
                .findFirst());
    }

    /** The command line to start the ranks with after a failure. */
    public List<String> next() {
        boolean resumes = training.map(TrainingArguments::resume).orElse(true);
        if (newest().isEmpty() && (resumes || !before.isEmpty())) {
            return arguments;
        }
        // without a checkpoint this begins anew, in a folder that may hold other remains of the first try
        List<String> again = new ArrayList<>(arguments);
        again.add("--resume-from-checkpoint");
        again.add("true");
        return again;
    }

    private static List<String> checkpoints(Path outputDir) {
        return Checkpoint.in(outputDir).stream()
                .map(checkpoint -> identity(checkpoint.folder()))
                .toList();
    }

    /** A folder of the same name that is written anew is another. */
    private static String identity(Path checkpoint) {
        try {
            return checkpoint + " " + Files.getLastModifiedTime(checkpoint);
        } catch (IOException e) {
            throw InputException.in(checkpoint, "cannot be read (" + e.getMessage() + "); check its permissions", e);
        }
    }
}
