package io.vit4j.metrics;

import java.util.Locale;

/** How far numbers are from what they should be. */
public enum RegressionMetric {
    /** Mean squared error. */
    MSE("MSE"),
    /** Mean absolute error. */
    MAE("MAE"),
    /** Coefficient of determination: 1 less the squared error over that of always predicting the mean. */
    R2("R²"),
    /** Pearson's correlation: how well a straight line ties predictions to targets. */
    PEARSON("Pearson"),
    /** Spearman's correlation: the same of their ranks, equal values sharing the mean of theirs. */
    SPEARMAN("Spearman");

    private final String title;

    RegressionMetric(String title) {
        this.title = title;
    }

    /** As a heading. */
    public String title() {
        return title;
    }

    /** As in logs and files: {@code mse}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
