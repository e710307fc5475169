package io.vit4j.train.optimizer;

import io.vit4j.model.Parameters;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * LAMB (You et al. 2020, algorithm 2): Adam's direction plus weight decay, {@code u = m / (sqrt(v) + epsilon) + decay * w},
 * taken by each weight at a rate in proportion to its own norm: {@code w -= rate * min(|w|, maxWeightNorm) / |u| * u}. Where
 * either norm is 0 that ratio is 1.
 */
public final class Lamb implements Optimizer {
    private final Parameters parameters;
    private final Settings settings;
    private final Tensor expAvg;
    private final Tensor expAvgSq;

    /**
     * @param beta1 decay of the gradients' running mean
     * @param beta2 decay of their squares' running mean
     * @param epsilon added to the denominator
     * @param biasCorrection whether the running means are corrected for their start at zero
     * @param maxWeightNorm weights of a larger norm count as of this; infinite for no limit
     */
    public record Settings(double beta1, double beta2, double epsilon, boolean biasCorrection, double maxWeightNorm) {
        /** Those of Adam, without a limit of the weights' norms. */
        public static final Settings DEFAULTS = new Settings(0.9, 0.999, 1e-8, true, Double.POSITIVE_INFINITY);
    }

    /**
     * Moments of zero for all weights that train.
     * @param parameters the weights
     * @param settings the optimizer's own
     */
    public Lamb(Parameters parameters, Settings settings) {
        this.parameters = parameters;
        this.settings = settings;
        try (Scope scope = new Scope()) {
            expAvg = scope.own(parameters.zerosForTrained());
            expAvgSq = scope.own(parameters.zerosForTrained());
        }
    }

    @Override
    public boolean needsWholeWeights() {
        return true;
    }

    /** @param part one whole weight */
    @Override
    public void step(Step step, ParameterRange part) {
        double weightNorm = direction(step, part);
        double norm = norm(parameters.gradients(), part);
        double trust = weightNorm > 0 && norm > 0 ? Math.min(weightNorm, settings.maxWeightNorm()) / norm : 1;
        Tiles.each(
                parameters.device(),
                part,
                (start, count) -> parameters
                        .values()
                        .narrow(0, start, count)
                        .add_(parameters.gradients().narrow(0, start, count), new Scalar(-part.rate(step) * trust)));
    }

    /** Puts the direction in the gradient's place. Returns the weight's norm. */
    private double direction(Step step, ParameterRange part) {
        double first = settings.biasCorrection() ? 1 - Math.pow(settings.beta1(), step.number()) : 1;
        double second = settings.biasCorrection() ? 1 - Math.pow(settings.beta2(), step.number()) : 1;
        double[] weightSquares = new double[1];
        Tiles.each(parameters.device(), part, (start, count) -> {
            Tensor weight = parameters.values().narrow(0, start, count);
            Tensor gradient = parameters.gradients().narrow(0, start, count);
            if (step.gradientFactor() != 1) {
                gradient.mul_(new Scalar(step.gradientFactor()));
            }
            Tensor mean = expAvg.narrow(0, start, count);
            Tensor square = expAvgSq.narrow(0, start, count);
            mean.lerp_(gradient, new Scalar(1 - settings.beta1()));
            square.mul_(new Scalar(settings.beta2())).addcmul_(gradient, gradient, new Scalar(1 - settings.beta2()));
            Tensor deviation = square.sqrt();
            deviation.mul_(new Scalar(first / Math.sqrt(second))).add_(new Scalar(first * settings.epsilon()));
            gradient.copy_(mean).div_(deviation);
            if (part.decay(step) != 0) {
                gradient.add_(weight, new Scalar(part.decay(step)));
            }
            weightSquares[0] += square(weight);
        });
        return Math.sqrt(weightSquares[0]);
    }

    private double norm(Tensor flat, ParameterRange part) {
        double[] squares = new double[1];
        Tiles.each(parameters.device(), part, (start, count) -> squares[0] += square(flat.narrow(0, start, count)));
        return Math.sqrt(squares[0]);
    }

    private static double square(Tensor tile) {
        double norm = Tensors.item(tile.norm());
        return norm * norm;
    }

    @Override
    public SortedMap<String, Tensor> state() {
        SortedMap<String, Tensor> state = new TreeMap<>();
        state.put("exp_avg", expAvg);
        state.put("exp_avg_sq", expAvgSq);
        return state;
    }

    @Override
    public void close() {
        expAvg.close();
        expAvgSq.close();
    }
}
