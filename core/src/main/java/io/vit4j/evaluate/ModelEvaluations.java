package io.vit4j.evaluate;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Split;
import io.vit4j.infer.Decision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is known of a model's evaluations: its predictions for each split, what is kept with it, and how its checkpoint was
 * chosen. Temperature and thresholds come from validation, whichever split is measured.
 *
 * @param splits predictions, validation before test
 * @param kept temperature and thresholds kept with the model; empty if there are none
 * @param choice whether the checkpoint was chosen by its evaluations
 * @param patientsInTwoSplits of the data set; empty if that is not known
 */
public record ModelEvaluations(
        List<SplitPredictions> splits,
        Optional<Decision> kept,
        CheckpointChoice choice,
        OptionalInt patientsInTwoSplits) {
    /** Copies the list. */
    public ModelEvaluations {
        splits = List.copyOf(splits);
    }

    /** Those of a model's folder, which may hold none. */
    public static ModelEvaluations read(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw InputException.in(folder, "no such folder; name the output folder of a run");
        }
        List<SplitPredictions> splits = new ArrayList<>();
        for (String split : List.of(Split.VALIDATION, Split.TEST)) {
            SplitPredictions.read(folder, split).ifPresent(splits::add);
        }
        JsonObject data = optional(folder.resolve(CheckpointChoice.FACTS)).object("data");
        return new ModelEvaluations(
                splits,
                Files.exists(folder.resolve(Decision.FILE)) ? Optional.of(Decision.read(folder)) : Optional.empty(),
                CheckpointChoice.read(folder),
                data.has("patients_in_two_splits")
                        ? OptionalInt.of((int) Math.min(data.count("patients_in_two_splits"), Integer.MAX_VALUE))
                        : OptionalInt.empty());
    }

    private static JsonObject optional(Path file) {
        return Files.exists(file) ? JsonObject.read(file) : JsonObject.empty();
    }

    /**
     * Keeps predictions in a model's folder, of the training split excepted, and evaluates them: {@code predictions-SPLIT.csv},
     * {@code groups-SPLIT.csv} and {@code evaluation-SPLIT.json}.
     *
     * @param data that they were made of
     */
    public static Evaluation keep(Path folder, SplitPredictions made, ArrowDataset data) {
        if (!made.split().equals(Split.TRAIN)) {
            made.write(DurableFiles.SYSTEM, folder);
        }
        ModelEvaluations before = read(folder);
        Evaluation evaluation = new ModelEvaluations(
                        before.splits(), before.kept(), before.choice(), SampleGroups.patientsInTwoSplits(data))
                .evaluate(made, Evaluation.ROUNDS);
        evaluation.write(DurableFiles.SYSTEM, folder);
        return evaluation;
    }

    /** What is reported: the test split if it was evaluated, else validation. */
    public Optional<SplitPredictions> measured() {
        return splits.isEmpty() ? Optional.empty() : Optional.of(splits.get(splits.size() - 1));
    }

    /** {@return where thresholds may be chosen: on validation only} */
    public Optional<SplitPredictions> validation() {
        return splits.stream()
                .filter(predictions -> predictions.split().equals(Split.VALIDATION))
                .findFirst();
    }

    /**
     * The evaluation of some predictions, with the thresholds chosen on validation.
     *
     * @param rounds of the bootstrap; 0 for none
     */
    public Evaluation evaluate(SplitPredictions measured, int rounds) {
        Evaluation.Builder evaluation = Evaluation.of(measured)
                .choices(ThresholdChoices.of(validation(), kept))
                .title(choice.title(measured.split()))
                .rounds(rounds);
        patientsInTwoSplits.ifPresent(evaluation::patientsInTwoSplits);
        return evaluation.compute();
    }
}
