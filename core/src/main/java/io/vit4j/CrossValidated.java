package io.vit4j;

import io.vit4j.evaluate.Evaluation;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.Spread;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A cross-validation.
 *
 * @param folder with a folder for every run, {@code crossval.json}, {@code crossval.csv} and the report
 * @param complete whether all folds are done; if interrupted, there are no numbers yet
 * @param repeats one a seed
 * @param overSeeds the spread over seeds of each number of the pooled predictions; none if there is one seed
 * @param report the page for people; empty without {@code vit4j-report} on the class path
 */
public record CrossValidated(
        Path folder, boolean complete, List<Repeat> repeats, Map<String, Spread> overSeeds, Optional<Path> report) {
    /**
     * All folds with one seed.
     *
     * @param seed of training; the folds are the same for all seeds
     * @param folder with the predictions of all pictures, each by the model that has not seen its patient, and their evaluation
     * @param folds in order
     * @param overFolds the spread over folds of each number
     * @param pooled numbers of all predictions together
     * @param evaluation the same with intervals
     */
    public record Repeat(
            long seed,
            Path folder,
            List<Fold> folds,
            Map<String, Spread> overFolds,
            Metrics pooled,
            Evaluation evaluation) {}

    /**
     * One fold.
     *
     * @param number from 1
     * @param folder of the tuned model
     * @param trained pictures that it was trained on
     * @param pictures that were held out
     * @param patients that these are of; pictures if patients are not known
     * @param metrics of the pictures held out, such as {@code eval_loss} and {@code eval_roc_auc}
     */
    public record Fold(int number, Path folder, int trained, int pictures, int patients, Metrics metrics) {}
}
