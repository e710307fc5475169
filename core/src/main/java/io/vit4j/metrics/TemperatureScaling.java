package io.vit4j.metrics;

/**
 * One temperature by which all logits are divided, so that probabilities are calibrated (Guo et al., ICML 2017). It changes
 * neither the order nor the AUROC of raw scores. Fit it on validation data, never on the test split.
 *
 * @param temperature above 1 if the model is overconfident
 * @param lossBefore mean negative log-likelihood with temperature 1
 * @param lossAfter the same with this temperature
 */
public record TemperatureScaling(double temperature, double lossBefore, double lossAfter) {
    private static final double COLDEST = 0.01;
    private static final double HOTTEST = 100;

    /**
     * The temperature, from {@value #COLDEST} to {@value #HOTTEST}, of the least negative log-likelihood: binary cross
     * entropy over all known (sample, label) pairs, or cross entropy over samples of single-label data. In 1/T the loss
     * is convex, so its slope has one root, found by Newton's method kept inside a shrinking bracket.
     *
     * @param prediction its scores logits
     */
    public static TemperatureScaling fit(EvalPrediction prediction) {
        LogitLoss loss = new LogitLoss(prediction);
        double low = 1 / HOTTEST;
        double high = 1 / COLDEST;
        double inverse = 1;
        for (int i = 0; i < 200 && high - low > 1e-14 * high; i++) {
            double[] slopes = loss.slopes(inverse);
            if (slopes[0] > 0) {
                high = inverse;
            } else {
                low = inverse;
            }
            double newton = inverse - slopes[0] / slopes[1];
            double next = newton > low && newton < high ? newton : Math.sqrt(low * high);
            if (Math.abs(next - inverse) <= 1e-13 * inverse) {
                break;
            }
            inverse = next;
        }
        return new TemperatureScaling(1 / inverse, loss.mean(1), loss.mean(inverse));
    }

    /** What this temperature does to the loss of other predictions. */
    public TemperatureScaling on(EvalPrediction other) {
        LogitLoss loss = new LogitLoss(other);
        return new TemperatureScaling(temperature, loss.mean(1), loss.mean(1 / temperature));
    }

    /** The same predictions with every logit divided by the temperature. */
    public EvalPrediction apply(EvalPrediction prediction) {
        float[] scaled = new float[prediction.predictions().length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) (prediction.predictions()[i] / temperature);
        }
        return new EvalPrediction(
                prediction.problemType(), prediction.samples(), prediction.labels(), scaled, prediction.labelIds());
    }
}
