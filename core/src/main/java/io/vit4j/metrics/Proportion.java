package io.vit4j.metrics;

/**
 * A share of cases with Wilson's score interval (Wilson, JASA 1927), which keeps its level even for few cases and for
 * shares near 0 and 1 (Brown, Cai and DasGupta, Statistical Science 2001).
 *
 * @param successes cases counted
 * @param trials cases in all
 * @param value successes / trials; NaN without trials
 * @param low lower end of the interval; 0 without trials
 * @param high upper end of the interval; 1 without trials
 */
public record Proportion(long successes, long trials, double value, double low, double high) {

    /** @param level confidence level, such as 0.95 */
    public static Proportion of(long successes, long trials, double level) {
        double z = Normal.halfWidth(Estimate.checkLevel(level));
        if (trials == 0) {
            return new Proportion(0, 0, Double.NaN, 0, 1);
        }
        double p = successes / (double) trials;
        double shrink = 1 + z * z / trials;
        double centre = (p + z * z / (2 * trials)) / shrink;
        double margin = z / shrink * Math.sqrt(p * (1 - p) / trials + z * z / (4.0 * trials * trials));
        // at the ends the formula gives 0 and 1 but for rounding
        double low = successes == 0 ? 0 : centre - margin;
        double high = successes == trials ? 1 : centre + margin;
        return new Proportion(successes, trials, p, low, high);
    }
}
