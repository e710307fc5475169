package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.metrics.Metrics;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.train.schedule.LrSchedule;
import java.util.Optional;
import org.slf4j.Logger;

/**
 * What an evaluation in training means for the run.
 *
 * @param best whether it is the best so far
 * @param schedule the learning rate's from here on, which may follow the metric
 * @param outOfPatience whether too many evaluations in a row have brought nothing
 */
record EvaluationVerdict(boolean best, LrSchedule schedule, boolean outOfPatience) {
    /** By {@code metric_for_best_model}; takes note of it in the state, and logs that patience is over. */
    static EvaluationVerdict of(
            Metrics evaluation, TrainingArguments arguments, TrainerState state, LrSchedule schedule, Logger log) {
        Optional<String> name = arguments.metricForBestModel();
        if (name.isEmpty()) {
            return new EvaluationVerdict(false, schedule, false);
        }
        if (!evaluation.has(name.get())) {
            throw new InputException(
                    "metric_for_best_model '" + name.get() + "' is not one of the metrics; available are "
                            + String.join(", ", evaluation.values().keySet()));
        }
        double metric = evaluation.get(name.get());
        boolean best = state.evaluated(metric, arguments.greaterIsBetter(), arguments.earlyStoppingThreshold());
        boolean outOfPatience = outOfPatience(arguments, state);
        if (outOfPatience) {
            log.info(
                    "Stopping early: {} has not improved for {} evaluations",
                    name.get(),
                    state.evaluationsWithoutGain());
        }
        return new EvaluationVerdict(best, schedule.after(metric), outOfPatience);
    }

    /** Whether {@code early_stopping_patience} is over. */
    static boolean outOfPatience(TrainingArguments arguments, TrainerState state) {
        return arguments.earlyStoppingPatience().isPresent()
                && state.evaluationsWithoutGain()
                        >= arguments.earlyStoppingPatience().getAsInt();
    }
}
