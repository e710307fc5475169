package io.vit4j.train.optimizer;

import io.vit4j.model.Parameters;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Adafactor (Shazeer and Stern 2018), as transformers has it. Of a matrix's squared gradients only the running means of rows and columns
 * are kept, of which each number's is estimated; the update is scaled down to a root mean square of at most {@code clipThreshold}.
 */
public final class Adafactor implements Optimizer {
    private static final String ROWS = "exp_avg_sq_row";
    private static final String COLUMNS = "exp_avg_sq_col";
    private static final String VECTORS = "exp_avg_sq";
    private static final String MEAN = "exp_avg";
    private static final double LARGEST_RELATIVE_STEP = 1e-2;
    private static final double WARMUP_STEP = 1e-6;

    private final Parameters parameters;
    private final Settings settings;
    private final WholeWeights weights;
    private final SortedMap<String, StateBuffer> state = new TreeMap<>();

    /**
     * Settings of the optimizer, under transformers' names.
     *
     * @param epsilon1 added to squared gradients
     * @param epsilon2 the least root mean square that a weight counts as having, with {@code scaleParameter}
     * @param clipThreshold the largest root mean square of an update
     * @param decayRate exponent of the running means' decay {@code 1 - n^decayRate} at step {@code n}
     * @param beta1 decay of the updates' running mean; empty for none
     * @param scaleParameter whether the rate is multiplied by the weight's root mean square
     * @param relativeStep whether the rate is {@code min(0.01, 1 / sqrt(n))} instead of the schedule's
     * @param warmupInit whether that rate rises from {@code 1e-6 * n}
     */
    public record Settings(
            double epsilon1,
            double epsilon2,
            double clipThreshold,
            double decayRate,
            OptionalDouble beta1,
            boolean scaleParameter,
            boolean relativeStep,
            boolean warmupInit) {
        /** Those with which transformers' Trainer makes it: the rate is the schedule's. */
        public static final Settings DEFAULTS =
                new Settings(1e-30, 1e-3, 1, -0.8, OptionalDouble.empty(), false, false, false);
    }

    /**
     * Running means of zero.
     * @param parameters the weights
     * @param settings the optimizer's own
     */
    public Adafactor(Parameters parameters, Settings settings) {
        this.parameters = parameters;
        this.settings = settings;
        weights = new WholeWeights(parameters);
        kinds(settings).forEach((kind, shape) -> state.put(kind, StateBuffer.zeros(shape, parameters)));
    }

    /** The kinds of state with such settings. */
    public static Map<String, StateShape> kinds(Settings settings) {
        Map<String, StateShape> kinds = new TreeMap<>(
                Map.of(ROWS, StateShape.OF_ROWS, COLUMNS, StateShape.OF_COLUMNS, VECTORS, StateShape.OF_VECTORS));
        if (settings.beta1().isPresent()) {
            kinds.put(MEAN, StateShape.OF_WEIGHTS);
        }
        return kinds;
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
            double rate = rate(step, part, weight);
            Tensor update = StateShape.isMatrix(entry.spec())
                    ? ofMatrix(entry.name(), gradient, step.number())
                    : ofVector(entry.name(), gradient, step.number());
            double excess = Math.max(1, rootMeanSquare(update) / settings.clipThreshold());
            update.mul_(new Scalar(rate / excess));
            Tensor direction = averaged(entry.name(), update);
            if (part.decay(step) != 0) {
                weight.mul_(new Scalar(1 - part.decay(step) * rate));
            }
            weight.sub_(direction, new Scalar(1.0));
        }
    }

    private double rate(Step step, ParameterRange part, Tensor weight) {
        double rate = step.learningRate();
        if (settings.relativeStep()) {
            double most = settings.warmupInit() ? WARMUP_STEP * step.number() : LARGEST_RELATIVE_STEP;
            rate = Math.min(most, 1 / Math.sqrt(step.number()));
        }
        double scale = settings.scaleParameter() ? Math.max(settings.epsilon2(), rootMeanSquare(weight)) : 1;
        return rate * part.rateFactor() * scale;
    }

    private Tensor ofMatrix(String name, Tensor gradient, long number) {
        Tensor squares = torch.mul(gradient, gradient).add_(new Scalar(settings.epsilon1()));
        Tensor rows = state.get(ROWS).of(name);
        Tensor columns = state.get(COLUMNS).of(name);
        run(rows, squares.mean(new long[] {-1}), number);
        run(columns, squares.mean(new long[] {-2}), number);
        Tensor ofRows = torch.div(rows, rows.mean(new long[] {-1}, true, new ScalarTypeOptional()))
                .rsqrt_()
                .unsqueeze(-1);
        return squares.copy_(torch.mul(ofRows, columns.rsqrt().unsqueeze(-2))).mul_(gradient);
    }

    private Tensor ofVector(String name, Tensor gradient, long number) {
        Tensor squares = state.get(VECTORS).of(name);
        run(squares, torch.mul(gradient, gradient).add_(new Scalar(settings.epsilon1())), number);
        return squares.rsqrt().mul_(gradient);
    }

    private void run(Tensor mean, Tensor now, long number) {
        double decay = 1 - Math.pow(number, settings.decayRate());
        mean.mul_(new Scalar(decay)).add_(now, new Scalar(1 - decay));
    }

    private Tensor averaged(String name, Tensor update) {
        Optional<StateBuffer> mean = Optional.ofNullable(state.get(MEAN));
        double beta1 = settings.beta1().orElse(0);
        return mean.map(buffer -> buffer.of(name).mul_(new Scalar(beta1)).add_(update, new Scalar(1 - beta1)))
                .orElse(update);
    }

    private static double rootMeanSquare(Tensor x) {
        return Tensors.item(x.norm()) / Math.sqrt(x.numel());
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
