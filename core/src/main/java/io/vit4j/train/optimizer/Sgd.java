package io.vit4j.train.optimizer;

import io.vit4j.model.Parameters;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Operator;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;

/**
 * Stochastic gradient descent with momentum (Sutskever et al. 2013), by libtorch's fused kernel, the arithmetic of
 * PyTorch's {@code SGD}: {@code g += decay * w; b = momentum * b + (1 - dampening) * g; w -= rate * (nesterov ? g +
 * momentum * b : b)}. The first step's {@code b} is {@code g}.
 */
public final class Sgd implements Optimizer {
    private final Parameters parameters;
    private final Settings settings;
    private final Operator fused = Operator.named("aten::_fused_sgd_", "");
    private final Optional<Tensor> momentumBuffer;

    /**
     * @param momentum share of the last step's direction that stays; 0 for none
     * @param dampening share of the gradient that is left out of the direction
     * @param nesterov look ahead along the new direction
     */
    public record Settings(double momentum, double dampening, boolean nesterov) {
        /** Without momentum. */
        public static final Settings DEFAULTS = new Settings(0, 0, false);

        public Settings {
            if (nesterov && (momentum == 0 || dampening != 0)) {
                throw new IllegalArgumentException("nesterov needs momentum above 0 and dampening 0");
            }
        }
    }

    /**
     * No momentum yet.
     * @param parameters the weights
     * @param settings the optimizer's own
     */
    public Sgd(Parameters parameters, Settings settings) {
        this.parameters = parameters;
        this.settings = settings;
        try (Scope scope = new Scope()) {
            momentumBuffer =
                    settings.momentum() == 0 ? Optional.empty() : Optional.of(scope.own(parameters.zerosForTrained()));
        }
    }

    @Override
    public void step(Step step, ParameterRange part) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            IValue momentum =
                    momentumBuffer.map(buffer -> fused.list(2, part.of(buffer))).orElseGet(() -> fused.emptyList(2));
            float[] inverse = {(float) (1 / step.gradientFactor())};
            IValue gradScale = step.gradientFactor() == 1
                    ? new IValue()
                    : new IValue(Tensors.to(Tensors.of(inverse, 1), Dtype.FLOAT32, parameters.device()));
            fused.call(
                    fused.list(0, part.of(parameters.values())),
                    fused.list(1, part.of(parameters.gradients())),
                    momentum,
                    new IValue(part.decay(step)),
                    new IValue(settings.momentum()),
                    new IValue(part.rate(step)),
                    new IValue(settings.dampening()),
                    new IValue(settings.nesterov()),
                    new IValue(false), // maximize
                    new IValue(step.number() == 1),
                    gradScale, // gradients are divided by it
                    new IValue()); // found_inf: the trainer looks for itself
        }
    }

    @Override
    public SortedMap<String, Tensor> state() {
        SortedMap<String, Tensor> state = new TreeMap<>();
        momentumBuffer.ifPresent(buffer -> state.put("momentum_buffer", buffer));
        return state;
    }

    @Override
    public void close() {
        momentumBuffer.ifPresent(Tensor::close);
    }
}
