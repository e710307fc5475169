package io.vit4j.metrics;

/** Tails of the standard normal distribution, to about 14 digits (Abramowitz and Stegun 1964, 7.1.6 and 7.1.14). */
final class Normal {
    /** Where the continued fraction of the tail needs fewer terms than the series around 0. */
    private static final double FAR = 1;

    private Normal() {}

    /** The chance of a value above z. */
    static double upperTail(double z) {
        if (z < 0) {
            return 1 - upperTail(-z);
        }
        double density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
        if (z < FAR) {
            double term = z;
            double sum = z;
            for (int n = 3; term > sum * 1e-17; n += 2) {
                term *= z * z / n;
                sum += term;
            }
            return 0.5 - density * sum;
        }
        double fraction = z;
        for (int n = 300; n >= 1; n--) {
            fraction = z + n / fraction;
        }
        return density / fraction;
    }

    /** The chance of a value as far from 0 as z, on either side. */
    static double twoSided(double z) {
        return 2 * upperTail(Math.abs(z));
    }

    /** How many deviations on both sides of the mean hold this share of all values: 1.96 for 0.95. */
    static double halfWidth(double level) {
        double tail = (1 - level) / 2;
        double low = 0;
        double high = 40;
        for (int i = 0; i < 80; i++) {
            double middle = (low + high) / 2;
            if (upperTail(middle) > tail) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (low + high) / 2;
    }
}
