package io.vit4j.metrics;

/** Sample quantiles, linear between the nearest two values, as NumPy's and R's default (Hyndman and Fan 1996, type 7). */
final class Quantile {
    private Quantile() {}

    /**
     * A quantile of values in rising order.
     *
     * @param share from 0 (the least value) to 1 (the largest)
     */
    static double ofSorted(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
