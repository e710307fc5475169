package io.vit4j.metrics;

import java.util.Arrays;

/** Chooses points of a long curve that draw the same line. */
final class Thinning {
    private Thinning() {}

    /** Numbers of the points to keep, the first and the last among them, evenly spaced in |dx| + |dy|. */
    static int[] alongCurve(double[] x, double[] y, int points) {
        if (points < 2) {
            throw new IllegalArgumentException("A curve has at least 2 points, not " + points);
        }
        int last = x.length - 1;
        double length = 0;
        for (int i = 1; i <= last; i++) {
            length += step(x, y, i);
        }
        int[] kept = new int[Math.min(points, x.length)];
        int count = 1; // the first point is kept
        double travelled = 0;
        for (int i = 1; i < last && count < kept.length - 1; i++) {
            travelled += step(x, y, i);
            boolean noneToSpare = kept.length == x.length;
            if (noneToSpare || travelled >= length * count / (points - 1)) {
                kept[count++] = i;
            }
        }
        if (last > 0) {
            kept[count++] = last;
        }
        return Arrays.copyOf(kept, count);
    }

    static double[] pick(double[] values, int[] kept) {
        double[] picked = new double[kept.length];
        Arrays.setAll(picked, i -> values[kept[i]]);
        return picked;
    }

    private static double step(double[] x, double[] y, int i) {
        return Math.abs(x[i] - x[i - 1]) + Math.abs(y[i] - y[i - 1]);
    }
}
