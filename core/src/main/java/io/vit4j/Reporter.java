package io.vit4j;

import io.vit4j.base.InputException;
import io.vit4j.data.ArrowDataset;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.arguments.TrainingArguments;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * Makes something for people of runs and evaluations: pages, plots, a model card. Found by {@link ServiceLoader}: vit4j's own
 * comes with {@code vit4j-report} on the class path. Told on the first rank only.
 */
public interface Reporter {
    /**
     * A run that is about to begin.
     *
     * @param model that is trained, or this rank's share of it
     * @param arguments how
     * @param data on what
     * @param checkpoint it starts from; empty for a new model
     * @param secondsToOpen how long it took to open the model
     */
    record Run(
            VisionModel model,
            TrainingArguments arguments,
            ArrowDataset data,
            Optional<Path> checkpoint,
            double secondsToOpen) {}

    /**
     * A model that was evaluated. Its folder contains the whole model and the files of the evaluation.
     *
     * @param folder of the model
     * @param evaluation on a split that is not the training split
     * @param data that it was evaluated on
     * @param device for computing what pictures need
     * @param pictures whether pictures may be shown
     * @param seconds that the evaluation's intervals took
     */
    record EvaluatedModel(
            Path folder,
            Evaluation evaluation,
            ArrowDataset data,
            Device device,
            TrainingArguments.ReportImages pictures,
            double seconds) {}

    /** Listens to a run while it is in progress. */
    default List<TrainerCallback> listeners(Run run) {
        return List.of();
    }

    /** Tells of an evaluation; returns the page to read, if there is one. */
    default Optional<Path> evaluated(EvaluatedModel model) {
        return Optional.empty();
    }

    /**
     * A run of pretraining that is complete.
     *
     * @param folder of the run and its model
     * @param data that it was pretrained on
     * @param device for computing what pictures need
     * @param pictures whether pictures may be shown
     */
    record PretrainedRun(Path folder, ArrowDataset data, Device device, TrainingArguments.ReportImages pictures) {}

    /** Tells of a run of pretraining; returns the page to read, if there is one. */
    default Optional<Path> pretrained(PretrainedRun run) {
        return Optional.empty();
    }

    /** Tells of a cross-validation that is complete; returns the page to read, if there is one. */
    default Optional<Path> crossValidated(CrossValidated result) {
        return Optional.empty();
    }

    /** Tells of a sweep, complete or not; returns the page to read, if there is one. */
    default Optional<Path> swept(Swept result) {
        return Optional.empty();
    }

    /** A run has ended: all its files are in its folder, those of its evaluation too, if it had any. */
    default void finished(Path folder) {}

    /** {@return those on the class path} */
    static List<Reporter> all() {
        return ServiceLoader.load(Reporter.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }

    /**
     * {@return what some reporters listen to a run with}
     *
     * @throws InputException if the run is to write logs ({@code report_to}) and there is no reporter to write them
     */
    static List<TrainerCallback> listenersOf(List<Reporter> reporters, Run run) {
        List<String> kinds = run.arguments().reportTo();
        if (reporters.isEmpty() && kinds.stream().anyMatch(kind -> !kind.equals("none"))) {
            throw new InputException("report_to " + String.join(", ", kinds)
                    + " needs vit4j-report on the class path; add it, or leave report_to out");
        }
        return reporters.stream()
                .flatMap(reporter -> reporter.listeners(run).stream())
                .toList();
    }
}
