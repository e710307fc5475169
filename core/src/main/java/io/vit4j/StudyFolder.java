package io.vit4j;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.train.arguments.Argument;
import io.vit4j.train.arguments.ArgumentTable;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArgumentsBuilder;
import io.vit4j.train.checkpoint.Checkpoint;
import io.vit4j.train.checkpoint.RunLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The output folder of several runs that belong together. What is to be done is kept there as a plan; a request with the same plan
 * continues, one with another is refused.
 */
final class StudyFolder implements AutoCloseable {
    /** What decides which model a run keeps, beside what the table calls mathematics, batch and length. */
    private static final Set<String> CHOICES = Set.of(
            "eval_strategy",
            "eval_steps",
            "eval_delay",
            "max_eval_samples",
            "load_best_model_at_end",
            "metric_for_best_model",
            "greater_is_better",
            "early_stopping_patience",
            "early_stopping_threshold");

    private final Path folder;
    private final String file;
    private final RunLock lock;

    private StudyFolder(Path folder, String file, RunLock lock) {
        this.folder = folder;
        this.file = file;
        this.lock = lock;
    }

    /**
     * Begins a study, or continues it.
     *
     * @param file of the plan, within the folder
     * @param runs names of the folders of its runs, which {@code overwrite_output_dir} deletes
     */
    static StudyFolder open(TrainingArguments arguments, String file, JsonObject plan, List<String> runs) {
        if (arguments.compileOnly() || arguments.resume()) {
            throw new InputException((arguments.resume() ? "resume_from_checkpoint" : "compile_only")
                    + " is for a single run; leave it out"
                    + (arguments.resume() ? ", what is unfinished in the output folder is continued anyway" : ""));
        }
        Path folder = arguments.outputDir();
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be created (" + e.getMessage() + "); check its permissions", e);
        }
        RunLock lock = RunLock.take(folder);
        try {
            StudyFolder study = new StudyFolder(folder, file, lock);
            if (arguments.overwriteOutputDir()) {
                DurableFiles.SYSTEM.delete(folder.resolve(file));
                runs.forEach(run -> DurableFiles.SYSTEM.delete(folder.resolve(run)));
            }
            study.requireSame(plan);
            return study;
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private void requireSame(JsonObject plan) {
        Path kept = folder.resolve(file);
        if (!Files.exists(kept)) {
            if (isOccupied()) {
                throw InputException.in(
                        folder, "already contains something else; name an empty or a new folder with --output");
            }
            DurableFiles.SYSTEM.write(kept, plan.pretty());
            return;
        }
        ObjectNode before = Json.readObject(kept);
        ObjectNode now = Json.parseObject(plan.line(), file); // numbers of the types that reading gives
        for (String name : plan.keys()) {
            if (!now.get(name).equals(before.path(name))) {
                throw InputException.in(
                        kept,
                        "was begun with other settings (" + difference(name, before, now)
                                + "); use the same ones to continue it, or --overwrite-output-dir true to start again");
            }
        }
    }

    private static String difference(String name, ObjectNode before, ObjectNode now) {
        if (now.get(name).isObject() && before.path(name).isObject()) {
            for (Map.Entry<String, JsonNode> entry : now.get(name).properties()) {
                if (!entry.getValue().equals(before.get(name).path(entry.getKey()))) {
                    return entry.getKey() + ": "
                            + Json.line(before.get(name).path(entry.getKey())) + ", now "
                            + Json.line(entry.getValue());
                }
            }
        }
        return name + ": " + Json.line(before.path(name)) + ", now " + Json.line(now.get(name));
    }

    /** Whether there are files that no study wrote. */
    private boolean isOccupied() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(
                    path -> !path.getFileName().toString().startsWith(".") && !DurableFiles.isDraft(path));
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be read (" + e.getMessage() + "); check its permissions", e);
        }
    }

    /** The arguments on which the weights of a run depend, and which of them are kept. */
    static JsonObject thatMatter(TrainingArguments arguments) {
        ObjectNode all = Json.untyped(arguments.toJson());
        for (Argument argument : ArgumentTable.all()) {
            if (argument.effect() == Argument.Effect.NONE && !CHOICES.contains(argument.name())) {
                all.remove(argument.name());
            }
        }
        return Json.typed(all, "arguments");
    }

    /** The arguments of a run in its folder: it goes on from its newest checkpoint, if there is one. */
    static TrainingArgumentsBuilder continuing(TrainingArgumentsBuilder arguments, Path run) {
        boolean begun = Files.isDirectory(run) && Checkpoint.newestWhole(run).isPresent();
        arguments.outputDir(run);
        return begun
                ? arguments.overwriteOutputDir(false).resumeFromCheckpoint("true")
                : arguments.overwriteOutputDir(true);
    }

    @Override
    public void close() {
        lock.close();
    }
}
