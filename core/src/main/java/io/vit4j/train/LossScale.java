package io.vit4j.train;

import io.vit4j.base.JsonObject;
import io.vit4j.torch.Dtype;
import io.vit4j.train.arguments.TrainingArguments;

/**
 * What the loss is multiplied with before backward, so that float16 gradients do not vanish (Micikevicius et al. 2018). The
 * automatic one doubles after 2,000 good steps and halves after an overflow, as {@code torch.amp.GradScaler} does. A step
 * whose gradients overflow is skipped, with either.
 */
final class LossScale {
    private static final double START = 65536;
    private static final double LARGEST = 0x1p40;
    private static final double SMALLEST = 0x1p-14;
    private static final int GROWTH_INTERVAL = 2000;

    /** A constant scale that overflows so often in a row is too large for this model. */
    private static final int PATIENCE = 50;

    private final boolean automatic;
    private double scale;
    private int goodSteps;
    private int overflows;

    LossScale(double start, boolean automatic) {
        this.scale = start;
        this.automatic = automatic;
    }

    /** Of a run: 1 unless it is in float16; automatic there unless a constant was given. */
    static LossScale of(TrainingArguments arguments, Dtype dtype) {
        if (dtype != Dtype.FLOAT16) {
            return new LossScale(1, false);
        }
        boolean automatic =
                arguments.autoLossScaling() || arguments.lossScaling().isEmpty();
        return new LossScale(arguments.lossScaling().orElse(START), automatic);
    }

    double value() {
        return scale;
    }

    void good() {
        overflows = 0;
        if (automatic && ++goodSteps >= GROWTH_INTERVAL) {
            scale = Math.max(scale, Math.min(LARGEST, scale * 2));
            goodSteps = 0;
        }
    }

    /** Whether a gradient that is not finite may be the scale's doing, so that the step is to be skipped. */
    boolean mayOverflow() {
        return automatic ? scale > SMALLEST : overflows < PATIENCE;
    }

    /** @return what was done about it, for the log */
    String overflowed() {
        overflows++;
        double before = scale;
        if (!automatic) {
            return "the loss scale " + before + "; lower --loss-scaling, or use --auto-loss-scaling true";
        }
        scale = Math.max(SMALLEST, scale / 2);
        goodSteps = 0;
        return "the loss scale " + before + ", which is now " + scale;
    }

    JsonObject state() {
        return JsonObject.empty().with("scale", scale).with("good_steps", goodSteps);
    }

    void restore(JsonObject state) {
        if (automatic && state.has("scale")) {
            scale = state.number("scale");
            if (!(scale > 0) || Double.isInfinite(scale)) {
                throw state.wrong("scale", "a number above 0");
            }
            goodSteps =
                    state.has("good_steps") ? Math.toIntExact(Math.min(state.count("good_steps"), GROWTH_INTERVAL)) : 0;
        }
    }
}
