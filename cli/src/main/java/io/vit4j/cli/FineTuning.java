package io.vit4j.cli;

import io.vit4j.FineTuneRequest;
import io.vit4j.Tuned;
import io.vit4j.base.Progress;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.PrintWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a request to train and prints what it left: what {@code train} and {@code walkthrough} have in common. */
final class FineTuning {
    private static final Logger LOG = LoggerFactory.getLogger(FineTuning.class);

    private final Progress.Factory progress;
    private final PrintWriter out;

    FineTuning(Progress.Factory progress, PrintWriter out) {
        this.progress = progress;
        this.out = out;
    }

    /** Returns the command's exit code. */
    int run(FineTuneRequest request, TrainingArguments arguments) {
        request.arguments(arguments);
        if (arguments.compileOnly()) {
            request.compile(progress).forEach(out::println);
            out.flush();
            return 0;
        }
        try (Interrupts interrupts = new Interrupts(request::interrupt)) {
            Tuned tuned = request.run(progress);
            switch (tuned.end()) {
                case INTERRUPTED -> {
                    LOG.info("Interrupted after step {}; continue with --resume-from-checkpoint true", tuned.step());
                    return interrupts.exitCode();
                }
                case NOT_EVALUATED -> {
                    LOG.info(
                            "Interrupted after training; the tuned model is in {}, but has not been evaluated",
                            tuned.folder());
                    return interrupts.exitCode();
                }
                case COMPLETE -> {
                    if (isFirst()) {
                        print(tuned);
                    }
                }
            }
        }
        return 0;
    }

    /** The ranks of a job leave the same; one says so. */
    private static boolean isFirst() {
        return RankEnvironment.read(System.getenv())
                .map(self -> self.rank() == 0)
                .orElse(true);
    }

    private void print(Tuned tuned) {
        if (!tuned.evaluated().values().isEmpty()) {
            ResultTable.print(out, tuned.evaluated());
        }
        out.println("Tuned model: " + tuned.folder());
        tuned.report().ifPresent(page -> out.println("Report:      " + page));
        out.flush();
    }
}
