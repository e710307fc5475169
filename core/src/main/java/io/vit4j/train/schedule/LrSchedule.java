package io.vit4j.train.schedule;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.NamedSettings;

/**
 * The learning rate at each step, by transformers' names ({@code lr_scheduler_type}) and with its formulas
 * ({@code optimization.py} of transformers 5.12). Immutable.
 *
 * <pre>{@code
 * LrSchedule schedule = LrSchedule.of("cosine", 2e-4, 624, 2496, JsonObject.empty());
 * double rate = schedule.rate(0); // of the first step
 * }</pre>
 */
public sealed interface LrSchedule permits LrByStep, LrOnPlateau {
    /**
     * @param step optimizer steps already done; 0 gives the first step's rate
     */
    double rate(long step);

    /**
     * The schedule after an evaluation gave the metric that it may follow. Only {@code reduce_lr_on_plateau} does; all
     * others are returned as they are.
     */
    default LrSchedule after(double metric) {
        return this;
    }

    /** The state needed to continue after a restart, besides the step: empty except for {@code reduce_lr_on_plateau}. */
    default JsonObject state() {
        return JsonObject.empty();
    }

    /** This schedule with a state that {@link #state()} gave. */
    default LrSchedule withState(JsonObject state) {
        return this;
    }

    /**
     * @param type a value of {@code lr_scheduler_type}
     * @param peak the learning rate at its highest
     * @param warmupSteps steps in which the rate rises from 0
     * @param totalSteps steps of the whole run
     * @param settings {@code lr_scheduler_kwargs}; empty for the defaults
     * @throws InputException if a setting is unknown, missing or invalid
     */
    static LrSchedule of(String type, double peak, long warmupSteps, long totalSteps, JsonObject settings) {
        NamedSettings given = new NamedSettings("lr_scheduler_kwargs", type, settings);
        LrByStep.Ramp ramp = new LrByStep.Ramp(warmupSteps, totalSteps);
        LrSchedule schedule = switch (type) {
            case "linear" -> new LrByStep(peak, ramp.then(step -> ramp.remaining(step)));
            case "cosine" -> LrByStep.cosine(peak, ramp, given.number("num_cycles", 0.5), 0);
            case "cosine_with_restarts" -> LrByStep.restarts(peak, ramp, given.number("num_cycles", 1));
            case "polynomial" ->
                LrByStep.polynomial(peak, ramp, given.number("lr_end", 1e-7), given.number("power", 1));
            case "constant" -> new LrByStep(peak, step -> 1);
            case "constant_with_warmup" -> new LrByStep(peak, ramp.then(step -> 1));
            case "inverse_sqrt" ->
                LrByStep.inverseSqrt(peak, ramp, given.number("timescale", warmupSteps > 0 ? warmupSteps : 10_000));
            case "cosine_with_min_lr" ->
                LrByStep.cosine(peak, ramp, given.number("num_cycles", 0.5), lowestRatio(type, given, peak));
            case "cosine_warmup_with_min_lr" ->
                LrByStep.cosineWarmup(
                        peak,
                        ramp,
                        given.number("num_cycles", 0.5),
                        lowestRatio(type, given, peak),
                        given.number("warmup_lr_rate", Double.NaN));
            case "warmup_stable_decay" -> LrByStep.warmupStableDecay(peak, ramp, given);
            case "reduce_lr_on_plateau" -> LrOnPlateau.of(peak, given);
            default ->
                throw new InputException("lr_scheduler_type: " + type + " is unknown; see lr_scheduler_type in --help");
        };
        given.checkAllRead();
        return schedule;
    }

    /** The lowest rate over the peak, from {@code min_lr} or {@code min_lr_rate}: exactly one is needed. */
    private static double lowestRatio(String type, NamedSettings given, double peak) {
        boolean absolute = given.has("min_lr");
        boolean relative = given.has("min_lr_rate");
        if (absolute == relative) {
            throw new InputException("lr_scheduler_kwargs: " + type + " needs " + (absolute ? "only one of" : "one of")
                    + " min_lr and min_lr_rate; give, for example, lr_scheduler_kwargs min_lr_rate=0.1");
        }
        return relative ? given.number("min_lr_rate", 0) : given.number("min_lr", 0) / peak;
    }
}
