package io.vit4j;

import io.vit4j.evaluate.Evaluation;
import io.vit4j.metrics.Metrics;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model measured on a split of a data set.
 *
 * @param folder of the model, which contains the files of the evaluation
 * @param split that was measured
 * @param metrics such as {@code eval_loss} and {@code eval_roc_auc}
 * @param evaluation everything measured, with intervals
 * @param report the page for people; empty for the training split, and without {@code vit4j-report} on the class path
 */
public record Evaluated(Path folder, String split, Metrics metrics, Evaluation evaluation, Optional<Path> report) {}
