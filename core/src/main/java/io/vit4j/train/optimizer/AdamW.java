package io.vit4j.train.optimizer;

import io.vit4j.model.Parameters;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Operator;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
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
    private final Map<List<ParameterRange>, List<ParameterGroup>> groups = new ConcurrentHashMap<>();
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
    public void step(Step step, ParameterRange part) {
        step(step, List.of(part));
    }

    /** One call for all parts of a group; the engine asks for the same parts in every step. */
    @Override
    public void step(Step step, List<ParameterRange> parts) {
        for (ParameterGroup group : groups.computeIfAbsent(parts, this::grouped)) {
            step(step, group);
        }
    }

    /** What the parts of a group have in common. */
    private record Alike(double weightDecay, double rateFactor) {}

    /** Parts that decay alike and are stepped at the same rate, as lists of tensors. */
    private record ParameterGroup(
            Alike alike, int count, IValue values, IValue gradients, IValue expAvg, IValue expAvgSq) {
        void close() {
            List.of(values, gradients, expAvg, expAvgSq).forEach(IValue::close);
        }
    }

    private List<ParameterGroup> grouped(List<ParameterRange> parts) {
        Map<Alike, List<ParameterRange>> groupsOf = new LinkedHashMap<>();
        parts.forEach(part -> groupsOf.computeIfAbsent(
                        new Alike(part.weightDecay(), part.rateFactor()), unknown -> new ArrayList<>())
                .add(part));
        List<ParameterGroup> made = new ArrayList<>();
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            groupsOf.forEach((alike, some) -> made.add(new ParameterGroup(
                    alike,
                    some.size(),
                    scope.own(stretches(parameters.values(), some)),
                    scope.own(stretches(parameters.gradients(), some)),
                    scope.own(stretches(expAvg, some)),
                    scope.own(stretches(expAvgSq, some)))));
        }
        return made;
    }

    private void step(Step step, ParameterGroup group) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor number = onDevice(settings.biasCorrection() ? step.number() : NEVER_CORRECTED);
            Tensor[] numbers = new Tensor[group.count()];
            Arrays.fill(numbers, number);
            fused.call(
                    group.values(),
                    group.gradients(),
                    group.expAvg(),
                    group.expAvgSq(),
                    fused.emptyList(4), // max_exp_avg_sqs, of amsgrad
                    fused.list(5, numbers),
                    new IValue(step.learningRate() * group.alike().rateFactor()),
                    new IValue(settings.beta1()),
                    new IValue(settings.beta2()),
                    new IValue(group.alike().weightDecay() * step.decayFactor()),
                    new IValue(settings.epsilon()),
                    new IValue(false), // amsgrad
                    new IValue(false), // maximize
                    step.gradientFactor() == 1
                            ? new IValue()
                            : new IValue(onDevice((float) (1 / step.gradientFactor()))), // gradients are divided by it
                    new IValue()); // found_inf: the trainer looks for itself
        }
    }

    private Tensor onDevice(float number) {
        return Tensors.to(Tensors.of(new float[] {number}, 1), parameters.device());
    }

    private IValue stretches(Tensor flat, List<ParameterRange> parts) {
        return fused.list(0, parts.stream().map(part -> part.of(flat)).toArray(Tensor[]::new));
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
        groups.values().forEach(some -> some.forEach(ParameterGroup::close));
        groups.clear();
        expAvg.close();
        expAvgSq.close();
    }
}
