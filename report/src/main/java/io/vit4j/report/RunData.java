package io.vit4j.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.infer.Decision;
import io.vit4j.metrics.PredictionsFile;
import io.vit4j.train.checkpoint.Checkpoint;
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
 * @param kept temperature and thresholds kept with the model; empty where there are none
 * @param evaluations predictions, validation before test
 */
record RunData(
        String name,
        ObjectNode state,
        List<ObjectNode> logHistory,
        ObjectNode arguments,
        ObjectNode config,
        ObjectNode results,
        ObjectNode facts,
        Optional<Decision> kept,
        List<Evaluation> evaluations) {
    static final String ARGUMENTS = "training_args.json";
    static final String RESULTS = "all_results.json";

    /**
     * Predictions for a split and what is known of its samples.
     *
     * @param split {@code validation} or {@code test}
     */
    record Evaluation(String split, PredictionsFile predictions, SampleGroups groups) {}

    /** Predictions of a split in a run's folder. */
    static Path predictionsFile(Path folder, String split) {
        return folder.resolve("predictions-" + split + ".csv");
    }

    /** Groups of the samples of a split, beside their predictions. */
    static Path groupsFile(Path folder, String split) {
        return folder.resolve("groups-" + split + ".csv");
    }

    /** Reads a run's folder; InputException where it holds neither a training state nor predictions. */
    static RunData read(Path folder) {
        RunData run = readModel(folder);
        if (run.state.isEmpty() && run.evaluations.isEmpty()) {
            throw InputException.in(
                    folder, "holds neither " + TrainerState.FILE + " nor predictions; name the output folder of a run");
        }
        return run;
    }

    /** The same of a folder that may hold nothing but a model. */
    static RunData readModel(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw InputException.in(folder, "no such folder; name the output folder of a run");
        }
        ObjectNode state = readState(folder);
        ObjectNode config = optional(folder.resolve(CheckpointFiles.CONFIG));
        List<Evaluation> evaluations = new ArrayList<>();
        for (String split : List.of(Split.VALIDATION, Split.TEST)) {
            readEvaluation(folder, split).ifPresent(evaluations::add);
        }
        List<ObjectNode> history = new ArrayList<>();
        for (JsonNode entry : state.path("log_history")) {
            if (entry instanceof ObjectNode object) {
                history.add(object);
            }
        }
        ObjectNode arguments = optional(folder.resolve(ARGUMENTS));
        return new RunData(
                name(folder, arguments),
                state,
                history,
                arguments,
                config,
                optional(folder.resolve(RESULTS)),
                optional(folder.resolve(RunFacts.FILE)),
                kept(folder),
                evaluations);
    }

    private static Optional<Decision> kept(Path folder) {
        return Files.exists(folder.resolve(Decision.FILE)) ? Optional.of(Decision.read(folder)) : Optional.empty();
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
            return Json.readObject(atEnd);
        }
        for (Checkpoint checkpoint : Checkpoint.in(folder)) {
            Path within = checkpoint.folder().resolve(TrainerState.FILE);
            if (Files.exists(within)) {
                return Json.readObject(within);
            }
        }
        return Json.object();
    }

    private static Optional<Evaluation> readEvaluation(Path folder, String split) {
        Path file = predictionsFile(folder, split);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        PredictionsFile predictions = PredictionsFile.read(file);
        int samples = predictions.prediction().samples();
        Path groups = groupsFile(folder, split);
        return Optional.of(new Evaluation(
                split,
                predictions,
                Files.exists(groups) ? SampleGroups.read(groups, samples) : SampleGroups.none(samples)));
    }

    static Optional<ProblemType> problemType(ObjectNode config) {
        JsonNode type = config.path("problem_type");
        return type.isTextual() ? Optional.of(ProblemType.parse(type.textValue())) : Optional.empty();
    }

    /** Whether the labels are such that AUROC has a meaning. */
    boolean classifies() {
        return !problemType(config).equals(Optional.of(ProblemType.REGRESSION));
    }

    /** What is reported: the test split where it was evaluated, else validation. */
    Optional<Evaluation> measured() {
        return evaluations.isEmpty() ? Optional.empty() : Optional.of(evaluations.get(evaluations.size() - 1));
    }

    /** Where thresholds may be chosen: on validation only. */
    Optional<Evaluation> choice() {
        return evaluations.stream()
                .filter(evaluation -> evaluation.split().equals(Split.VALIDATION))
                .findFirst();
    }

    /** Patients with pictures in more than one split; empty where the data names no patients. */
    Optional<Integer> patientsInTwoSplits() {
        JsonNode shared = facts.path("data").path("patients_in_two_splits");
        return shared.isNumber() ? Optional.of(shared.intValue()) : Optional.empty();
    }

    /** Whether the checkpoint was chosen by its evaluation on this split. */
    boolean choseTheCheckpoint(String split) {
        String evaluated = facts.path(RunFacts.EVALUATED_IN_TRAINING).asText(Split.VALIDATION);
        return checkpointWasChosen() && split.equals(evaluated);
    }

    /** What a split may be called: no "test" is what a choice was made on. */
    String title(String split) {
        return split.equals(Split.TEST) && choseTheCheckpoint(split)
                ? "validation (named test, but the checkpoint was chosen on it)"
                : split;
    }

    /** Whether the run's checkpoint was chosen by its evaluations. */
    boolean checkpointWasChosen() {
        return arguments.path("load_best_model_at_end").asBoolean()
                || arguments.path("early_stopping_patience").isNumber()
                || arguments.path("metric_for_best_model").isTextual();
    }

    private static ObjectNode optional(Path file) {
        return Files.exists(file) ? Json.readObject(file) : Json.object();
    }
}
