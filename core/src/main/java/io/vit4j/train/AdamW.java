package io.vit4j.train;

import io.vit4j.model.Parameters;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Operator;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019), by libtorch's fused kernel, the arithmetic of PyTorch's
 * {@code AdamW}.
 */
public final class AdamW implements Optimizer {
    /** A step so late that both bias corrections have become 1. */
    private static final float NEVER_CORRECTED = 1e9f;

    private final Parameters parameters;
    private final Settings settings;
    private final Operator fused = Operator.named("aten::_fused_adamw_", "");
    private final Tensor expAvg;
    private final Tensor expAvgSq;

    /**
     * @param beta1 decay of the gradients' running mean
     * @param beta2 decay of their squares' running mean
     * @param epsilon added to the denominator
     * @param biasCorrection whether the running means are corrected for their start at zero; Optimum Graphcore's AdamW did
     *     not
     */
    public record Settings(double beta1, double beta2, double epsilon, boolean biasCorrection) {
        /** Those of {@code torch.optim.AdamW}. */
        public static final Settings DEFAULTS = new Settings(0.9, 0.999, 1e-8, true);
    }

    /**
     * Moments of zero for all weights that train.
     * @param parameters the weights
     * @param settings the optimizer's own
     */
    public AdamW(Parameters parameters, Settings settings) {
        this.parameters = parameters;
        this.settings = settings;
        try (Scope scope = new Scope()) {
            expAvg = scope.own(parameters.zerosForTrained());
            expAvgSq = scope.own(parameters.zerosForTrained());
        }
    }

    @Override
    public void step(Step step, long from, long to, double weightDecay) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            float number = settings.biasCorrection() ? step.number() : NEVER_CORRECTED;
            IValue gradScale = step.gradientFactor() == 1
                    ? new IValue()
                    : new IValue(onDevice(Tensors.of(new float[] {(float) (1 / step.gradientFactor())}, 1)));
            fused.call(
                    stretch(parameters.values(), from, to),
                    stretch(parameters.gradients(), from, to),
                    stretch(expAvg, from, to),
                    stretch(expAvgSq, from, to),
                    fused.emptyList(4), // max_exp_avg_sqs, of amsgrad
                    Operator.listOf(onDevice(Tensors.of(new float[] {number}, 1))),
                    new IValue(step.learningRate()),
                    new IValue(settings.beta1()),
                    new IValue(settings.beta2()),
                    new IValue(weightDecay),
                    new IValue(settings.epsilon()),
                    new IValue(false), // amsgrad
                    new IValue(false), // maximize
                    gradScale, // gradients are divided by it
                    new IValue()); // found_inf: the trainer looks for itself
        }
    }

    private Tensor onDevice(Tensor tensor) {
        return Tensors.to(tensor, Dtype.FLOAT32, parameters.device());
    }

    private static IValue stretch(Tensor flat, long from, long to) {
        return Operator.listOf(flat.narrow(0, from, to - from));
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
