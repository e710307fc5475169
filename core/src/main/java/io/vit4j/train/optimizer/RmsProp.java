package io.vit4j.train.optimizer;

import io.vit4j.model.Parameters;
import io.vit4j.torch.Scope;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * RMSprop (Tieleman and Hinton 2012; centred: Graves 2013), the arithmetic of PyTorch's {@code RMSprop}: {@code g += decay
 * * w; s = alpha * s + (1 - alpha) * g * g; u = g / (sqrt(s - mean * mean) + epsilon); w -= rate * (momentum * b + u)},
 * {@code mean} being the gradients' running mean where centred, else 0.
 */
public final class RmsProp implements Optimizer {
    private final Parameters parameters;
    private final Settings settings;
    private final Tensor squareAvg;
    private final Optional<Tensor> gradAvg;
    private final Optional<Tensor> momentumBuffer;

    /**
     * @param alpha decay of the squared gradients' running mean
     * @param epsilon added to the denominator
     * @param momentum share of the last step's direction that stays; 0 for none
     * @param centered divide by the estimated deviation instead of the root mean square
     */
    public record Settings(double alpha, double epsilon, double momentum, boolean centered) {
        /** Those of {@code torch.optim.RMSprop}. */
        public static final Settings DEFAULTS = new Settings(0.99, 1e-8, 0, false);
    }

    /**
     * Averages of zero for all weights that train.
     * @param parameters the weights
     * @param settings the optimizer's own
     */
    public RmsProp(Parameters parameters, Settings settings) {
        this.parameters = parameters;
        this.settings = settings;
        try (Scope scope = new Scope()) {
            squareAvg = scope.own(parameters.zerosForTrained());
            gradAvg = settings.centered() ? Optional.of(scope.own(parameters.zerosForTrained())) : Optional.empty();
            momentumBuffer =
                    settings.momentum() == 0 ? Optional.empty() : Optional.of(scope.own(parameters.zerosForTrained()));
        }
    }

    @Override
    public void step(Step step, ParameterRange part) {
        Scalar minusRate = new Scalar(-part.rate(step));
        Scalar alpha = new Scalar(settings.alpha());
        Scalar rest = new Scalar(1 - settings.alpha());
        Tiles.each(parameters.device(), part, (start, count) -> {
            Tensor weight = parameters.values().narrow(0, start, count);
            Tensor gradient = parameters.gradients().narrow(0, start, count);
            if (step.gradientFactor() != 1) {
                gradient.mul_(new Scalar(step.gradientFactor()));
            }
            if (part.decay(step) != 0) {
                gradient.add_(weight, new Scalar(part.decay(step)));
            }
            Tensor square = squareAvg.narrow(0, start, count);
            square.mul_(alpha).addcmul_(gradient, gradient, rest);
            Tensor deviation = gradAvg.map(average -> centred(square, average.narrow(0, start, count), gradient, rest))
                    .orElseGet(square::sqrt);
            deviation.add_(new Scalar(settings.epsilon()));
            if (momentumBuffer.isEmpty()) {
                weight.addcdiv_(gradient, deviation, minusRate);
            } else {
                Tensor direction = momentumBuffer.get().narrow(0, start, count);
                direction.mul_(new Scalar(settings.momentum())).addcdiv_(gradient, deviation, new Scalar(1.0));
                weight.add_(direction, minusRate);
            }
        });
    }

    private static Tensor centred(Tensor square, Tensor average, Tensor gradient, Scalar rest) {
        average.lerp_(gradient, rest);
        return square.addcmul(average, average, new Scalar(-1.0)).sqrt_();
    }

    @Override
    public SortedMap<String, Tensor> state() {
        SortedMap<String, Tensor> state = new TreeMap<>();
        state.put("square_avg", squareAvg);
        gradAvg.ifPresent(average -> state.put("grad_avg", average));
        momentumBuffer.ifPresent(buffer -> state.put("momentum_buffer", buffer));
        return state;
    }

    @Override
    public void close() {
        state().values().forEach(Tensor::close);
    }
}
