package io.vit4j.train.optimizer;

import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Muon (Jordan et al. 2024), the arithmetic of {@code torch.optim.Muon}: the matrices of hidden layers move along their momentum, made
 * nearly orthogonal by five steps of a Newton-Schulz iteration; all other weights as in {@link AdamW}, at the same rate. The
 * iteration is in float32, as in Optax, where PyTorch rounds to bfloat16.
 */
public final class Muon implements Optimizer {
    private static final String MOMENTUM = "momentum_buffer";
    private static final String MEAN = "exp_avg";
    private static final String SQUARE = "exp_avg_sq";
    private static final double A = 3.4445;
    private static final double B = -4.7750;
    private static final double C = 2.0315;
    private static final double LEAST_NORM = 1e-7;
    private static final double RMS_OF_ADAMW = 0.2;

    private final Parameters parameters;
    private final Set<String> matrices;
    private final Settings settings;
    private final WholeWeights weights;
    private final SortedMap<String, StateBuffer> state = new TreeMap<>();

    /** What the rate of a matrix {@code [rows, columns]} is multiplied with. */
    public enum RateAdjustment {
        /** {@code sqrt(max(1, rows / columns))} (Jordan et al. 2024). */
        ORIGINAL,
        /** {@code 0.2 sqrt(max(rows, columns))}, so that updates are as large as AdamW's (Liu et al. 2025). */
        MATCH_RMS_ADAMW;

        double of(long rows, long columns) {
            return this == ORIGINAL
                    ? Math.sqrt(Math.max(1, (double) rows / columns))
                    : RMS_OF_ADAMW * Math.sqrt(Math.max(rows, columns));
        }
    }

    /**
     * @param momentum decay of the gradients' running mean
     * @param nesterov whether the direction looks ahead along the new mean
     * @param iterations of Newton and Schulz
     * @param adjustment of a matrix's rate
     * @param others of the weights that are no matrices of hidden layers
     */
    public record Settings(
            double momentum, boolean nesterov, int iterations, RateAdjustment adjustment, AdamW.Settings others) {
        /** Those of {@code torch.optim.Muon} and {@code torch.optim.AdamW}. */
        public static final Settings DEFAULTS =
                new Settings(0.95, true, 5, RateAdjustment.ORIGINAL, AdamW.Settings.DEFAULTS);
    }

    /**
     * Running means of zero.
     * @param parameters the weights
     * @param matrices names of the matrices of hidden layers
     * @param settings the optimizer's own
     */
    public Muon(Parameters parameters, Set<String> matrices, Settings settings) {
        this.parameters = parameters;
        this.matrices = Set.copyOf(matrices);
        this.settings = settings;
        weights = new WholeWeights(parameters);
        kinds(matrices).forEach((kind, shape) -> state.put(kind, StateBuffer.zeros(shape, parameters)));
    }

    /** The kinds of state. */
    public static Map<String, StateShape> kinds(Set<String> matrices) {
        StateShape others = only(weight -> !matrices.contains(weight.name()));
        return Map.of(MOMENTUM, only(weight -> matrices.contains(weight.name())), MEAN, others, SQUARE, others);
    }

    private static StateShape only(Predicate<ParameterSpec> which) {
        return weight -> which.test(weight) ? Optional.of(weight.shape()) : Optional.empty();
    }

    @Override
    public boolean needsWholeWeights() {
        return true;
    }

    /** @param part one whole weight */
    @Override
    public void step(Step step, ParameterRange part) {
        Parameters.Entry entry = weights.of(part);
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            long[] shape = entry.spec().shape();
            Tensor weight = part.of(parameters.values()).view(shape);
            Tensor gradient = part.of(parameters.gradients()).view(shape);
            if (step.gradientFactor() != 1) {
                gradient.mul_(new Scalar(step.gradientFactor()));
            }
            double rate = part.rate(step);
            if (part.decay(step) != 0) {
                weight.mul_(new Scalar(1 - rate * part.decay(step)));
            }
            if (matrices.contains(entry.name())) {
                double adjusted = rate * settings.adjustment().of(shape[0], shape[1]);
                weight.add_(orthogonal(direction(entry.name(), gradient)), new Scalar(-adjusted));
            } else {
                stepOther(weight, gradient, entry.name(), rate, step.number());
            }
        }
    }

    private Tensor direction(String name, Tensor gradient) {
        Tensor momentum = state.get(MOMENTUM).of(name);
        momentum.lerp_(gradient, new Scalar(1 - settings.momentum()));
        return settings.nesterov() ? gradient.lerp(momentum, new Scalar(settings.momentum())) : momentum;
    }

    /**
     * The nearest matrix with singular values near 1, {@code U S' V'} of {@code U S V'}.
     *
     * @param matrix {@code [rows, columns]}
     */
    private Tensor orthogonal(Tensor matrix) {
        boolean tall = matrix.size(0) > matrix.size(1);
        Tensor x = tall ? matrix.t() : matrix;
        x = torch.div(x, new Scalar(Math.max(Tensors.item(x.norm()), LEAST_NORM)));
        for (int i = 0; i < settings.iterations(); i++) {
            Tensor gram = torch.mm(x, x.t());
            Tensor update = torch.addmm(gram, gram, gram, new Scalar(B), new Scalar(C));
            x = torch.addmm(x, update, x, new Scalar(A), new Scalar(1.0));
        }
        return tall ? x.t() : x;
    }

    private void stepOther(Tensor weight, Tensor gradient, String name, double rate, long number) {
        AdamW.Settings adam = settings.others();
        Tensor mean = state.get(MEAN).of(name);
        Tensor square = state.get(SQUARE).of(name);
        mean.lerp_(gradient, new Scalar(1 - adam.beta1()));
        square.mul_(new Scalar(adam.beta2())).addcmul_(gradient, gradient, new Scalar(1 - adam.beta2()));
        double ofMean = 1 - Math.pow(adam.beta1(), number);
        double ofSquare = 1 - Math.pow(adam.beta2(), number);
        Tensor deviation = square.sqrt().div_(new Scalar(Math.sqrt(ofSquare))).add_(new Scalar(adam.epsilon()));
        weight.addcdiv_(mean, deviation, new Scalar(-rate / ofMean));
    }

    @Override
    public SortedMap<String, Tensor> state() {
        return StateBuffer.values(state);
    }

    @Override
    public StateShape shape(String kind) {
        return state.get(kind).shape();
    }

    @Override
    public void close() {
        state.values().forEach(StateBuffer::close);
    }
}
