package io.vit4j.train.optimizer;

import io.vit4j.model.Parameters;
import io.vit4j.torch.Scope;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", program 1): every number moves by the rate, in the direction of
 * {@code sign(beta1 * m + (1 - beta1) * g)}, after decay as in AdamW; then {@code m = beta2 * m + (1 - beta2) * g}.
 */
public final class Lion implements Optimizer {
    private final Parameters parameters;
    private final Settings settings;
    private final Tensor expAvg;

    /**
     * @param beta1 share of the running mean in the direction
     * @param beta2 decay of the running mean
     */
    public record Settings(double beta1, double beta2) {
        /** Those of the paper. */
        public static final Settings DEFAULTS = new Settings(0.9, 0.99);
    }

    /**
     * A running mean of zero for all weights that train.
     * @param parameters the weights
     * @param settings the optimizer's own
     */
    public Lion(Parameters parameters, Settings settings) {
        this.parameters = parameters;
        this.settings = settings;
        try (Scope scope = new Scope()) {
            expAvg = scope.own(parameters.zerosForTrained());
        }
    }

    @Override
    public void step(Step step, ParameterRange part) {
        double rate = part.rate(step);
        Tiles.each(parameters.device(), part, (start, count) -> {
            Tensor weight = parameters.values().narrow(0, start, count);
            Tensor gradient = parameters.gradients().narrow(0, start, count);
            Tensor mean = expAvg.narrow(0, start, count);
            if (step.gradientFactor() != 1) {
                gradient.mul_(new Scalar(step.gradientFactor()));
            }
            if (part.decay(step) != 0) {
                weight.mul_(new Scalar(1 - rate * part.decay(step)));
            }
            weight.add_(mean.lerp(gradient, new Scalar(1 - settings.beta1())).sign_(), new Scalar(-rate));
            mean.lerp_(gradient, new Scalar(1 - settings.beta2()));
        });
    }

    @Override
    public SortedMap<String, Tensor> state() {
        return new TreeMap<>(Map.of("exp_avg", expAvg));
    }

    @Override
    public void close() {
        expAvg.close();
    }
}
