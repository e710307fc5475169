package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.data.Dataset;
import io.vit4j.torch.Dtype;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.engine.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;

/** Steps whose loss or gradient is not finite: skipped or the end of the run, and never silent. */
final class Nonfinite {
    private static final int MOST_NAMED = 16;

    private final TrainingArguments.OnNonfinite then;
    private final Dtype dtype;
    private final LossScale lossScale;
    private final Supplier<Dataset> data;
    private final Logger log;

    /** @param data whose files are named */
    Nonfinite(
            TrainingArguments.OnNonfinite then, Dtype dtype, LossScale lossScale, Supplier<Dataset> data, Logger log) {
        this.then = then;
        this.dtype = dtype;
        this.lossScale = lossScale;
        this.data = data;
        this.log = log;
    }

    /**
     * Called where a step's weights have not been moved.
     *
     * @param rows the step's samples
     * @throws InputException that names them, where the run shall stop
     */
    void stepped(long step, int[] rows, Engine.StepLoss walked, double norm) {
        String what = "step " + step + ": loss " + walked.loss() + ", gradient norm " + norm;
        if (dtype == Dtype.FLOAT16 && Double.isFinite(walked.lossSum()) && lossScale.mayOverflow()) {
            log.warn("{}; skipped, because float16 gradients overflowed at {}", what, lossScale.overflowed());
        } else if (then == TrainingArguments.OnNonfinite.SKIP) {
            log.warn("{}; the step was skipped (--on-nonfinite skip). Its samples: {}", what, names(rows));
        } else {
            throw new InputException(what + " is not finite; its samples: " + names(rows)
                    + "; check them, lower --learning-rate, or use --on-nonfinite skip");
        }
    }

    private String names(int[] rows) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < Math.min(rows.length, MOST_NAMED); i++) {
            names.add(data.get().get(rows[i]).file());
        }
        int more = rows.length - names.size();
        return String.join(", ", names) + (more > 0 ? " and " + more + " more" : "");
    }
}
