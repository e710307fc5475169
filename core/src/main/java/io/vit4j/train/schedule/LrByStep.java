package io.vit4j.train.schedule;

import io.vit4j.base.InputException;
import io.vit4j.base.NamedSettings;
import java.util.List;

/**
 * A learning rate that is a function of the step only.
 *
 * @param peak the rate where the factor is 1
 * @param factor from the step to a multiple of the peak
 */
record LrByStep(double peak, Factor factor) implements LrSchedule {
    private static final List<String> SHAPES = List.of("linear", "cosine", "1-sqrt");

    /** A multiple of the peak rate at a step. */
    interface Factor {
        double at(long step);
    }

    /** A linear rise from 0 over the warm-up, and how far the rest of the run has come. */
    record Ramp(long warmup, long total) {
        Factor then(Factor afterwards) {
            return step -> step < warmup ? (double) step / Math.max(1, warmup) : afterwards.at(step);
        }

        /** From 0 at the end of the warm-up to 1 at the end of the run. */
        double progress(long step) {
            return (double) (step - warmup) / Math.max(1, total - warmup);
        }

        /** From 1 at the end of the warm-up to 0 at the end of the run. */
        double remaining(long step) {
            return Math.max(0, (double) (total - step) / Math.max(1, total - warmup));
        }
    }

    @Override
    public double rate(long step) {
        return peak * factor.at(step);
    }

    /** @param lowest the rate at the foot of the wave, as a ratio of the peak */
    static LrByStep cosine(double peak, Ramp ramp, double cycles, double lowest) {
        return new LrByStep(peak, ramp.then(step -> wave(ramp.progress(step), cycles, lowest)));
    }

    static LrByStep restarts(double peak, Ramp ramp, double cycles) {
        return new LrByStep(peak, ramp.then(step -> {
            double progress = ramp.progress(step);
            return progress >= 1 ? 0 : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (cycles * progress % 1))));
        }));
    }

    static LrByStep polynomial(double peak, Ramp ramp, double end, double power) {
        if (!(end < peak)) {
            throw new InputException("lr_scheduler_kwargs: lr_end " + end + " is not below the learning rate " + peak
                    + "; give a lower lr_end");
        }
        return new LrByStep(peak, ramp.then(step -> {
            if (step > ramp.total()) {
                return end / peak;
            }
            double remaining = 1 - ramp.progress(step);
            return ((peak - end) * Math.pow(remaining, power) + end) / peak;
        }));
    }

    static LrByStep inverseSqrt(double peak, Ramp ramp, double timescale) {
        if (!(timescale > 0)) {
            throw new InputException(
                    "lr_scheduler_kwargs: timescale " + timescale + " is not above 0; give a number of steps");
        }
        double shift = timescale - ramp.warmup();
        return new LrByStep(peak, ramp.then(step -> 1 / Math.sqrt((step + shift) / timescale)));
    }

    /**
     * The cosine of a run that begins at the first step of the ramp, not at 0.
     *
     * @param start the first step's rate as a ratio of the peak; NaN: the ramp's own
     */
    static LrByStep cosineWarmup(double peak, Ramp ramp, double cycles, double lowest, double start) {
        return new LrByStep(peak, step -> {
            if (step < ramp.warmup()) {
                return Double.isNaN(start)
                        ? (step + 1.0) / Math.max(1, ramp.warmup())
                        : start + (1 - start) * step / Math.max(1, ramp.warmup() - 1);
            }
            double progress = (step - ramp.warmup() + 1.0) / Math.max(1, ramp.total() - ramp.warmup());
            return wave(progress, cycles, lowest);
        });
    }

    static LrByStep warmupStableDecay(double peak, Ramp ramp, NamedSettings settings) {
        if (!settings.has("num_decay_steps")) {
            throw new InputException(
                    "lr_scheduler_kwargs: warmup_stable_decay needs num_decay_steps; give, for example,"
                            + " lr_scheduler_kwargs num_decay_steps=100");
        }
        double decay = settings.steps("num_decay_steps", 0);
        double stable = settings.has("num_stable_steps")
                ? settings.steps("num_stable_steps", 0)
                : ramp.total() - ramp.warmup() - decay;
        String up = settings.word("warmup_type", "linear", SHAPES);
        String down = settings.word("decay_type", "cosine", SHAPES);
        double lowest = settings.number("min_lr_ratio", 0, 0, 1);
        double cycles = settings.number("num_cycles", 0.5);
        return new LrByStep(peak, step -> {
            if (step < ramp.warmup()) {
                return lift(rise(up, (double) step / Math.max(1, ramp.warmup())), lowest);
            }
            double afterStable = step - ramp.warmup() - stable;
            if (afterStable < 0) {
                return 1;
            }
            if (afterStable >= decay) {
                return lowest;
            }
            return lift(fall(down, afterStable / Math.max(1, decay), cycles), lowest);
        });
    }

    private static double rise(String shape, double done) {
        return switch (shape) {
            case "linear" -> done;
            case "cosine" -> 0.5 * (1 - Math.cos(Math.PI * done));
            default -> 1 - Math.sqrt(1 - done);
        };
    }

    private static double fall(String shape, double done, double cycles) {
        return switch (shape) {
            case "linear" -> 1 - done;
            case "cosine" -> 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * done));
            default -> 1 - Math.sqrt(done);
        };
    }

    private static double wave(double progress, double cycles, double lowest) {
        return lift(0.5 * (1 + Math.cos(Math.PI * cycles * 2 * progress)), lowest);
    }

    /** Squeezes a factor of 0 to 1 into lowest to 1. */
    private static double lift(double factor, double lowest) {
        return Math.max(0, factor * (1 - lowest) + lowest);
    }
}
