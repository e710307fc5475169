package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;

/** Beta(alpha, alpha), from two gamma variates. */
final class BetaDistribution {
    private BetaDistribution() {}

    static double symmetric(double alpha, RandomKey.Stream random) {
        double first = logGamma(alpha, random);
        double second = logGamma(alpha, random);
        return 1 / (1 + Math.exp(second - first));
    }

    /**
     * The logarithm of a gamma variate of scale 1 (Marsaglia and Tsang 2000), which is still a number where the variate itself
     * would be 0: with a small alpha most of them are.
     */
    private static double logGamma(double alpha, RandomKey.Stream random) {
        if (alpha < 1) {
            double boost = Math.log(1 - random.nextDouble()) / alpha; // their section 6; never the logarithm of 0
            return logGamma(alpha + 1, random) + boost;
        }
        double d = alpha - 1.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double x = random.nextGaussian();
            double v = Math.pow(1 + c * x, 3);
            if (v > 0 && Math.log(1 - random.nextDouble()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
                return Math.log(d * v);
            }
        }
    }
}
