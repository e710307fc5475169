package io.vit4j.metrics;

import io.vit4j.base.InputException;

/**
 * An estimate from a sample, with its confidence interval.
 *
 * @param value the estimate
 * @param standardError of the estimate; NaN if the sample is too small
 * @param low lower end of the confidence interval
 * @param high upper end of the confidence interval
 * @param level confidence level of the interval, such as 0.95
 */
public record Estimate(double value, double standardError, double low, double high, double level) {

    static double checkLevel(double level) {
        if (level > 0 && level < 1) {
            return level;
        }
        throw new InputException("The confidence level is " + level + ", not between 0 and 1; 0.95 is usual");
    }
}
