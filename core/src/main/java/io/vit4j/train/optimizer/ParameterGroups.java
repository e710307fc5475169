package io.vit4j.train.optimizer;

import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/** Which weights decay, and at what share of the learning rate each is stepped. */
public final class ParameterGroups {
    private final double weightDecay;
    private final Predicate<ParameterSpec> decays;
    private final Map<String, Double> rateFactors;

    private ParameterGroups(double weightDecay, Predicate<ParameterSpec> decays, Map<String, Double> rateFactors) {
        this.weightDecay = weightDecay;
        this.decays = decays;
        this.rateFactors = Map.copyOf(rateFactors);
    }

    /** Weights that decay as transformers' Trainer has it: all but biases and norms. Each is stepped at the whole rate. */
    public static ParameterGroups transformers(double weightDecay) {
        return new ParameterGroups(weightDecay, ParameterSpec::decays, Map.of());
    }

    /** Weights that decay as timm has it: neither vectors nor position embeddings and tokens. Each is stepped at the whole rate. */
    public static ParameterGroups timm(double weightDecay) {
        return new ParameterGroups(weightDecay, ParameterSpec::decaysInTimm, Map.of());
    }

    /**
     * The same with layer-wise decay of the learning rate (Clark et al. 2020; Bao et al. 2022; timm's {@code layer_decay}): a weight of
     * depth {@code d} of {@code 0..D} is stepped at {@code decay^(D - d)} of the rate.
     *
     * @param decay above 0; 1 for none
     */
    public ParameterGroups withLayerDecay(double decay, ModelDefinition model) {
        int deepest = model.blockCount() - 1;
        Map<String, Double> factors = new HashMap<>();
        model.depths().forEach((name, depth) -> factors.put(name, Math.pow(decay, (double) deepest - depth)));
        return new ParameterGroups(weightDecay, decays, factors);
    }

    /**
     * How a part of a weight is stepped.
     *
     * @param weight whole, of the model
     * @param from where the part begins, in the buffers that the optimizer works on
     * @param to where it ends there
     */
    public Optimizer.ParameterRange range(Parameters.Entry weight, long from, long to) {
        return new Optimizer.ParameterRange(
                from, to, decays.test(weight.spec()) ? weightDecay : 0, rateFactors.getOrDefault(weight.name(), 1.0));
    }
}
