package io.vit4j.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.evaluate.ModelEvaluations;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.train.checkpoint.Checkpoint;
import io.vit4j.train.checkpoint.LogEntry;
import io.vit4j.train.checkpoint.TrainerState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a report is made from: the files of a run's output folder, or the same while the run goes on.
 *
 * @param name of the run
 * @param state {@code trainer_state.json}; empty for a model that was only evaluated
 * @param logHistory its log entries, oldest first
 * @param arguments {@code training_args.json}; may be empty
 * @param config {@code config.json}; may be empty
 * @param results {@code all_results.json}; may be empty
 * @param facts {@code report.json}, see {@link RunFacts}; may be empty
 * @param evaluations predictions, what is kept with the model, and how its checkpoint was chosen
 */
record RunData(
        String name,
        ObjectNode state,
        List<LogEntry> logHistory,
        ObjectNode arguments,
        ObjectNode config,
        ObjectNode results,
        ObjectNode facts,
        ModelEvaluations evaluations) {
    static final String ARGUMENTS = "training_args.json";
    static final String RESULTS = "all_results.json";

    /** Reads a run's folder; InputException if it contains neither a training state nor predictions. */
    static RunData read(Path folder) {
        RunData run = readModel(folder);
        if (run.state.isEmpty() && run.evaluations.splits().isEmpty()) {
            throw InputException.in(
                    folder,
                    "contains neither " + TrainerState.FILE + " nor predictions; name the output folder of a run");
        }
        return run;
    }

    /** The same of a folder that may hold nothing but a model. */
    static RunData readModel(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw InputException.in(folder, "no such folder; name the output folder of a run");
        }
        ObjectNode state = readState(folder);
        List<LogEntry> history = new ArrayList<>();
        for (JsonNode entry : state.path("log_history")) {
            if (entry instanceof ObjectNode object) {
                history.add(LogEntry.of(Json.typed(object, TrainerState.FILE)));
            }
        }
        ObjectNode arguments = optional(folder.resolve(ARGUMENTS));
        return new RunData(
                name(folder, arguments),
                state,
                history,
                arguments,
                optional(folder.resolve(CheckpointFiles.CONFIG)),
                optional(folder.resolve(RESULTS)),
                RunFacts.read(folder.resolve(RunFacts.FILE)),
                ModelEvaluations.read(folder));
    }

    static String name(Path folder, ObjectNode arguments) {
        return arguments.path("run_name").isTextual()
                ? arguments.path("run_name").textValue()
                : folder.toAbsolutePath().normalize().getFileName().toString();
    }

    /** The state at the end, or that of the newest checkpoint of a run that has not ended. */
    private static ObjectNode readState(Path folder) {
        Path atEnd = folder.resolve(TrainerState.FILE);
        if (Files.exists(atEnd)) {
            return checked(atEnd);
        }
        for (Checkpoint checkpoint : Checkpoint.in(folder)) {
            Path within = checkpoint.folder().resolve(TrainerState.FILE);
            if (Files.exists(within)) {
                return checked(within);
            }
        }
        return Json.object();
    }

    /** A state as vit4j or transformers writes it: what the page shows of it has its types. */
    private static ObjectNode checked(Path file) {
        JsonObject state = JsonObject.read(file);
        for (String steps : List.of("global_step", "max_steps")) {
            if (state.has(steps)) {
                state.count(steps);
            }
        }
        state.number("epoch", 0);
        state.objects("log_history").forEach(LogEntry::of);
        return Json.untyped(state);
    }

    /** What is reported: the test split if it was evaluated, else validation. */
    Optional<SplitPredictions> measured() {
        return evaluations.measured();
    }

    /** Whether the checkpoint was chosen by its evaluation on this split. */
    boolean choseTheCheckpoint(String split) {
        return evaluations.choice().madeOn(split);
    }

    /** Whether the run's checkpoint was chosen by its evaluations. */
    boolean checkpointWasChosen() {
        return evaluations.choice().made();
    }

    private static ObjectNode optional(Path file) {
        return Files.exists(file) ? Json.readObject(file) : Json.object();
    }
}
