package io.vit4j.report;

import io.vit4j.CrossValidated;
import io.vit4j.Reporter;
import io.vit4j.Swept;
import io.vit4j.base.InputException;
import io.vit4j.data.Split;
import io.vit4j.infer.Ensemble;
import io.vit4j.train.TrainerCallback;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this module makes of runs and evaluations: {@code report.html}, the files of {@code report_to}, and the model card. What
 * cannot be written is a warning, never the end of a run.
 */
public final class ReportPages implements Reporter {
    private static final Logger LOG = LoggerFactory.getLogger(ReportPages.class);

    /** For the service loader. */
    public ReportPages() {}

    @Override
    public List<TrainerCallback> listeners(Run run) {
        TrainingReport report = TrainingReport.of(run.model(), run.arguments(), run.data(), Split.VALIDATION)
                .phase("Opening the model", run.secondsToOpen());
        run.checkpoint().ifPresent(report::startedFrom);
        if (run.data().rows(Split.VALIDATION).length > 0) {
            report.evaluationFollows();
        }
        List<TrainerCallback> listeners = new ArrayList<>(List.of(report));
        listeners.addAll(LogFiles.of(run.arguments()));
        return listeners;
    }

    @Override
    public Optional<Path> evaluated(EvaluatedModel model) {
        return attempt(() -> {
            Path page = TrainingReport.add(model);
            if (Files.exists(model.folder().resolve(Ensemble.FILE))) {
                ModelCard.write(model.folder()); // no run has ended that would write it
            }
            return page;
        });
    }

    @Override
    public Optional<Path> pretrained(PretrainedRun run) {
        return attempt(() -> TrainingReport.add(run));
    }

    @Override
    public Optional<Path> crossValidated(CrossValidated result) {
        return attempt(() -> CrossValidationPage.write(result));
    }

    @Override
    public Optional<Path> swept(Swept result) {
        return attempt(() -> SweepPage.write(result));
    }

    private static Optional<Path> attempt(Supplier<Path> page) {
        try {
            return Optional.of(page.get());
        } catch (InputException e) {
            LOG.warn("The report is not up to date: {}", e.getMessage());
            return Optional.empty();
        }
    }

    @Override
    public void finished(Path folder) {
        ModelCard.write(folder);
    }
}
