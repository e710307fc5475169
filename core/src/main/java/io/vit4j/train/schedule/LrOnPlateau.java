package io.vit4j.train.schedule;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.NamedSettings;
import java.util.List;

/**
 * A learning rate that is cut when a metric stops improving: PyTorch's {@code ReduceLROnPlateau}, one step an
 * evaluation.
 */
record LrOnPlateau(PlateauSettings settings, double current, double best, long badInARow, long cooling)
        implements LrSchedule {

    /**
     * @param more whether more of the metric is better
     * @param factor what the rate is multiplied with
     * @param patience evaluations without improvement that are borne
     * @param threshold what counts as improvement, of the best value if relative
     * @param cooldown evaluations after a cut that do not count
     * @param lowest the rate never falls below
     * @param smallest cuts smaller than this are not made
     */
    record PlateauSettings(
            boolean more,
            double factor,
            double patience,
            double threshold,
            boolean relative,
            double cooldown,
            double lowest,
            double smallest) {}

    static LrOnPlateau of(double start, NamedSettings given) {
        PlateauSettings settings = new PlateauSettings(
                given.word("mode", "min", List.of("min", "max")).equals("max"),
                given.number("factor", 0.1, 0, Math.nextDown(1.0)),
                given.steps("patience", 10),
                given.number("threshold", 1e-4),
                given.word("threshold_mode", "rel", List.of("rel", "abs")).equals("rel"),
                given.steps("cooldown", 0),
                given.number("min_lr", 0, 0, Double.MAX_VALUE),
                given.number("eps", 1e-8, 0, Double.MAX_VALUE));
        double worst = settings.more() ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        return new LrOnPlateau(settings, start, worst, 0, 0);
    }

    @Override
    public double rate(long step) {
        return current;
    }

    @Override
    public LrOnPlateau after(double metric) {
        boolean better = better(metric);
        long bad = better ? 0 : badInARow + 1;
        long cool = cooling;
        if (cool > 0) {
            cool--;
            bad = 0;
        }
        double next = current;
        if (bad > settings.patience()) {
            double cut = Math.max(current * settings.factor(), settings.lowest());
            next = current - cut > settings.smallest() ? cut : current;
            cool = (long) settings.cooldown();
            bad = 0;
        }
        return new LrOnPlateau(settings, next, better ? metric : best, bad, cool);
    }

    private boolean better(double metric) {
        double sign = settings.more() ? 1 : -1;
        double needed =
                settings.relative() ? best * (1 + sign * settings.threshold()) : best + sign * settings.threshold();
        return settings.more() ? metric > needed : metric < needed;
    }

    @Override
    public JsonObject state() {
        return JsonObject.empty()
                .with("rate", current)
                .with("best", best)
                .with("bad_evaluations", badInARow)
                .with("cooldown_left", cooling);
    }

    @Override
    public LrOnPlateau withState(JsonObject state) {
        double rate = number(state, "rate");
        if (!(rate >= 0) || Double.isInfinite(rate)) {
            throw state.wrong("rate", "a learning rate");
        }
        return new LrOnPlateau(settings, rate, number(state, "best"), (long) number(state, "bad_evaluations"), (long)
                number(state, "cooldown_left"));
    }

    private static double number(JsonObject state, String name) {
        return state.anyNumber(name)
                .orElseThrow(() -> new InputException("the learning-rate schedule's state lacks the number " + name
                        + "; resume from another checkpoint"));
    }
}
