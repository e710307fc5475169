package io.vit4j.metrics;

/** Student's t distribution, whose probabilities have a closed form (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4). */
final class StudentT {
    private StudentT() {}

    /** The chance of a value between -t and t, with so many degrees of freedom. */
    static double central(double t, int degrees) {
        double angle = Math.atan(t / Math.sqrt(degrees));
        double cosine = Math.cos(angle);
        boolean odd = degrees % 2 == 1;
        double term = odd ? cosine : 1;
        double sum = degrees == 1 ? 0 : term;
        for (int n = odd ? 3 : 2; n <= degrees - 2; n += 2) {
            term *= cosine * cosine * (n - 1) / n;
            sum += term;
        }
        double product = Math.sin(angle) * sum;
        return odd ? 2 / Math.PI * (angle + product) : product;
    }

    /** The t for which a value is between -t and t with the chance of the level: 12.706 for 0.95 and 1 degree of freedom. */
    static double halfWidth(double level, int degrees) {
        double low = 0;
        double high = 1e9;
        for (int i = 0; i < 200; i++) {
            double middle = (low + high) / 2;
            if (central(middle, degrees) < level) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (low + high) / 2;
    }
}
