package io.vit4j.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;

/**
 * What the loss is multiplied with before backward, so that float16 gradients do not vanish (Micikevicius et al. 2018). The
 * automatic one doubles after 2,000 good steps and halves after an overflow, as {@code torch.amp.GradScaler} does.
 */
final class LossScale {
    private static final double LARGEST = 0x1p40;
    private static final double SMALLEST = 0x1p-14;
    private static final int GROWTH_INTERVAL = 2000;

    private final boolean automatic;
    private double scale;
    private int goodSteps;

    LossScale(double start, boolean automatic) {
        this.scale = start;
        this.automatic = automatic;
    }

    double value() {
        return scale;
    }

    boolean automatic() {
        return automatic;
    }

    void good() {
        if (automatic && ++goodSteps >= GROWTH_INTERVAL) {
            scale = Math.min(LARGEST, scale * 2);
            goodSteps = 0;
        }
    }

    void overflowed() {
        if (automatic) {
            scale = Math.max(SMALLEST, scale / 2);
            goodSteps = 0;
        }
    }

    ObjectNode state() {
        return Json.object().put("scale", scale).put("good_steps", goodSteps);
    }

    void restore(ObjectNode state) {
        if (automatic && state.has("scale")) {
            scale = state.get("scale").doubleValue();
            goodSteps = state.path("good_steps").intValue();
        }
    }
}
