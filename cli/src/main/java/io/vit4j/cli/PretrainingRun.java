package io.vit4j.cli;

import io.vit4j.PretrainRequest;
import io.vit4j.PretrainedModel;
import io.vit4j.base.Progress;
import java.io.PrintWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a request to pretrain and prints what it left: what {@code pretrain} and {@code walkthrough} have in common. */
final class PretrainingRun {
    private static final Logger LOG = LoggerFactory.getLogger(PretrainingRun.class);

    private final Progress.Factory progress;
    private final PrintWriter out;

    PretrainingRun(Progress.Factory progress, PrintWriter out) {
        this.progress = progress;
        this.out = out;
    }

    /** Returns the command's exit code. */
    int run(PretrainRequest request) {
        try (Interrupts interrupts = new Interrupts(request::interrupt)) {
            PretrainedModel pretrained = request.run(progress);
            switch (pretrained.end()) {
                case INTERRUPTED -> {
                    LOG.info(
                            "Interrupted after step {}; continue with --resume-from-checkpoint true",
                            pretrained.step());
                    return interrupts.exitCode();
                }
                case NOT_EVALUATED -> {
                    LOG.info(
                            "Interrupted after training; the pretrained model is in {}, but has not been evaluated",
                            pretrained.folder());
                    return interrupts.exitCode();
                }
                case COMPLETE -> print(pretrained);
            }
        }
        return 0;
    }

    private void print(PretrainedModel pretrained) {
        if (!pretrained.evaluated().values().isEmpty()) {
            ResultTable.print(out, pretrained.evaluated());
        }
        out.println("Pretrained model: " + pretrained.folder());
        pretrained.encoder().ifPresent(encoder -> out.println("Encoder alone:    " + encoder));
        pretrained.report().ifPresent(page -> out.println("Report:           " + page));
        out.flush();
    }
}
