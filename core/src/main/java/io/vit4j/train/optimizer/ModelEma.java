package io.vit4j.train.optimizer;

import io.vit4j.model.Parameters;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * An optimizer that also keeps an exponential moving average of the weights that it steps, float32, as timm's {@code ModelEmaV3}: after
 * step {@code n} the average becomes {@code d * average + (1 - d) * weights}. The average begins with the weights after the first step.
 */
public final class ModelEma implements Optimizer {
    /** The kind of state that the average is. */
    public static final String KIND = "model_ema";

    private static final double WARMUP_POWER = -2.0 / 3;

    private final Parameters parameters;
    private final Optimizer optimizer;
    private final Decay decay;
    private final Tensor average;

    /** What share of the average stays at each step. */
    @FunctionalInterface
    public interface Decay {
        /** The share that stays at a step, counted from 1. */
        double at(long step);
    }

    /**
     * @param decay what share of the average stays at each step
     * @param warmup whether it rises to that: {@code 1 - n^(-2/3)} at step {@code n}, if that is less
     */
    public record Settings(double decay, boolean warmup) implements Decay {
        @Override
        public double at(long step) {
            if (step <= 1) {
                return 0;
            }
            return warmup ? Math.min(1 - Math.pow(step, WARMUP_POWER), decay) : decay;
        }
    }

    private ModelEma(Parameters parameters, OptimizerFactory factory, Decay decay) {
        this.parameters = parameters;
        this.decay = decay;
        optimizer = factory.create(parameters);
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            average = scope.own(parameters.zerosForTrained());
            for (Parameters.Stretch trained : parameters.trainedStretches()) {
                part(trained).of(average).copy_(part(trained).of(parameters.values()));
            }
        }
    }

    /** A factory whose optimizers average the weights that those of {@code factory} step. */
    public static OptimizerFactory of(OptimizerFactory factory, Decay decay) {
        return parameters -> new ModelEma(parameters, factory, decay);
    }

    private static ParameterRange part(Parameters.Stretch stretch) {
        return new ParameterRange(stretch.from(), stretch.to(), 0);
    }

    @Override
    public void step(Step step, ParameterRange part) {
        step(step, List.of(part));
    }

    @Override
    public void step(Step step, List<ParameterRange> parts) {
        optimizer.step(step, parts);
        Scalar rest = new Scalar(1 - decay.at(step.number()));
        parts.forEach(part -> Tiles.each(
                parameters.device(),
                part,
                (start, count) -> average.narrow(0, start, count)
                        .lerp_(parameters.values().narrow(0, start, count), rest)));
    }

    @Override
    public boolean averages() {
        return true;
    }

    @Override
    public void swapAveraged() {
        for (Parameters.Stretch trained : parameters.trainedStretches()) {
            Tiles.each(parameters.device(), part(trained), (start, count) -> {
                Tensor weights = parameters.values().narrow(0, start, count);
                Tensor averaged = average.narrow(0, start, count);
                Tensor before = weights.clone();
                weights.copy_(averaged);
                averaged.copy_(before);
            });
        }
    }

    @Override
    public SortedMap<String, Tensor> state() {
        SortedMap<String, Tensor> state = new TreeMap<>(optimizer.state());
        state.put(KIND, average);
        return state;
    }

    @Override
    public StateShape shape(String kind) {
        return kind.equals(KIND) ? StateShape.OF_WEIGHTS : optimizer.shape(kind);
    }

    @Override
    public boolean needsWholeWeights() {
        return optimizer.needsWholeWeights();
    }

    @Override
    public void close() {
        optimizer.close();
        average.close();
    }
}
